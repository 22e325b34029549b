//! Real files: folders, archives, and what must not be read.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};

/// Events of a walk over one path: `path = text` or `path ! reason`, in order.
fn events(path: &Path, limits: &ArchiveLimits) -> Vec<String> {
    let mut seen = Vec::new();
    walk(&[Input::Path(path.into())], limits, &mut |event| {
        seen.push(match event {
            Event::Entry { path, bytes } => format!("{path} = {}", String::from_utf8_lossy(&bytes)),
            Event::Unread(unread) => format!("{} ! {}", unread.file, unread.reason),
        });
        ControlFlow::Continue(())
    })
    .expect("the input exists");
    seen
}

fn seen(path: &Path) -> Vec<String> {
    events(path, &ArchiveLimits::default())
}

fn sorted(mut events: Vec<String>) -> Vec<String> {
    events.sort();
    events
}

/// A folder with two files, one of them two levels down.
fn sample(root: &Path) -> PathBuf {
    let folder = root.join("dump");
    fs::create_dir_all(folder.join("b/c")).expect("folder");
    fs::write(folder.join("b/c/y.yaml"), "y").expect("file");
    fs::write(folder.join("a.yaml"), "a").expect("file");
    folder
}

/// What one entry of a test archive is.
enum Made<'a> {
    File(&'a [u8]),
    Link(&'a str),
    HardLink(&'a str),
    Pipe,
}

fn tar(entries: &[(&str, Made<'_>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, made) in entries {
        let mut header = tar::Header::new_ustar();
        // The library refuses paths that climb; an attacker does not ask it.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_mode(0o644);
        let content: &[u8] = match made {
            Made::File(content) => {
                header.set_entry_type(tar::EntryType::Regular);
                content
            }
            Made::Link(target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_link_name(target).expect("link");
                b""
            }
            Made::HardLink(target) => {
                header.set_entry_type(tar::EntryType::Link);
                header.set_link_name(target).expect("link");
                b""
            }
            Made::Pipe => {
                header.set_entry_type(tar::EntryType::Fifo);
                b""
            }
        };
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content).expect("entry");
    }
    builder.into_inner().expect("archive")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("gzip");
    encoder.finish().expect("gzip")
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("entry");
        writer.write_all(bytes).expect("entry");
    }
    writer.finish().expect("archive").into_inner()
}

#[test]
fn files_are_whole_whatever_their_size() {
    let dir = tempfile::tempdir().expect("folder");
    let sizes = [0, 1, (16 << 10) - 1, 16 << 10, (16 << 10) + 1, 300_000];
    let text = |size: usize| "abcdefg".repeat(size / 7 + 1)[..size].to_string();
    for size in sizes {
        fs::write(dir.path().join(format!("{size:06}.yaml")), text(size)).expect("file");
    }
    let expected: Vec<String> =
        sizes.iter().map(|size| format!("{size:06}.yaml = {}", text(*size))).collect();
    assert_eq!(seen(dir.path()), expected);
    let small = ArchiveLimits { entry_bytes: 16 << 10, ..ArchiveLimits::default() };
    let kept: Vec<bool> = events(dir.path(), &small).iter().map(|event| event.contains(" = ")).collect();
    assert_eq!(kept, [true, true, true, true, false, false]);
}

#[test]
fn a_folder_and_its_archives_give_the_same_paths() {
    let root = tempfile::tempdir().expect("folder");
    let folder = sample(root.path());
    let expected = ["a.yaml = a", "b/c/y.yaml = y"];
    assert_eq!(seen(&folder), expected);

    let tarball = root.path().join("x.tar.gz");
    let status = std::process::Command::new("tar")
        .args(["czf".as_ref(), tarball.as_os_str(), "-C".as_ref(), folder.as_os_str(), ".".as_ref()])
        .status()
        .expect("tar runs");
    assert!(status.success());
    assert_eq!(sorted(seen(&tarball)), expected);

    let plain = tar(&[("a.yaml", Made::File(b"a")), ("./b/c/y.yaml", Made::File(b"y"))]);
    let files: [(&str, Vec<u8>); 6] = [
        ("x.tar", plain.clone()),
        ("x.tgz", gzip(&plain)),
        ("x.TAR.GZ", gzip(&plain)),
        ("x.tar.zst", zstd::encode_all(&plain[..], 1).expect("zstd")),
        ("x.gz", gzip(&plain)),
        ("x.zip", zip(&[("a.yaml", b"a"), ("b/c/y.yaml", b"y")])),
    ];
    for (name, bytes) in files {
        let path = root.path().join(name);
        fs::write(&path, bytes).expect("file");
        assert_eq!(seen(&path), expected, "{name}");
    }
}

#[test]
fn single_files() {
    let root = tempfile::tempdir().expect("folder");
    for (name, bytes, expected) in [
        ("a.yaml", b"text".to_vec(), "a.yaml = text"),
        ("b.yaml.gz", gzip(b"text"), "b.yaml = text"),
        ("c.json.zst", zstd::encode_all(&b"text"[..], 1).expect("zstd"), "c.json = text"),
        ("d.json.zip", zip(&[("allResources.json", b"text")]), "allResources.json = text"),
        ("e.yaml.gz", [gzip(b"te"), gzip(b"xt")].concat(), "e.yaml = text"),
    ] {
        let path = root.path().join(name);
        fs::write(&path, bytes).expect("file");
        assert_eq!(seen(&path), [expected]);
    }
}

#[test]
fn archives_inside_of_each_other() {
    let root = tempfile::tempdir().expect("folder");
    let inner = gzip(&tar(&[("k.yaml", Made::File(b"k"))]));
    let middle = zip(&[("in/m.tgz", &inner), ("n.yaml.gz", &gzip(b"n"))]);
    let folder = root.path().join("dump");
    fs::create_dir_all(folder.join("sub")).expect("folder");
    fs::write(folder.join("sub/one.zip"), &middle).expect("file");
    assert_eq!(seen(&folder), ["sub/one.zip/in/m.tgz/k.yaml = k", "sub/one.zip/n.yaml = n"]);

    let outer = root.path().join("outer.tar");
    fs::write(&outer, tar(&[("one.zip", Made::File(&middle)), ("o.yaml", Made::File(b"o"))])).expect("file");
    assert_eq!(
        seen(&outer),
        ["one.zip/in/m.tgz ! nested-archive", "one.zip/n.yaml.gz ! nested-archive", "o.yaml = o"]
    );
}

#[test]
fn links_pipes_and_unreadable_files_are_told() {
    let root = tempfile::tempdir().expect("folder");
    let folder = sample(root.path());
    symlink("/etc/passwd", folder.join("link.yaml")).expect("link");
    symlink(".", folder.join("loop")).expect("link");
    symlink("nowhere", folder.join("dangling")).expect("link");
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    fs::create_dir(folder.join(".git")).expect("folder");
    fs::write(folder.join(".git/HEAD"), "x").expect("file");
    fs::write(folder.join("closed"), "x").expect("file");
    fs::set_permissions(folder.join("closed"), fs::Permissions::from_mode(0o0)).expect("mode");
    // To root no file is closed.
    let closed = if fs::File::open(folder.join("closed")).is_ok() {
        "closed = x"
    } else {
        "closed ! permission-denied"
    };
    assert_eq!(
        seen(&folder),
        [
            ".git ! version-control",
            "a.yaml = a",
            "b/c/y.yaml = y",
            closed,
            "dangling ! link",
            "link.yaml ! link",
            "loop ! link",
            "pipe ! special-file",
        ]
    );
    // A link that a person names is followed.
    symlink(&folder, root.path().join("named")).expect("link");
    assert_eq!(seen(&root.path().join("named")).len(), 8);
}

#[test]
fn an_archive_cannot_leave_its_place() {
    let root = tempfile::tempdir().expect("folder");
    let path = root.path().join("x.tar");
    fs::write(
        &path,
        tar(&[
            ("../evil", Made::File(b"1")),
            ("/etc/evil", Made::File(b"2")),
            ("a/../../evil", Made::File(b"3")),
            ("link", Made::Link("/etc/passwd")),
            ("hard", Made::HardLink("../evil")),
            ("pipe", Made::Pipe),
            (".git/HEAD", Made::File(b"x")),
            (".git/config", Made::File(b"x")),
            ("good", Made::File(b"4")),
        ]),
    )
    .expect("file");
    assert_eq!(
        seen(&path),
        [
            "../evil ! path-traversal",
            "etc/evil ! path-traversal",
            "a/../../evil ! path-traversal",
            "link ! link",
            "hard ! link",
            "pipe ! special-file",
            ".git ! version-control",
            "good = 4",
        ]
    );
    let path = root.path().join("x.zip");
    fs::write(&path, zip(&[("../evil", b"1"), ("good", b"2")])).expect("file");
    assert_eq!(seen(&path), ["../evil ! path-traversal", "good = 2"]);
}

#[test]
fn damaged_archives() {
    let root = tempfile::tempdir().expect("folder");
    let mut state = 1u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(100_000)
    .collect();
    let whole = tar(&[("a", Made::File(b"a")), ("b", Made::File(&noise)), ("c", Made::File(b"c"))]);
    let packed = gzip(&whole);
    let mut flipped = packed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let zipped = zip(&[("a", b"a"), ("b", &noise)]);
    let mut zip_flipped = zipped.clone();
    zip_flipped[5_000] ^= 0x55;
    for (name, bytes, good, end) in [
        ("cut.tar.gz", packed[..packed.len() / 2].to_vec(), 1, "truncated"),
        ("cut-in-file.tar", whole[..whole.len() / 2].to_vec(), 1, "truncated"),
        ("cut-between.tar", whole[..1024].to_vec(), 1, "truncated"),
        ("empty.tar", Vec::new(), 0, "truncated"),
        ("crc.tar.gz", flipped, 3, "broken-archive"),
        ("tail.tar", [whole.clone(), b"hidden".to_vec()].concat(), 3, "broken-archive"),
        ("text.tar", b"this is no archive at all".repeat(100), 0, "broken-archive"),
        ("text.tar.gz", b"this is no archive at all".to_vec(), 0, "broken-archive"),
        ("text.zip", b"this is no archive at all".to_vec(), 0, "broken-archive"),
        ("cut.zip", zipped[..zipped.len() / 2].to_vec(), 0, "broken-archive"),
        ("flipped.zip", zip_flipped, 1, "broken-archive"),
        ("cut.yaml.gz", gzip(&noise)[..1000].to_vec(), 0, "truncated"),
        ("cut.yaml.zst", zstd::encode_all(&noise[..], 1).expect("zstd")[..1000].to_vec(), 0, "truncated"),
    ] {
        let path = root.path().join(name);
        fs::write(&path, bytes).expect("file");
        let events = seen(&path);
        assert_eq!(events.iter().filter(|event| event.contains(" = ")).count(), good, "{name}: {events:?}");
        assert!(events.last().is_some_and(|event| event.ends_with(end)), "{name}: {:?}", events.last());
    }
}

#[test]
fn bombs() {
    let root = tempfile::tempdir().expect("folder");
    let zeros = vec![0u8; 200 << 20];
    let small = ArchiveLimits { ratio: 100, ..ArchiveLimits::default() };
    for (name, bytes) in [
        ("bomb.yaml.gz", gzip(&zeros)),
        ("bomb.zip", zip(&[("a", &zeros[..40 << 20]), ("b", &zeros[..40 << 20]), ("c", b"c")])),
        ("bomb.tar.gz", gzip(&tar(&[("a", Made::File(&zeros)), ("b", Made::File(b"b"))]))),
        ("bomb.json.zst", zstd::encode_all(&zeros[..], 1).expect("zstd")),
    ] {
        let path = root.path().join(name);
        fs::write(&path, bytes).expect("file");
        let events = events(&path, &small);
        assert!(
            events.last().is_some_and(|event| event.ends_with("! compression-ratio")),
            "{name}: {}",
            events.len()
        );
        assert!(
            !events.iter().any(|event| event.starts_with("c = ") || event.starts_with("b = b")),
            "{name}"
        );
    }
}

#[test]
fn limits_stop_one_input_and_not_the_next() {
    let root = tempfile::tempdir().expect("folder");
    let archive = root.path().join("x.tar");
    fs::write(
        &archive,
        tar(&[
            ("a", Made::File(b"12345678")),
            ("b", Made::File(b"1")),
            ("c", Made::File(b"123")),
            ("d", Made::Pipe),
        ]),
    )
    .expect("file");
    let base = ArchiveLimits::default();
    assert_eq!(
        events(&archive, &ArchiveLimits { entry_bytes: 4, ..base }),
        ["a ! too-large", "b = 1", "c = 123", "d ! special-file"]
    );
    assert_eq!(
        events(&archive, &ArchiveLimits { entries: 2, ..base }),
        ["a = 12345678", "b = 1", "c ! too-many-entries"]
    );
    let folder = sample(root.path());
    assert_eq!(
        events(&folder, &ArchiveLimits { entries: 1, ..base }),
        ["a.yaml = a", "b/c/y.yaml ! too-many-entries"]
    );
    assert_eq!(
        events(&folder, &ArchiveLimits { total_bytes: 1, ..base }),
        ["a.yaml = a", "b/c/y.yaml ! archive-too-large"]
    );
    let inputs = [Input::Path(archive), Input::Path(folder)];
    let mut count = 0;
    walk(&inputs, &ArchiveLimits { entries: 1, ..base }, &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    })
    .expect("inputs exist");
    assert_eq!(count, 4);
}

