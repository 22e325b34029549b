//! One input per limit: what is refused is named in the seal, and the rest goes on.
//!
//! The number of entries and the bytes of a whole input are tested where their limits can be small: `crates/collect`.
//! `every_limit_has_a_case` looks through the rooms that read inputs for limits that no case here, or named there, runs
//! into.
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

#[test]
fn words_of_objects() {
    let long = |length: usize| "n".repeat(length);
    for (object, reason) in [
        (
            format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {}, namespace: b}}\n", long(1_025)),
            "bad-name",
        ),
        (
            format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: {}}}\n", long(1_025)),
            "bad-namespace",
        ),
        (format!("apiVersion: v1\nkind: {}\nmetadata: {{name: a}}\n", long(317)), "bad-kind"),
        (format!("apiVersion: {}/v1\nkind: Pod\nmetadata: {{name: a}}\n", long(317)), "bad-api-version"),
    ] {
        assert_eq!(unread(put("a.yaml", object)), [format!("a.yaml {reason}")]);
    }
    let fits = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {}, namespace: b}}\n", long(1_024));
    assert_eq!(unread(put("a.yaml", fits)), Vec::<String>::new());
    let mut lists = POD_JSON.to_string();
    for _ in 0..6 {
        lists = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{lists}]}}"#);
    }
    assert_eq!(unread(put("lists.json", lists)), ["lists.json not-an-object"], "lists inside of lists");
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
    let name = vec![b'n'; 2 << 20];
    let endless = tar("././@LongLink", tar::EntryType::GNULongName, &name);
    assert_eq!(unread(put("x.tar", endless)), ["x.tar broken-archive"], "the name of an entry");
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

