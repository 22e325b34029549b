//! Keys made by OpenSSL 3.0 and by RFC 8410 section 10. They were made for this test and guard nothing.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nachweis_attest::{Algorithm, KeyError, PrivateKey, PublicKey, Signer as _};

const ED25519: &str = "\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIEzRjB33s9SuVqOfRoneP/Fn/BqUFWv5Bzzr39XZGHCd
-----END PRIVATE KEY-----
";
const ED25519_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEANMJ3r4lhfq/HNQrWQDvGoiEeev7PAJ3C1ankm3I3dKo=
-----END PUBLIC KEY-----
";
const P256: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSuoUajU6D94qAFYy
Runvqcv6Sn573maFVqKkzyU+WzahRANCAAR02IAFl2hER+vIbBL03+QAm0qInIMD
W6TRNFmDLJRBLQve70uHXz6TC39Fs+5+L/FBIkwJHGKKFIHadETuv9ib
-----END PRIVATE KEY-----
";
const P256_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdNiABZdoREfryGwS9N/kAJtKiJyD
A1uk0TRZgyyUQS0L3u9Lh18+kwt/RbPufi/xQSJMCRxiihSB2nRE7r/Ymw==
-----END PUBLIC KEY-----
";
const P256_COMPRESSED: &str = "\
-----BEGIN PUBLIC KEY-----
MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADdNiABZdoREfryGwS9N/kAJtKiJyD
A1uk0TRZgyyUQS0=
-----END PUBLIC KEY-----
";
const P384: &str = "\
-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDD4Y1e2BOggVs57MOb6
KHD5ipi+G51bWrLd6EejYeO8g67uttBEzS0Kxpvp2z8mrfKhZANiAAQOYox8FvsY
eqeE+emBKFwjzCLbFN9hMRSPxPNVdb2xBY+Kkb1x8c4b6k163cUYeVMFeTf0bS1L
9Mhbg79vQewsgp7x/pvncrfX+slbDjnl2EwOlHmVuqXh1KTpwyWb5YY=
-----END PRIVATE KEY-----
";
const P384_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEDmKMfBb7GHqnhPnpgShcI8wi2xTfYTEU
j8TzVXW9sQWPipG9cfHOG+pNet3FGHlTBXk39G0tS/TIW4O/b0HsLIKe8f6b53K3
1/rJWw455dhMDpR5lbql4dSk6cMlm+WG
-----END PUBLIC KEY-----
";
const SEC1: &str = "\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIFbD0mIVTn3dE6vBW+yB+a8nA/sCHzR4Ae4fa/Z/6LWuoAoGCCqGSM49
AwEHoUQDQgAEImRLzpENSrTitLkGM5liX4lw2BYyIpztwbSBt8wAF9LCU5Y3vGdI
GtXbOv+n2/aZwZdzQ8lRRzgp6rCocOXP/w==
-----END EC PRIVATE KEY-----
";
/// Password `test`; PBKDF2 and AES-256-CBC.
const P256_ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhoB7OUlLwLvgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEEZb5bWzbEFKyGbr/q1WgngEgZBO
5FtuxJmpGdWl2qASPNxigXYW59Ot13ipNkv6+mJmWt6dTYIMUWIdqQn+gjJTfvk5
t1rmSaqW9qRGxqmhtk/uUMbgnfecZcgELZYZow6EE6VExvICbtG59f0g/T0ADBiv
ksJaDwXUol9MmrEw5MfETJxecnlUUr+dEWD99AtU+mp8atfajIfIeXYvM2HpgCE=
-----END ENCRYPTED PRIVATE KEY-----
";
/// Password `test`; scrypt and AES-256-CBC.
#[cfg(feature = "encrypted-keys")]
const ED25519_ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAjP4g5hRZQIVwICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBCO+n4xcYK1Je/o0/doCyObBECqLSQgY9bVnCpY
mYU+DnVnLWh21ilxslBD10/YWxbyqQP+AoSZ8ySigzWFBlhv8QO9GjvOxjzNoQc7
FEewwO0k
-----END ENCRYPTED PRIVATE KEY-----
";
/// RFC 8410 section 10.3: version 2, with an attribute and the public key.
const RFC8410_V2: &str = "\
-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
";
/// RFC 8410 section 10.1.
const RFC8410_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn keys_of_openssl_are_read_and_written_alike() {
    for (private, public, algorithm, keyid) in [
        (
            ED25519,
            ED25519_PUBLIC,
            Algorithm::Ed25519,
            "c60f5dee8b1831ebc52eab44c1f6916bb3df31df5106ca4b5bcc2e24d07f3b48",
        ),
        (
            P256,
            P256_PUBLIC,
            Algorithm::EcdsaP256,
            "01e841d37af69303caa7b25e4f5a1b0a795d434ac11faefa28817a1fdddba8db",
        ),
    ] {
        let key = PrivateKey::from_pem(private).unwrap();
        assert_eq!(key.public().algorithm(), algorithm);
        assert_eq!(key.to_pem().unwrap().as_str(), private);
        assert_eq!(key.public(), PublicKey::from_pem(public).unwrap());
        assert_eq!(key.public().to_pem(), public);
        assert_eq!(key.keyid(), keyid);
        assert_eq!(key.sign(b"m").unwrap(), key.sign(b"m").unwrap(), "signing is deterministic");
        assert!(key.public().verify(b"m", &key.sign(b"m").unwrap()));
        assert!(!key.public().verify(b"n", &key.sign(b"m").unwrap()));
    }
    let crlf = ED25519_PUBLIC.replace('\n', "\r\n");
    assert_eq!(PublicKey::from_pem(crlf).unwrap(), PublicKey::from_pem(ED25519_PUBLIC).unwrap());
}

