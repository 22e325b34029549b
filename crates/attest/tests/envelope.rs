//! What an envelope is worth under which keys, and that no changed byte goes unnoticed.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nachweis_attest::{
    Checked, EnvelopeError, PAYLOAD_TYPE, PREDICATE_ASSESSMENT, PrivateKey, PublicKey, SignatureState,
    Signer as _, Statement, Subject, open, pae, sign_payload, sign_statement,
};
use nachweis_canon::{Digest, Json};

fn statement() -> Statement {
    let subject = |name: &str| Subject { name: name.into(), digest: Digest::of(name.as_bytes()) };
    Statement {
        subjects: vec![subject("snapshot"), subject("catalogue"), subject("overlay"), subject("assessment")],
        predicate_type: PREDICATE_ASSESSMENT.into(),
        predicate: Json::object([("semantics", Json::Int(1))]),
    }
}

fn states(opened: &nachweis_attest::Opened) -> Vec<SignatureState> {
    opened.signatures().iter().map(|checked| checked.state).collect()
}

#[test]
fn golden_envelope() {
    let key = PrivateKey::generate([1; 32]);
    let mut small = statement();
    small.subjects.truncate(1);
    let payload = String::from_utf8(small.to_bytes().unwrap()).unwrap();
    assert_eq!(
        payload,
        concat!(
            r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"semantics":1},"#,
            r#""predicateType":"urn:nachweis:assessment:1","subject":[{"digest":{"sha256":"#,
            r#""16a0eeb0791b6c92451fd284dd9f599e0a7dbe7f6ebea6e2d2d06c7f74aec112"},"name":"snapshot"}]}"#,
        )
    );
    let envelope = String::from_utf8(sign_statement(&small, &key).unwrap()).unwrap();
    assert!(
        envelope.starts_with(r#"{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEi"#),
        "{envelope}"
    );
    assert!(envelope.contains(r#""payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"#));
    assert_eq!(envelope.as_bytes(), sign_statement(&small, &key).unwrap());
}

#[test]
fn who_signed_depends_on_the_keys_at_hand() {
    let (key, other) = (PrivateKey::generate([1; 32]), PrivateKey::generate_p256([2; 32]).unwrap());
    let envelope = sign_statement(&statement(), &key).unwrap();
    let (ours, theirs) = (key.public(), other.public());
    let look = |trusted: &[PublicKey], embedded: &[PublicKey]| open(&envelope, trusted, embedded).unwrap();

    let opened = look(&[theirs, ours], &[ours]);
    assert_eq!(opened.signatures(), [Checked { keyid: key.keyid(), state: SignatureState::Trusted }]);
    let verified = opened.verified().unwrap();
    assert_eq!(verified.keyids(), [key.keyid()]);
    assert_eq!(verified.statement(), &statement());
    assert_eq!(verified.payload(), statement().to_bytes().unwrap());
    assert_eq!(verified.statement().subject("overlay"), Some(Digest::of(b"overlay")));

    let opened = look(&[], &[ours]);
    assert_eq!(states(&opened), [SignatureState::Untrusted]);
    assert!(opened.verified().is_none());
    assert_eq!(opened.claimed(), &statement());

    assert_eq!(states(&look(&[], &[])), [SignatureState::UnknownKey]);
    assert_eq!(states(&look(&[theirs], &[])), [SignatureState::UnknownKey]);
}

#[test]
fn several_signatures_count_one_by_one() {
    let keys = [
        PrivateKey::generate([1; 32]),
        PrivateKey::generate_p256([2; 32]).unwrap(),
        PrivateKey::generate([3; 32]),
    ];
    let payload = statement().to_bytes().unwrap();
    let envelope = sign_payload(PAYLOAD_TYPE, &payload, &[&keys[0], &keys[1], &keys[2]]).unwrap();
    let opened = open(&envelope, &[keys[1].public()], &[keys[0].public()]).unwrap();
    use SignatureState::{Trusted, UnknownKey, Untrusted};
    assert_eq!(states(&opened), [Untrusted, Trusted, UnknownKey]);
    assert_eq!(opened.verified().unwrap().keyids(), [keys[1].keyid()]);
    let none = sign_payload(PAYLOAD_TYPE, &payload, &[]).unwrap();
    let opened = open(&none, &[keys[1].public()], &[]).unwrap();
    assert!(opened.signatures().is_empty() && opened.verified().is_none());
}

#[test]
fn a_keyid_is_only_a_hint() {
    let (key, other) = (PrivateKey::generate([1; 32]), PrivateKey::generate([2; 32]));
    let text = String::from_utf8(sign_statement(&statement(), &key).unwrap()).unwrap();
    for keyid in [String::new(), "anything".into(), other.keyid()] {
        let renamed = text.replace(&key.keyid(), &keyid);
        let opened = open(renamed.as_bytes(), &[key.public(), other.public()], &[]).unwrap();
        assert_eq!(opened.signatures(), [Checked { keyid: key.keyid(), state: SignatureState::Trusted }]);
    }
    // A signature of a stranger that claims our key's id is invalid, not merely unknown.
    let claimed = String::from_utf8(sign_statement(&statement(), &other).unwrap()).unwrap();
    let claimed = claimed.replace(&other.keyid(), &key.keyid());
    let opened = open(claimed.as_bytes(), &[key.public()], &[]).unwrap();
    assert_eq!(states(&opened), [SignatureState::Invalid]);
    assert!(opened.verified().is_none());
}

#[test]
fn the_payload_type_is_signed() {
    let key = PrivateKey::generate([1; 32]);
    let payload = statement().to_bytes().unwrap();
    let envelope = sign_payload("application/json", &payload, &[&key]).unwrap();
    assert_eq!(open(&envelope, &[key.public()], &[]).unwrap_err().code(), "envelope-payload-type");
    let relabelled = String::from_utf8(envelope).unwrap().replace("application/json", PAYLOAD_TYPE);
    let opened = open(relabelled.as_bytes(), &[key.public()], &[]).unwrap();
    assert_eq!(states(&opened), [SignatureState::Invalid]);
    assert_ne!(pae("a", b"bc"), pae("ab", b"c"));
}

/// One bit at every position: either the envelope is refused, or no trusted signature is left, or only the
/// keyid (which nothing relies on) or an equivalent spelling changed and payload and signature are the same.
#[test]
fn every_flipped_bit_is_harmless() {
    for key in [PrivateKey::generate([1; 32]), PrivateKey::generate_p256([2; 32]).unwrap()] {
        let envelope = sign_statement(&statement(), &key).unwrap();
        let good = statement().to_bytes().unwrap();
        let (mut refused, mut unsigned, mut same) = (0, 0, 0);
        for at in 0..envelope.len() {
            for bit in 0..8 {
                let mut changed = envelope.clone();
                changed[at] ^= 1 << bit;
                match open(&changed, &[key.public()], &[]) {
                    Err(_) => refused += 1,
                    Ok(opened) if opened.verified().is_none() => unsigned += 1,
                    Ok(opened) => {
                        same += 1;
                        assert_eq!(opened.payload(), good, "byte {at} bit {bit}");
                    }
                }
            }
        }
        assert!(refused > 0 && unsigned > 0);
        // 64 digits of the keyid and its name are all that may change.
        assert!(same <= 8 * (64 + 5), "{same}");
    }
}

#[test]
fn odd_envelopes_are_refused_with_their_code() {
    let key = PrivateKey::generate([1; 32]);
    let good = String::from_utf8(sign_statement(&statement(), &key).unwrap()).unwrap();
    let code = |text: &str| match open(text.as_bytes(), &[key.public()], &[]) {
        Err(error) => error.code(),
        Ok(_) => "read",
    };
    assert_eq!(code(&good), "read");
    assert_eq!(code(&good.replace("{\"payload\"", "{\"future\":[1],\"payload\"")), "read");
    assert_eq!(code(&good.replace("{\"keyid\"", "{\"cert\":\"\",\"keyid\"")), "read");
    assert_eq!(code(&good.replace("{\"payload\"", "{\"payload\":\"\",\"payload\"")), "envelope-malformed");
    assert_eq!(code(&good.replace("\"payload\"", "\"payloads\"")), "envelope-malformed");
    assert_eq!(code(&good.replace("\"payloadType\"", "\"payloadtype\"")), "envelope-malformed");
    assert_eq!(code(&good.replace("\"signatures\"", "\"signature\"")), "envelope-malformed");
    assert_eq!(code(&good.replace("\"sig\"", "\"signature\"")), "envelope-malformed");
    assert_eq!(code(&good.replace("\"sig\":\"", "\"sig\":\"*")), "envelope-base64");
    assert_eq!(code(&good.replace("\"payload\":\"", "\"payload\":\" ")), "envelope-base64");
    assert_eq!(code(""), "envelope-malformed");
    assert_eq!(code("[]"), "envelope-malformed");
    assert_eq!(code(&"[".repeat(1 << 20)), "envelope-malformed");
    assert_eq!(code(&" ".repeat(9 << 20)), "envelope-too-big");
    let many = vec![r#"{"sig":""}"#; 65].join(",");
    let many = format!(r#"{{"payload":"","payloadType":"{PAYLOAD_TYPE}","signatures":[{many}]}}"#);
    assert_eq!(code(&many), "envelope-too-big");
}

#[test]
fn odd_statements_are_refused() {
    let digest = Digest::of(b"").hex();
    let good = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"urn:x","subject":[{{"name":"a","digest":{{"sha256":"{digest}","sha512":"00"}},"uri":"u"}}],"more":1}}"#
    );
    let read = Statement::from_bytes(good.as_bytes()).unwrap();
    assert_eq!(read.subjects, [Subject { name: "a".into(), digest: Digest::of(b"") }]);
    assert_eq!(read.predicate, Json::Obj(Default::default()));
    for (from, to) in [
        ("Statement/v1", "Statement/v0.1"),
        ("\"_type\"", "\"type\""),
        ("\"predicateType\":\"urn:x\"", "\"predicateType\":\"\""),
        ("\"predicateType\":\"urn:x\"", "\"predicateType\":1"),
        ("\"sha256\"", "\"sha1\""),
        (digest.as_str(), "E3"),
        (digest.as_str(), &digest.to_uppercase()),
        ("\"more\":1", "\"predicate\":[]"),
        ("\"more\":1", "\"subject\":[]"),
    ] {
        let changed = good.replace(from, to);
        assert_ne!(changed, good);
        let error = Statement::from_bytes(changed.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "statement-malformed", "{changed}");
    }
    let mut twice = statement();
    twice.subjects[1].name = "snapshot".into();
    assert!(matches!(twice.to_bytes(), Err(EnvelopeError::Unsignable(_))));
    twice.subjects.clear();
    assert!(matches!(twice.to_bytes(), Err(EnvelopeError::Unsignable(_))));
}
