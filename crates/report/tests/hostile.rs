//! Goal: no text of the input steers a reader's browser, terminal or spreadsheet, or hides what it is.
//! Method: every text field of every value, one by one and all at once, is replaced by a text that attacks all
//! renderings; then the renderings are searched for what must not be there.

mod fixture;

use fixture::Fixture;
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::seal::Seal;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

const ATTACK: &str = "=cmd|' /C calc'!A0</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`\
                      \u{1b}[2J\u{1b}]8;;http://evil\u{7}\u{9b}31m\u{202e}gpj.exe\u{2066}\r\n\n=1+1\t\u{0}\u{feff}";

fn attack() -> String {
    format!("{ATTACK}{}", "A".repeat(4096))
}

/// Pointers of all texts in the value.
fn texts(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::String(_) => out.push(at),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| texts(item, format!("{at}/{index}"), out));
        }
        Value::Object(members) => members.iter().for_each(|(key, item)| {
            texts(item, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out);
        }),
        _ => {}
    }
}

/// Calls `with` for each text field that may hold any text, replaced by the attack.
fn each<T: Serialize + DeserializeOwned>(record: &T, mut with: impl FnMut(&str, T)) -> usize {
    let value = serde_json::to_value(record).expect("a record is JSON");
    let mut pointers = Vec::new();
    texts(&value, String::new(), &mut pointers);
    let mut fields = 0;
    for pointer in pointers {
        let mut changed = value.clone();
        *changed.pointer_mut(&pointer).expect("the pointer was found") = Value::String(attack());
        // Digests, instants and enumerations refuse it: such a field cannot be hostile.
        if let Ok(record) = serde_json::from_value(changed) {
            fields += 1;
            with(&pointer, record);
        }
    }
    fields
}

fn inert(fixture: &Fixture, field: &str) {
    let report = fixture.report();
    for (name, text) in fixture::renderings(&report) {
        let at = |what: &str| format!("{what} in {name} after an attack through {field}");
        let unseen = |c: &char| {
            (c.is_control() && *c != '\n' && *c != '\r') || "\u{202e}\u{2066}\u{feff}".contains(*c)
        };
        assert_eq!(text.chars().find(unseen), None, "{}", at("an unseen character"));
        if name.starts_with("html") {
            assert_eq!(text.matches("<script").count(), 1, "{}", at("a script"));
            assert_eq!(text.matches("<img").count(), 0, "{}", at("an image"));
            assert_eq!(
                text.matches("</pre>").count(),
                text.matches("<pre").count(),
                "{}",
                at("a broken element")
            );
            let longest = text.split('>').map(|part| part.split('<').next().map_or(0, str::len)).max();
            assert!(longest < Some(60_000), "{}", at("an endless text"));
        } else if name == "csv" {
            records(&text).iter().flatten().for_each(|cell| {
                let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']);
                assert!(!formula, "{}", at("a formula"));
            });
        } else if name.starts_with("sarif") {
            let value: Value = serde_json::from_str(&text).expect("SARIF is JSON");
            inert_json(&value, "", &|what| at(what));
        } else if name.starts_with("junit") {
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(longest < Some(40_000), "{}", at("an endless line"));
            let document = fixture::xml::read(&text).unwrap_or_else(|error| panic!("{}", at(&error)));
            assert!(
                document.iter().all(|element| fixture::xml::JUNIT.contains(&&*element.name)),
                "{}",
                at("an element")
            );
        } else {
            // Lines to copy stay whole as long as nobody attacks with them.
            let copied = |line: &str| ["--", "kubectl "].iter().any(|start| line.trim().starts_with(start));
            let (copied, others): (Vec<&str>, Vec<&str>) =
                text.lines().filter(|line| !line.contains("nachweis ")).partition(|line| copied(line));
            let longest = |lines: &[&str]| lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(longest(&others) <= 160, "{}", at("an endless line"));
            assert!(longest(&copied) <= 740, "{}", at("an endless line to copy"));
        }
    }
    nachweis_report::json(&report);
}