#[test]
fn signatures_of_openssl_hold() {
    // Ed25519 is deterministic by itself, so both must make the same bytes.
    let theirs = from_hex(
        "c3be9e7ed0c3fa421c08b5fdb2c64c1726d9cd7ed7221e3cd79b0736d17f051e\
         33f36b7342f534b040d0323d9362cf824ee8596090a8a5f2b89e7bb5fe6b590f",
    );
    assert_eq!(PrivateKey::from_pem(ED25519).unwrap().sign(b"hello").unwrap(), theirs);
    let theirs = from_hex(
        "3046022100aad98032ad18e58e1b565b4f85b019589f1d8386015e263f9bd6d849191248\
         7b022100f1834b32b8efc0f5834811bdbe7cc2b0763e1e5111156e26450cee0c102922b9",
    );
    assert!(PublicKey::from_pem(P256_PUBLIC).unwrap().verify(b"hello", &theirs));
}

#[test]
fn a_key_of_version_2_is_read_and_must_fit_its_public_half() {
    let key = PrivateKey::from_pem(RFC8410_V2);
    let key = key.unwrap();
    assert_eq!(key.public().to_pem(), RFC8410_PUBLIC);
    assert!(PrivateKey::from_pem(RFC8410_V2.replace("rXAxZuE=", "rXAxZuI=")).is_err());
}

#[test]
fn compressed_points_are_the_same_key() {
    assert_eq!(PublicKey::from_pem(P256_COMPRESSED).unwrap(), PublicKey::from_pem(P256_PUBLIC).unwrap());
    assert_eq!(PublicKey::from_pem(P256_COMPRESSED).unwrap().to_pem(), P256_PUBLIC);
}

