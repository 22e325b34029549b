//! Inputs that want to do harm end in the unread list, never in a panic and never in silence.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Files, complete, inline, seal, settings};
use nachweis_model::seal::Seal;
use nachweis_oci::{BlobsMut, Descriptor, LayerWriter, Manifest, MemoryStore, media};
use nachweis_snapshot::{Problem, Snapshot};

#[test]
fn every_odd_document_is_named() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_yaml = "a: ".to_string() + &"{a: ".repeat(5_000);
    let name = "n".repeat(4_096);
    let long = format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}"}}}}"#);
    let documents = [
        &*deep,
        &deep_yaml,
        &long,
        "[]",
        "7",
        "\"text\"",
        "[1, {}, []]",
        "{\"a\": {\"b\": 1}}",
        r#"{"apiVersion":"v1","kind":"Pod","metadata":[]}"#,
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":{"a":1}}}"#,
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a/b"}}"#,
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"a-"}}"#,
        r#"{"apiVersion":"v1","kind":"Pod"}"#,
        r#"{"apiVersion":"v1","kind":5,"metadata":{"name":"a"}}"#,
        r#"{"apiVersion":["v1"],"kind":"Pod","metadata":{"name":"a"}}"#,
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"../b"}}"#,
        r#"{"apiVersion":"v1","kind":"List","items":{"a":1}}"#,
        r#"{"apiVersion":"v1","kind":"List","items":[1,"a",null,{"kind":"Pod"}]}"#,
        r#"{"apiVersion":"v1","kind":"List","items":[{"metadata":{"name":"a"}}]}"#,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: \"\\ud800\"}\n",
        "&a [*a, *a]",
        "\u{0}\u{1}",
    ];
    for (at, document) in documents.iter().enumerate() {
        let file = format!("{at}.json");
        let kept = seal(complete(&["all"]), &inline(&[(&*file, document)]));
        assert_eq!(kept.sealed.seal.items, 0, "{document:.200}");
        assert!(!kept.sealed.seal.unread.is_empty(), "{document:.200}");
        assert!(kept.sealed.seal.unread.iter().all(|u| u.file == file && !u.reason.is_empty()));
        let closed = kept.sealed.seal.collections.iter().filter(|row| row.status.closes()).count();
        assert_eq!(closed, 0, "{document:.200}");
    }
}

#[test]
fn lists_of_lists_end() {
    let mut text = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#.to_string();
    for _ in 0..20 {
        text = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{text}]}}"#);
    }
    let kept = seal(settings(), &inline(&[("a.json", &text)]));
    assert_eq!(kept.unread(), [("a.json", "not-an-object")]);
}

#[test]
fn a_list_of_rubbish_is_counted_and_not_listed_row_by_row() {
    let items = vec!["{}"; 5_000].join(",");
    let text = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{items}]}}"#);
    let kept = seal(settings(), &inline(&[("a.json", &text)]));
    let unread = &kept.sealed.seal.unread;
    assert_eq!(unread.len(), 101);
    assert!(unread.iter().any(|u| u.reason == "and-more" && u.detail.starts_with("4900 ")));
}

#[test]
fn names_that_try_to_break_out_stay_inside() {
    for name in ["a\"b", "a,\"id\":\"x", "ü\u{202e}", "<script>", "system:masters", "a~1b", "a'b", "*x"] {
        let mut quoted = Vec::new();
        nachweis_canon::write_str(name, &mut quoted);
        let quoted = String::from_utf8(quoted).unwrap();
        let text = format!(
            r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":{quoted}}},"data":{{{quoted}:"x"}}}}"#
        );
        let kept = seal(settings(), &inline(&[("a.json", &text)]));
        let ids = kept.ids();
        assert_eq!(ids.len(), 1, "{name}");
        assert_eq!(ids[0].parse::<nachweis_model::ItemId>().unwrap().name, name);
        assert!(!kept.bodies(&ids[0])[0].contains(r#":"x""#));
    }
}

/// Random damage to sound files: nothing panics, and what is sealed holds.
#[test]
fn damaged_files_are_survived() {
    let sound = r#"
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, uid: u, managedFields: [{manager: m, fieldsV1: {"f:spec": {}}}]}, status: {conditions: [{type: A, message: m}], containerStatuses: [{state: {running: {startedAt: t}}}]}}
- {apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}, data: {k: v}}
- {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: e}, endpoints: [{addresses: [b, a], targetRef: {kind: Pod, name: a, uid: u, resourceVersion: '1'}}]}
"#;
    let mut state = 20_261_124_u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    const BYTES: &[u8] = b"{}[]:,-\"' \n#&*!|>%@`\0\xff0a";
    for _ in 0..2_000 {
        let mut bytes = sound.as_bytes().to_vec();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            match next(3) {
                0 => bytes[at] = BYTES[next(BYTES.len())],
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, BYTES[next(BYTES.len())]),
            }
        }
        seal(complete(&["all"]), &[("a.yaml".to_string(), bytes)]);
    }
}