/// No text of a JSON value hides anything, and no address is more than one relative path.
fn inert_json(value: &Value, key: &str, at: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => {
            let unseen = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}\u{feff}".contains(c);
            assert_eq!(text.chars().find(|c| unseen(*c)), None, "{}", at("an unseen character"));
            assert!(text.chars().count() < 20_000, "{}", at("an endless text"));
            if key == "uri" {
                let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
                assert!(text.chars().all(plain) && !text.starts_with('/'), "{}: {text}", at("an address"));
            }
            if key == "markdown" {
                assert!(!text.contains("<img") && !text.contains("](http"), "{}: {text}", at("markup"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| inert_json(item, key, at)),
        Value::Object(members) => members.iter().for_each(|(key, item)| inert_json(item, key, at)),
        _ => {}
    }
}

/// Cells of a CSV text, by RFC 4180.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

#[test]
fn every_field_of_the_seal_and_the_overlay() {
    let fixture = fixture::small();
    let fields = each(&fixture.seal, |field, seal: Seal| inert(&Fixture { seal, ..fixture.clone() }, field))
        + each(&fixture.overlay, |field, overlay: Overlay| {
            inert(&Fixture { overlay, ..fixture.clone() }, field)
        });
    assert!(fields > 50, "{fields} fields");
}

#[test]
fn every_field_of_the_assessment() {
    let fixture = fixture::small();
    let fields = each(&fixture.assessment, |field, assessment: Assessment| {
        inert(&Fixture { assessment, ..fixture.clone() }, field);
    });
    assert!(fields > 100, "{fields} fields");
}

#[test]
fn every_field_of_the_catalogue() {
    let fixture = fixture::small();
    let fields = each(&fixture.catalogue, |field, catalogue: Catalogue| {
        inert(&Fixture { catalogue, ..fixture.clone() }, field);
    });
    assert!(fields > 300, "{fields} fields");
}

#[test]
fn every_field_of_a_delta() {
    let fixture = fixture::small();
    let value = fixture::delta();
    let mut pointers = Vec::new();
    texts(&value, String::new(), &mut pointers);
    let mut fields = 0;
    for pointer in pointers {
        let mut changed = value.clone();
        *changed.pointer_mut(&pointer).expect("the pointer was found") = Value::String(attack());
        let bytes = serde_json::to_vec(&changed).expect("a value is JSON");
        let parsed = nachweis_canon::parse_bytes(&bytes, &nachweis_canon::Limits::OURS).expect("JSON");
        let Ok(changes) = nachweis_report::Changes::read(parsed.value.into_owned(), attack()) else {
            continue;
        };
        fields += 1;
        inert(&Fixture { changes: Some(changes), ..fixture.clone() }, &pointer);
    }
    assert!(fields > 20, "{fields} fields");
}

#[test]
fn names_owners_paths_and_keys() {
    let hostile = |mut fixture: Fixture| {
        for subject in &mut fixture.names.0 {
            subject.id.name.push_str(&attack());
            subject.id.namespace.insert_str(0, &attack());
            subject.id.kind.insert_str(0, ATTACK);
            subject.id.group.insert_str(0, ATTACK);
            subject.owner = subject.owner.take().map(|owner| format!("{}{owner}", attack()));
        }
        fixture.bundle = Some(attack());
        fixture.signer = Some(attack());
        fixture.trust = Some(attack());
        fixture.system = vec![attack(), "*".into()];
        fixture
    };
    inert(&hostile(fixture::small()), "names");
    let mut unnamed = fixture::small();
    unnamed.names.0.clear();
    inert(&unnamed, "names that the snapshot does not have");
}

#[test]
fn everything_at_once() {
    let mut fixture = fixture::small();
    each(&fixture.seal.clone(), |pointer, seal: Seal| {
        if pointer.contains("file") || pointer.contains("resource") || pointer.contains("cluster") {
            fixture.seal.unread.extend(seal.unread);
            fixture.seal.collections.extend(seal.collections);
            fixture.seal.cluster = seal.cluster;
        }
    });
    inert(&fixture, "many fields");
}

/// A bundle that nobody verified may claim four billion items; time and memory stay small.
#[test]
fn ranges_beyond_the_snapshot() {
    let mut fixture = fixture::small();
    let all: nachweis_model::Ranges = "0-4294967295".parse().expect("a run");
    for finding in &mut fixture.assessment.findings {
        finding.passed = all.clone();
        finding.items.iter_mut().for_each(|group| group.items = all.clone());
        finding
            .exempted
            .values_mut()
            .chain(finding.excluded.values_mut())
            .for_each(|items| *items = all.clone());
    }
    inert(&fixture, "indices");
    let csv = nachweis_report::csv(&fixture.report());
    assert!(csv.contains("#49") && !csv.contains("#50"));
}