#[test]
fn other_texts_are_refused_with_their_code() {
    let code = |result: Result<PrivateKey, KeyError>| result.unwrap_err().code();
    assert_eq!(code(PrivateKey::from_pem(P256_ENCRYPTED)), "key-needs-password");
    assert_eq!(code(PrivateKey::from_pem(P384)), "key-unreadable");
    assert_eq!(code(PrivateKey::from_pem(SEC1)), "key-unreadable");
    assert_eq!(code(PrivateKey::from_pem(ED25519_PUBLIC)), "key-unreadable");
    assert_eq!(code(PrivateKey::from_pem("")), "key-unreadable");
    assert_eq!(code(PrivateKey::from_pem(vec![b'-'; 1 << 20])), "key-unreadable");
    assert_eq!(code(PrivateKey::generate_p256([0; 32])), "key-seed-out-of-range");
    assert_eq!(code(PrivateKey::generate_p256([255; 32])), "key-seed-out-of-range");
    assert_eq!(PublicKey::from_pem(P384_PUBLIC).unwrap_err().code(), "key-unreadable");
    assert_eq!(PublicKey::from_pem(ED25519).unwrap_err().code(), "key-unreadable");
    // X25519 instead of Ed25519.
    let x25519 = ED25519_PUBLIC.replace("MCowBQYDK2Vw", "MCowBQYDK2Vu");
    assert_eq!(PublicKey::from_pem(x25519).unwrap_err(), KeyError::Algorithm("1.3.101.110".into()));
    let two = format!("{ED25519_PUBLIC}{P256_PUBLIC}");
    assert_eq!(PublicKey::from_pem(two).unwrap_err().code(), "key-unreadable");
}

#[test]
fn weak_ed25519_keys_are_refused() {
    // The neutral element, a point of order 2, one of order 4, one of order 8, and the neutral element with y = p + 1.
    for point in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // y = p + 3 is no small-order point, but 3 is the way to write it.
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let spki = [from_hex("302a300506032b6570032100"), from_hex(point)].concat();
        assert_eq!(PublicKey::from_spki(&spki), Err(KeyError::Weak), "{point}");
    }
}

#[test]
fn trailing_bytes_in_an_spki_are_refused() {
    let mut spki = PublicKey::from_pem(P256_PUBLIC).unwrap().to_spki();
    spki.push(0);
    assert_eq!(PublicKey::from_spki(&spki).unwrap_err().code(), "key-unreadable");
}

#[test]
fn debug_shows_no_secret() {
    for key in [PrivateKey::generate([7; 32]), PrivateKey::generate_p256([7; 32]).unwrap()] {
        let shown = format!("{key:?} {key:#?}");
        assert!(shown.contains(&key.keyid()), "{shown}");
        assert!(!shown.contains("0707") && !shown.contains("7, 7"), "{shown}");
    }
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn keys_under_a_password() {
    let key = PrivateKey::from_encrypted_pem(P256_ENCRYPTED, b"test").unwrap();
    assert_eq!(key.to_pem().unwrap().as_str(), P256);
    let key = PrivateKey::from_encrypted_pem(ED25519_ENCRYPTED, b"test").unwrap();
    assert_eq!(key.to_pem().unwrap().as_str(), ED25519);
    assert_eq!(PrivateKey::from_encrypted_pem(P256_ENCRYPTED, b"Test").unwrap_err().code(), "key-password");

    let sealed = key.to_encrypted_pem(b"other", &[9; 32]).unwrap();
    assert!(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert_eq!(PrivateKey::from_encrypted_pem(sealed.as_bytes(), b"other").unwrap().keyid(), key.keyid());
    assert!(PrivateKey::from_encrypted_pem(sealed.as_bytes(), b"test").is_err());
}

/// OpenSSL opens what we protect: it refuses scrypt with more than 32 MiB, and old ones know no version 2 keys.
#[cfg(feature = "encrypted-keys")]
#[test]
fn openssl_opens_our_protected_keys() {
    use std::process::Command;
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI is set and openssl is absent");
        eprintln!("SKIPPED: openssl is absent");
        return;
    }
    for key in [PrivateKey::generate([5; 32]), PrivateKey::generate_p256([5; 32]).unwrap()] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), key.to_encrypted_pem(b"pw", &[9; 32]).unwrap().as_bytes()).unwrap();
        let mut command = Command::new("openssl");
        let output =
            command.args(["pkey", "-passin", "pass:pw", "-pubout", "-in"]).arg(file.path()).output().unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            key.public().to_pem(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