#[test]
fn headers_without_end_are_refused() {
    let root = tempfile::tempdir().expect("folder");
    // A long name of GNU tar may have any length; this one would fill the memory.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_path("././@LongLink").expect("path");
    let name = vec![b'x'; 8 << 20];
    header.set_size(name.len() as u64);
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, &name[..]).expect("entry");
    let path = root.path().join("x.tar");
    fs::write(&path, builder.into_inner().expect("archive")).expect("file");
    assert_eq!(seen(&path), ["x.tar ! broken-archive"]);
}

#[test]
fn inputs_that_are_not_there() {
    let root = tempfile::tempdir().expect("folder");
    let good = sample(root.path());
    let missing = root.path().join("nothing");
    let mut count = 0;
    let error = walk(&[good, missing.clone()].map(Input::Path), &ArchiveLimits::default(), &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    })
    .expect_err("the second input is missing");
    assert_eq!((error.code, count), ("input-not-found", 0));
    assert!(error.to_string().starts_with(&format!("input `{}` does not exist", missing.display())));
    assert_eq!(Input::from("-"), Input::Stdin);
}

#[test]
fn the_sink_can_stop() {
    let root = tempfile::tempdir().expect("folder");
    let folder = sample(root.path());
    let mut count = 0;
    walk(&[Input::Path(folder.clone()), Input::Path(folder)], &ArchiveLimits::default(), &mut |_| {
        count += 1;
        ControlFlow::Break(())
    })
    .expect("inputs exist");
    assert_eq!(count, 1);
}

#[test]
fn pipes_named_by_a_person_are_read() {
    let root = tempfile::tempdir().expect("folder");
    let pipe = root.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    for (bytes, expected) in [
        (b"kind: Pod\n".to_vec(), "- = kind: Pod\n"),
        (gzip(b"text"), "- = text"),
        (gzip(&tar(&[("a", Made::File(b"1"))])), "a = 1"),
        (tar(&[("a", Made::File(b"1"))]), "a = 1"),
        (zip(&[("a", b"1")]), "a = 1"),
        (Vec::new(), "- = "),
    ] {
        let target = pipe.clone();
        let writer = std::thread::spawn(move || fs::write(target, bytes));
        assert_eq!(seen(&pipe), [expected]);
        writer.join().expect("thread").expect("pipe");
    }
}
