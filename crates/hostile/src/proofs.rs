//! Signatures and keys.

use nachweis_attest::{PrivateKey, PublicKey, open, sign_statement};
use nachweis_canon::Digest;
use nachweis_testkit::key;

/// Bytes as an envelope, as either half of a key, and as a digest.
///
/// An envelope that nobody signed with the trusted key is never verified: the key signs nothing here.
pub fn envelope(bytes: &[u8]) {
    let (trusted, embedded) = (key(1).public(), key(2).public());
    if let Ok(opened) = open(bytes, &[trusted], &[embedded]) {
        assert!(opened.verified().is_none(), "a forged signature");
        let statement = opened.claimed();
        let signed = sign_statement(statement, &key(3)).unwrap();
        let again = open(&signed, &[key(3).public()], &[]).unwrap();
        assert_eq!(again.verified().expect("it was signed").statement(), statement);
    }
    if let Ok(public) = PublicKey::from_pem(bytes) {
        let again = PublicKey::from_pem(public.to_pem()).unwrap();
        assert_eq!(again.keyid(), public.keyid());
        assert!(!public.verify(b"message", bytes), "a signature out of nowhere");
    }
    if let Ok(public) = PublicKey::from_spki(bytes) {
        assert_eq!(public.to_spki(), bytes, "a key has one encoding");
    }
    if let Ok(private) = PrivateKey::from_pem(bytes) {
        let again = PrivateKey::from_pem(private.to_pem().unwrap().as_bytes()).unwrap();
        assert_eq!(again.public().keyid(), private.public().keyid());
    }
    if let Ok(Ok(digest)) = std::str::from_utf8(bytes).map(str::parse::<Digest>) {
        assert_eq!(digest.to_string().as_bytes(), bytes);
    }
}
