//! The vectors of Wycheproof and DSSE. They live outside of the repository; see `corpus` for what happens without.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::PathBuf;

use nachweis_attest::{
    PrivateKey, PublicKey, SignatureState, Signer as _, Statement, Subject, open, pae, sign_payload,
};
use nachweis_canon::{Digest, Json};
use serde_json::Value;

/// The folder of vectors; `None` (said loudly) where it is absent, a failure where `CI` is set.
fn corpus(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NACHWEIS_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    let folder = root.join("conformance").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "CI is set and {} is absent", folder.display());
    eprintln!("SKIPPED: {} is absent; set NACHWEIS_CORPORA", folder.display());
    None
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Runs a Wycheproof file; returns how many signatures were valid and invalid.
fn wycheproof(name: &str) -> Option<(usize, usize)> {
    let file = corpus("signatures")?.join(name);
    let vectors: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let (mut valid, mut invalid, mut wrong) = (0, 0, Vec::new());
    for group in vectors["testGroups"].as_array().unwrap() {
        let key = PublicKey::from_pem(group["publicKeyPem"].as_str().unwrap()).unwrap();
        assert_eq!(key.to_spki(), hex(group["publicKeyDer"].as_str().unwrap()));
        assert_eq!(key, PublicKey::from_pem(key.to_pem()).unwrap());
        for test in group["tests"].as_array().unwrap() {
            let want = match test["result"].as_str().unwrap() {
                "valid" => true,
                "invalid" => false,
                other => panic!("result `{other}`"),
            };
            *(if want { &mut valid } else { &mut invalid }) += 1;
            let message = hex(test["msg"].as_str().unwrap());
            if key.verify(&message, &hex(test["sig"].as_str().unwrap())) != want {
                wrong.push(format!("{}: {}", test["tcId"], test["comment"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Some((valid, invalid))
}

#[test]
fn ed25519_agrees_with_wycheproof() {
    if let Some(counts) = wycheproof("ed25519_test.json") {
        assert_eq!(counts, (88, 63));
    }
}

#[test]
fn p256_agrees_with_wycheproof() {
    if let Some(counts) = wycheproof("ecdsa_secp256r1_sha256_test.json") {
        assert_eq!(counts, (174, 310));
    }
}

/// The decimal number of DSSE's vector as 32 bytes, big end first.
fn from_decimal(text: &str) -> [u8; 32] {
    let mut out = [0u8; 32];
    for digit in text.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in out.iter_mut().rev() {
            let value = u32::from(*byte) * 10 + carry;
            (*byte, carry) = (value as u8, value >> 8);
        }
        assert_eq!(carry, 0);
    }
    out
}

#[test]
fn the_vector_of_dsse_holds() {
    let Some(folder) = corpus("dsse") else { return };
    let text = std::fs::read_to_string(folder.join("protocol.sample2.txt")).unwrap();
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        from_decimal(line.trim())
    };
    let key = PrivateKey::generate_p256(number("d: ")).unwrap();
    let spki = key.public().to_spki();
    assert_eq!(spki[spki.len() - 64..], [number("X: "), number("Y: ")].concat());

    let sample: Value =
        serde_json::from_slice(&std::fs::read(folder.join("protocol.sample3.json")).unwrap()).unwrap();
    let kind = sample["payloadType"].as_str().unwrap();
    let message = pae(kind, b"hello world");
    assert_eq!(message, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    // Their signature is `r || s`, ours is DER; RFC 6979 makes both the same two numbers.
    let ours = key.sign(&message).unwrap();
    let (r, s) = (integer(&ours[2..]), integer(&ours[4 + usize::from(ours[3])..]));
    use base64ct::Encoding as _;
    let theirs = base64ct::Base64::decode_vec(sample["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    assert_eq!(theirs, [r, s].concat());
    assert!(key.public().verify(&message, &theirs));
    assert!(key.public().verify(&message, &ours));

    let envelope = sign_payload(kind, b"hello world", &[&key]).unwrap();
    let written: Value = serde_json::from_slice(&envelope).unwrap();
    assert_eq!(written["payload"], sample["payload"]);
    assert_eq!(written["payloadType"], sample["payloadType"]);
}

/// A DER integer as 32 bytes.
fn integer(der: &[u8]) -> [u8; 32] {
    assert_eq!(der[0], 2);
    let digits = &der[2..2 + usize::from(der[1])];
    let digits = digits.strip_prefix(&[0]).unwrap_or(digits);
    let mut out = [0; 32];
    out[32 - digits.len()..].copy_from_slice(digits);
    out
}

#[test]
fn the_shapes_of_dsse_are_read() {
    let Some(folder) = corpus("dsse") else { return };
    let statement = Statement {
        subjects: vec![Subject { name: "one".into(), digest: Digest::of(b"one") }],
        predicate_type: "urn:example:1".into(),
        predicate: Json::object([("answer", Json::Int(42))]),
    };
    let keys = [PrivateKey::generate([1; 32]), PrivateKey::generate_p256([2; 32]).unwrap()];
    let payload = statement.to_bytes().unwrap();
    for (name, count) in [("envelope.sample1.json", 1), ("envelope.sample2.json", 2)] {
        use base64ct::Encoding as _;
        let mut text = std::fs::read_to_string(folder.join(name)).unwrap();
        text = text.replace("<Base64(SERIALIZED_BODY)>", &base64ct::Base64::encode_string(&payload));
        text = text.replace("<PAYLOAD_TYPE>", nachweis_attest::PAYLOAD_TYPE);
        for (at, key) in keys.iter().enumerate() {
            let signature = key.sign(&pae(nachweis_attest::PAYLOAD_TYPE, &payload)).unwrap();
            // The second form of base64 that the specification allows.
            let signature = base64ct::Base64Url::encode_string(&signature);
            text = text.replace(&format!("<KEYID_{}>", at + 1), &key.keyid());
            text = text.replace(&format!("<SIG_{}>", at + 1), &signature);
            if at == 0 {
                text = text.replace("<KEYID>", &key.keyid()).replace("<Base64(SIGNATURE)>", &signature);
            }
        }
        let trusted: Vec<PublicKey> = keys.iter().map(PrivateKey::public).collect();
        let opened = open(text.as_bytes(), &trusted, &[]).unwrap();
        let states: Vec<SignatureState> = opened.signatures().iter().map(|checked| checked.state).collect();
        assert_eq!(states, vec![SignatureState::Trusted; count], "{name}");
        assert_eq!(opened.verified().unwrap().statement(), &statement);
    }
}
