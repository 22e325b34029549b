//! YAML and JSON texts.

use nachweis_canon::{Json, Limits, parse, parse_bytes};
use nachweis_yaml::{Reason, items, marks, read};

/// Every document that is read is written and read again, by both readers, and comes back as it was.
pub fn yaml(bytes: &[u8]) {
    let limits = nachweis_yaml::Limits::default();
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + bytes.len() / 2 + 1;
    let mut last = 0;
    for found in read(bytes, &limits) {
        match found {
            Ok(document) => {
                assert!(document.line >= last, "documents follow each other");
                assert!(
                    document.line <= document.end_line && document.end_line <= lines,
                    "lines of the text"
                );
                last = document.line;
                comes_back(&document.value);
            }
            Err(unread) => assert!(unread.line >= 1 && unread.line <= lines, "{unread:?}"),
        }
    }
    if let Some(Ok(wrapped)) = items(bytes, &limits) {
        let len = wrapped.len;
        let walked = wrapped.items.inspect(|item| {
            if let Ok(item) = item {
                comes_back(&item.value);
            }
        });
        assert!(walked.count() <= len, "no more elements than were counted");
    }
    if let Ok(marks) = marks(bytes, &limits) {
        for (_, (line, column)) in marks.repeated() {
            assert!(line >= 1 && column >= 1);
        }
    }
}

fn comes_back(value: &Json<'_>) {
    let written = value.canonical();
    let again = parse_bytes(&written, &Limits::OURS).unwrap().value;
    assert_eq!(again.canonical(), written, "canonical bytes are their own canonical form");
    // A text that begins with a brace or bracket is JSON for kubectl; other values alone are texts of YAML.
    if matches!(value, Json::Obj(_) | Json::Arr(_)) {
        let mut found = read(&written, &nachweis_yaml::Limits::default());
        match found.next().expect("a document") {
            Ok(document) => {
                assert_eq!(document.value.canonical(), written, "the YAML reader reads what was written");
            }
            // Manifests that stand for something else are refused as what they are.
            Err(unread) => {
                assert!(matches!(unread.reason, Reason::HelmTemplate | Reason::Sops), "{unread:?}");
            }
        }
        assert!(found.next().is_none(), "one document");
    }
}

/// What is read has one canonical form, and an independent reader reads the same from it.
pub fn json(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(parse_bytes(bytes, &Limits::default()).is_err(), "JSON is UTF-8");
        return;
    };
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    match parse(text, &Limits::default()) {
        Ok(parsed) => {
            comes_back(&parsed.value);
            // serde_json allows 128 levels, and no number that binary64 cannot hold.
            if let Ok(theirs) = theirs {
                same(&parsed.value, &theirs);
            }
        }
        Err(error) => {
            assert!(error.offset <= text.len() && error.line >= 1 && error.column >= 1, "{error:?}");
            // Half of a surrogate pair is refused by both.
            assert!(theirs.is_err(), "{error} and serde_json reads {theirs:?}");
        }
    }
}

fn same(ours: &Json<'_>, theirs: &serde_json::Value) {
    use serde_json::Value;
    match (ours, theirs) {
        (Json::Null, Value::Null) | (Json::Big(_), Value::Number(_)) => {}
        (Json::Bool(ours), Value::Bool(theirs)) => assert_eq!(ours, theirs),
        (Json::Int(ours), Value::Number(theirs)) => {
            // `-0` is an integer here and a float there.
            assert!(
                theirs.as_i64() == Some(*ours) || theirs.as_f64() == Some(0.0) && *ours == 0,
                "{ours} {theirs}"
            );
        }
        (Json::Num(ours), Value::Number(theirs)) => {
            // serde_json reads the last digits of some numbers a little off; we do not.
            let theirs = theirs.as_f64().unwrap();
            assert!((ours - theirs).abs() <= ours.abs() * 1e-15, "{ours} {theirs}");
        }
        (Json::Str(ours), Value::String(theirs)) => assert_eq!(ours, theirs),
        (Json::Arr(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().zip(theirs).for_each(|(ours, theirs)| same(ours, theirs));
        }
        (Json::Obj(ours), Value::Object(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().for_each(|(key, ours)| same(ours, &theirs[key]));
        }
        _ => panic!("{ours:?} and {theirs:?}"),
    }
}
