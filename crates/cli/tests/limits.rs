//! One input per limit: what is refused is named in the seal, and the rest goes on.
//!
//! The number of entries and the bytes of a whole input are tested where their limits can be small: `crates/collect`.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use common::run;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: good, namespace: b}\n";

/// Seals a folder that holds a good object besides what `make` puts there. Returns `file reason` of all unread parts.
fn unread(make: impl FnOnce(&Path)) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let input = home.path().join("input");
    fs::create_dir(&input).unwrap();
    fs::write(input.join("zz-good.yaml"), POD).unwrap();
    make(&input);
    let done = run(home.path(), &["snapshot", "input", "--complete", "services", "--format", "json"]);
    assert_eq!(done.code, 0, "{done:?}");
    let seal = done.json();
    let items = seal["items"].as_u64().unwrap();
    assert!(items >= 1, "the others go on");
    let parts: Vec<String> = seal["unread"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| format!("{} {}", part["file"].as_str().unwrap(), part["reason"].as_str().unwrap()))
        .collect();
    // What may hold an object of any kind opens what the operator declared.
    let rows = seal["collections"].as_array().unwrap();
    let services = rows.iter().find(|row| row["resource"] == "services").unwrap();
    let opened = !parts.is_empty();
    assert_eq!(services["status"], if opened { "partial" } else { "complete" }, "{parts:?}");
    parts
}

fn put(name: &'static str, bytes: impl AsRef<[u8]>) -> impl FnOnce(&Path) {
    move |input| fs::write(input.join(name), bytes).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(name: &str, kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, content) in
        [(name, kind, content), ("in/good.yaml", tar::EntryType::Regular, POD.as_bytes())]
    {
        let mut header = tar::Header::new_gnu();
        let length = name.len().min(100);
        // The library refuses such names; an attacker does not ask it.
        header.as_old_mut().name[..length].copy_from_slice(&name.as_bytes()[..length]);
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn sizes() {
    let big = |input: &Path| File::create(input.join("big.yaml")).unwrap().set_len((256 << 20) + 1).unwrap();
    assert_eq!(unread(big), ["big.yaml too-large"], "bytes of a file");
    let document = [b"a: ".to_vec(), vec![b'x'; 64 << 20], b"\n".to_vec()].concat();
    assert_eq!(unread(put("document.yaml", document)), ["document.yaml too-large"], "bytes of a document");
    let bomb = gzip(&vec![0; 160 << 20]);
    assert_eq!(unread(put("bomb.yaml.gz", bomb)), ["bomb.yaml compression-ratio"], "bytes for a packed byte");
}

#[test]
fn shapes_of_documents() {
    let deep = format!("a: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(unread(put("deep.yaml", deep)), ["deep.yaml too-deep"]);
    let json = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(unread(put("deep.json", json)), ["deep.json too-deep"]);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
    for at in 1..12 {
        let alias = format!("*a{}, ", at - 1).repeat(10);
        bomb.push_str(&format!("a{at}: &a{at} [{}]\n", alias.trim_end_matches(", ")));
    }
    assert_eq!(unread(put("bomb.yaml", bomb)), ["bomb.yaml alias-bomb"]);
    let rubbish = format!("[{POD_JSON}{}]", ",1".repeat(1_000));
    let parts = unread(put("list.json", rubbish));
    assert_eq!(
        (parts.len(), parts.contains(&"list.json and-more".to_string())),
        (101, true),
        "elements of a list"
    );
}

const POD_JSON: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c","namespace":"b"}}"#;

#[test]
fn texts_that_are_none() {
    // kubectl reads a byte that is no UTF-8 as U+FFFD, and so it is read here.
    let latin = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: caf\xe9}\n";
    assert_eq!(unread(put("latin.yaml", latin)), Vec::<String>::new());
    let utf16: Vec<u8> =
        "\u{feff}a: \u{d7ff}".encode_utf16().flat_map(u16::to_le_bytes).chain([0, 0xdc]).collect();
    assert_eq!(unread(put("utf16.yaml", utf16)).len(), 1, "half of a surrogate pair");
    assert_eq!(unread(put("nul.yaml", b"a: b\0c\n")), ["nul.yaml binary"]);
    assert_eq!(unread(put("crypt.yaml", b"\0GITCRYPT\0xxxx")), ["crypt.yaml git-crypt"]);
    assert_eq!(unread(put("half.json", b"{\"apiVersion\": \"v1\",")), ["half.json truncated"]);
}

#[test]
fn ways_out_of_the_input() {
    use tar::EntryType::{Fifo, Regular, Symlink};
    let archived =
        |name: &'static str, kind, content: &'static str| put("x.tar", tar(name, kind, content.as_bytes()));
    for slip in ["../../etc/cron.d/x.yaml", "/etc/x.yaml", "a/../../x.yaml"] {
        let parts = unread(archived(slip, Regular, POD));
        assert!(parts.len() == 1 && parts[0].ends_with(" path-traversal"), "{parts:?}");
    }
    assert_eq!(unread(archived("link.yaml", Symlink, "")), ["x.tar/link.yaml link"]);
    assert_eq!(unread(archived("pipe", Fifo, "")), ["x.tar/pipe special-file"]);
    let link = |input: &Path| std::os::unix::fs::symlink("/etc/passwd", input.join("passwd.yaml")).unwrap();
    assert_eq!(unread(link), ["passwd.yaml link"]);
    let nested = tar("one.tar", Regular, &tar("two.tar", Regular, &tar("a.yaml", Regular, POD.as_bytes())));
    assert_eq!(unread(put("x.tar", nested)), ["x.tar/one.tar/two.tar nested-archive"]);
    let long = tar(&"n".repeat(100), Regular, POD.as_bytes());
    assert_eq!(unread(put("cut.tar", &long[..long.len() - 2_000])).len(), 1, "an archive that was cut");
    let name: &'static str =
        Box::leak(format!("{}.yaml", "d/".repeat(600) + &"n".repeat(200)).into_boxed_str());
    let path = |input: &Path| {
        let file = input.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "apiVersion: v1\nkind: [\n").unwrap();
    };
    assert_eq!(unread(path), [format!("{name} truncated")], "a long path stays whole in the seal");
}