/// Where a limit is run into, or why nothing can be refused by it.
enum Met {
    Here(&'static str),
    There(&'static str, &'static str),
    Never(&'static str),
}
use Met::{Here, Never, There};

/// Limits of the rooms that read inputs: file, name, the test that runs into it.
const LIMITS: &[(&str, &str, Met)] = &[
    (
        "canon/src/parse.rs",
        "Limits.bytes",
        Never(
            "the readers that call it have limits of their own for bytes: of files, documents, layers and documents of a bundle",
        ),
    ),
    ("canon/src/parse.rs", "Limits.depth", Here("shapes_of_documents")),
    ("collect/src/files/archive.rs", "LEVELS", Here("ways_out_of_the_input")),
    ("collect/src/files/folder.rs", "DEPTH", Never("no path that Linux opens is as long")),
    ("collect/src/files/folder.rs", "FIRST_BYTES", Never("how much of a file is read at once")),
    (
        "collect/src/files/git.rs",
        "LIST_BYTES_MAX",
        Never("a commit with so many files ends the run: too many to make in a test"),
    ),
    ("collect/src/files/meter.rs", "HEADER_BYTES", Here("ways_out_of_the_input")),
    (
        "collect/src/files/mod.rs",
        "ArchiveLimits.entries",
        There("collect/tests/files.rs", "limits_stop_one_input_and_not_the_next"),
    ),
    ("collect/src/files/mod.rs", "ArchiveLimits.entry_bytes", Here("sizes")),
    ("collect/src/files/mod.rs", "ArchiveLimits.ratio", Here("sizes")),
    (
        "collect/src/files/mod.rs",
        "ArchiveLimits.total_bytes",
        There("collect/tests/files.rs", "limits_stop_one_input_and_not_the_next"),
    ),
    (
        "snapshot/src/certificates.rs",
        "CERTIFICATES_MAX",
        Never("the object stays, facts of further certificates are left out"),
    ),
    (
        "snapshot/src/certificates.rs",
        "CERTIFICATE_BYTES_MAX",
        Never("the object stays, without the certificate's facts"),
    ),
    ("snapshot/src/certificates.rs", "NAMES_MAX", Never("the object stays, with the first names")),
    (
        "snapshot/src/certificates.rs",
        "TEXT_BYTES_MAX",
        Never("the object stays, without the certificate's facts"),
    ),
    (
        "snapshot/src/certificates.rs",
        "VALUE_BYTES_MAX",
        Never("the object stays, without the certificate's facts"),
    ),
    ("snapshot/src/check.rs", "PROBLEMS_MAX", Never("reads what was sealed")),
    (
        "snapshot/src/gitops.rs",
        "FOLLOWED_MAX",
        There("snapshot/tests/gitops.rs", "many_charts_and_long_chains_end_in_time"),
    ),
    ("snapshot/src/head.rs", "NAME_BYTES_MAX", Here("words_of_objects")),
    ("snapshot/src/head.rs", "WORD_BYTES_MAX", Here("words_of_objects")),
    (
        "snapshot/src/ingest.rs",
        "Settings.items_max",
        Never("an index has 32 bits; sealing more ends in `too-many-items`"),
    ),
    ("snapshot/src/ingest/jobs.rs", "BYTES", Never("how much a worker gets at once")),
    ("snapshot/src/intake.rs", "BATCH_BYTES", Never("how much a worker takes at once")),
    ("snapshot/src/intake.rs", "NESTING_MAX", Here("words_of_objects")),
    ("snapshot/src/intake.rs", "REFUSALS_MAX", Here("shapes_of_documents")),
    ("snapshot/src/intake.rs", "STREAM_BYTES_MIN", Never("how a text is taken apart")),
    ("snapshot/src/layers.rs", "ALONE_BYTES", Never("where a layer is cut")),
    ("snapshot/src/layers.rs", "LAYERS_MAX", Never("how much a layer holds grows with the snapshot")),
    ("snapshot/src/open.rs", "KEEP_MAX", Never("reads what was sealed")),
    ("snapshot/src/open.rs", "SEAL_BYTES_MAX", Never("reads what was sealed")),
    (
        "snapshot/src/pack.rs",
        "CHUNK_BYTES",
        Never("lines that are handed from one thread to the other together"),
    ),
    (
        "snapshot/src/pseudonyms/address.rs",
        "DOMAIN_BYTES_MAX",
        Never("longer texts are no addresses (RFC 5321 section 4.5.3)"),
    ),
    (
        "snapshot/src/pseudonyms/address.rs",
        "LOCAL_BYTES_MAX",
        Never("longer texts are no addresses (RFC 5321 section 4.5.3)"),
    ),
    (
        "snapshot/src/pseudonyms/mod.rs",
        "KEY_BYTES_MIN",
        Never("of the key, not of the input; ends in `pseudonym-key`"),
    ),
    ("snapshot/src/pseudonyms/text.rs", "DISPLAY_WORDS_MAX", Never("how far a look around an address goes")),
    ("snapshot/src/pseudonyms/text.rs", "KEY_BYTES_MAX", Never("how far a look behind a member's name goes")),
    ("snapshot/src/pseudonyms/text.rs", "KEY_TYPE_BYTES", Never("how far a look behind a key's type goes")),
    ("snapshot/src/pseudonyms/text.rs", "NAME_BYTES_MAX", Never("longer texts are no names of people")),
    ("snapshot/src/withhold/encoded.rs", "BASE64_BYTES_MIN", Never("shorter texts are words")),
    ("snapshot/src/withhold/names.rs", "END_MAX", Never("the longest end of a name in a table of ours")),
    (
        "snapshot/src/withhold/text.rs",
        "DEPTH_MAX",
        There("snapshot/src/withhold/text.rs", "no_limit_lets_a_secret_through"),
    ),
    ("snapshot/src/withhold/text.rs", "NAME_BYTES", Never("how far a look around a word goes")),
    ("snapshot/src/withhold/text.rs", "URL_BYTES", Never("how far a look around a word goes")),
    ("snapshot/src/withhold/text.rs", "VALUE_BYTES", Never("how far a look around a word goes")),
    ("yaml/src/lib.rs", "Limits.alias_nodes", Here("shapes_of_documents")),
    ("yaml/src/lib.rs", "Limits.depth", Here("shapes_of_documents")),
    ("yaml/src/lib.rs", "Limits.document_bytes", Here("sizes")),
];

#[test]
fn every_limit_has_a_case() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for room in ["canon/src", "collect/src/files", "snapshot/src", "yaml/src"] {
        sources(&crates.join(room), &mut |path, text| {
            let file = path.strip_prefix(&crates).unwrap().to_str().unwrap().to_string();
            found.extend(limits(text).into_iter().map(|name| (file.clone(), name)));
        });
    }
    found.sort();
    let known: Vec<(String, String)> =
        LIMITS.iter().map(|(file, name, _)| (file.to_string(), name.to_string())).collect();
    assert_eq!(found, known, "a limit without a row here, or a row without its limit");
    for (file, name, met) in LIMITS {
        let (place, test) = match met {
            Here(test) => ("cli/tests/limits.rs", test),
            There(place, test) => (*place, test),
            Never(why) => {
                assert!(why.len() > 10, "{file} {name}");
                continue;
            }
        };
        let text = fs::read_to_string(crates.join(place)).unwrap();
        assert!(
            text.contains(&format!("#[test]\nfn {test}("))
                || text.contains(&format!("#[test]\n    fn {test}(")),
            "{name}: no test `{test}` in {place}"
        );
    }
}

fn sources(folder: &Path, visit: &mut dyn FnMut(&Path, &str)) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, visit);
        } else {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// Constants that are named like limits, and the numbers of structs that hold limits.
fn limits(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut of = None;
    for line in text.lines() {
        let line = line
            .trim()
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub(super) ")
            .trim_start_matches("pub ");
        if let Some(rest) = line.strip_prefix("const ")
            && let Some((name, kind)) = rest.split_once(": ")
            && ["usize", "u64", "u32"].iter().any(|number| kind.starts_with(&format!("{number} =")))
            && ["MAX", "MIN", "LEVELS", "DEPTH", "BYTES", "NODES", "ENTRIES", "LIMIT"]
                .iter()
                .any(|word| name.ends_with(word))
        {
            out.push(name.to_string());
        }
        if let Some(name) = line.strip_prefix("struct ").and_then(|rest| rest.strip_suffix(" {")) {
            of = Some(name.to_string());
        } else if line == "}" {
            of = None;
        } else if let Some((field, kind)) = line.split_once(": ")
            && let Some(of) = &of
            && (of.ends_with("Limits") || field.ends_with("_max"))
            && ["usize,", "u64,", "u32,"].contains(&kind)
        {
            out.push(format!("{of}.{field}"));
        }
    }
    out
}