/// A small sound snapshot and its parts, to be forged.
fn forged(change: impl FnOnce(&mut Seal, &mut Vec<Vec<u8>>)) -> Vec<&'static str> {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME, namespace: x}\n";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: x}\ndata: {k: v}\n";
    let files: Files = ["a", "b", "c"]
        .map(|name| (format!("{name}.yaml"), text.replace("NAME", name).into_bytes()))
        .into_iter()
        .chain([("s.yaml".to_string(), secret.as_bytes().to_vec())])
        .collect();
    let kept = seal(settings(), &files);
    let mut seal = kept.sealed.seal.clone();
    let mut lines = Vec::new();
    kept.open()
        .read::<()>(&|_, _| true, &mut |item| {
            lines.push(item.line.to_vec());
            Ok(())
        })
        .unwrap();
    change(&mut seal, &mut lines);
    let store = MemoryStore::new();
    let mut writer = LayerWriter::create(&store).unwrap();
    lines.iter().for_each(|line| writer.write_line(line).unwrap());
    let items = writer.finish(media::ITEMS).unwrap().0;
    let sealed: Descriptor = store.put(media::SEAL, &nachweis_canon::canonical_bytes(&seal)).unwrap();
    let manifest = Manifest { layers: vec![sealed, items], ..Manifest::artifact(media::SNAPSHOT) };
    let problems = match Snapshot::open(&store, &manifest) {
        Ok(snapshot) => snapshot.check(),
        Err(problem) => vec![problem],
    };
    problems.iter().map(|problem: &Problem| problem.code).collect()
}

fn root(lines: &[Vec<u8>]) -> nachweis_canon::Digest {
    let leaves: Vec<_> = lines.iter().map(|line| nachweis_canon::merkle::leaf(line)).collect();
    nachweis_canon::merkle::root(&leaves)
}

#[test]
fn forgeries_are_named() {
    assert_eq!(forged(|_, _| {}), Vec::<&str>::new());
    assert_eq!(forged(|_, lines| _ = lines.pop()), ["item-count"]);
    assert_eq!(forged(|_, lines| lines.swap(0, 1)), ["item-order"]);
    assert_eq!(forged(|_, lines| lines[1] = lines[0].clone()), ["item-order"]);
    assert_eq!(forged(|seal, _| seal.root = nachweis_canon::Digest::of(b"")), ["merkle-root"]);
    assert_eq!(forged(|seal, _| seal.format = "nachweis-snapshot/2".into()), ["seal-format"]);
    assert_eq!(forged(|seal, _| seal.normalisation = "nachweis-normalisation/2".into()), ["seal-format"]);
    assert_eq!(forged(|seal, _| seal.collections[0].count += 1), ["collection-count"]);
    assert_eq!(forged(|seal, _| seal.collections[0].bytes += 1), ["collection-count"]);
    assert_eq!(forged(|seal, _| seal.kinds[0].count += 1), ["kind-count"]);
    assert_eq!(forged(|seal, _| seal.withheld[0].pointers = vec!["/data/x".into()]), ["withheld-mismatch"]);
    assert_eq!(forged(|seal, _| seal.withheld[0].item = 9), ["item-missing"]);
    assert_eq!(forged(|seal, _| seal.collections.reverse()), ["seal-order"]);
    // Changed together with everything that the seal counts of them, only the items themselves can tell.
    let change = |edit: fn(&mut Vec<u8>)| {
        forged(move |seal, lines| {
            let before = lines[0].len() as u64;
            edit(&mut lines[0]);
            let pods = seal.collections.iter_mut().find(|row| row.resource == "pods").unwrap();
            pods.bytes = pods.bytes + lines[0].len() as u64 - before;
            seal.root = root(lines);
        })
    };
    assert_eq!(change(|line| *line = edit(line, "\"name\":\"a\"", "\"name\":\"z\"")), ["item-identity"]);
    assert_eq!(
        change(|line| *line = edit(line, "{\"apiVersion\"", "{ \"apiVersion\"")),
        ["item-not-canonical"]
    );
    assert_eq!(change(|line| *line = edit(line, "\"kind\":\"Pod\"", "\"kind\":\"Po\"")), ["item-identity"]);
    assert_eq!(change(|line| *line = edit(line, "{\"body\":", "{\"x\":1,\"body\":"))[0], "item-malformed");
}

fn edit(line: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(line).unwrap();
    assert!(text.contains(from), "{text}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn a_proof_shows_its_item_and_no_other() {
    let pod = |name: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: x}}\n");
    let names = ["a", "b", "c", "d", "e"];
    let files: Files = names.map(|name| (format!("{name}.yaml"), pod(name).into_bytes())).into();
    let kept = seal(settings(), &files);
    let snapshot = kept.open();
    for (at, name) in names.iter().enumerate() {
        let proof = snapshot.prove(at as u32).unwrap();
        assert_eq!(proof.check(snapshot.seal()).unwrap().name, *name);
        let other = snapshot.prove((at as u32 + 1) % 5).unwrap();
        let forged = nachweis_snapshot::Proof { line: other.line, ..proof.clone() };
        assert_eq!(forged.check(snapshot.seal()).unwrap_err().code, "inclusion-proof");
        let moved = nachweis_snapshot::Proof { index: other.index, ..proof };
        assert_eq!(moved.check(snapshot.seal()).unwrap_err().code, "inclusion-proof");
    }
    assert_eq!(snapshot.prove(5).unwrap_err().code, "item-missing");
}
