//! Hostile tar files.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;

use common::small;
use nachweis_oci::{Blobs, Code, MemoryStore, TarStore, check, select, write_tar};
use tar::{Builder, EntryType, Header};
use tempfile::NamedTempFile;

fn good() -> Vec<u8> {
    let store = MemoryStore::new();
    small(&store, Some("one"));
    let mut out = Vec::new();
    write_tar(&store, &mut out).unwrap();
    out
}

/// The good tar file with one more entry.
fn with(name: &str, kind: EntryType, link: &str) -> Vec<u8> {
    let mut bytes = good();
    // The two blocks of zeros that end it.
    bytes.truncate(bytes.len() - 1024);
    let mut builder = Builder::new(bytes);
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_mode(0o644);
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_cksum();
    builder.append(&header, std::io::empty()).unwrap();
    builder.into_inner().unwrap()
}

/// The store over these bytes, and the file that it reads from, which must live as long.
fn open(bytes: &[u8]) -> Result<(TarStore, NamedTempFile), Code> {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let store = TarStore::open(file.path()).map_err(|problem| problem.code)?;
    Ok((store, file))
}

#[test]
fn entries_that_no_layout_has_are_refused() {
    let blob = format!("blobs/sha256/{}", "0".repeat(64));
    for (name, kind, link) in [
        (blob.as_str(), EntryType::Symlink, "/etc/passwd"),
        (blob.as_str(), EntryType::Link, "index.json"),
        (blob.as_str(), EntryType::Char, ""),
        (blob.as_str(), EntryType::Fifo, ""),
        (blob.as_str(), EntryType::Directory, ""),
        ("index.json", EntryType::Symlink, "x"),
        ("index.json", EntryType::Regular, ""),
        ("./index.json", EntryType::Regular, ""),
        ("blobs/sha256", EntryType::Symlink, "/"),
        ("elsewhere", EntryType::Symlink, "/"),
    ] {
        assert_eq!(open(&with(name, kind, link)).err(), Some(Code::ArchiveEntry), "{name} {kind:?}");
    }
    assert_eq!(open(&with(&blob, EntryType::GNUSparse, "")).err(), Some(Code::ArchiveMalformed));
}

#[test]
fn files_that_have_no_place_are_listed() {
    for name in ["../../etc/passwd", "/etc/passwd", "blobs/sha256/../../x", "README", "blobs/sha512/00"] {
        let (store, _file) = open(&with(name, EntryType::Regular, "")).unwrap();
        let problems = check(&store, &select(&store, None).unwrap());
        let told: Vec<(Code, &str)> = problems.iter().map(|p| (p.code, p.place.as_str())).collect();
        assert_eq!(told, [(Code::Stray, name)]);
    }
}

#[test]
fn cut_and_changed_archives_are_noticed() {
    let bytes = good();
    let (whole, _file) = open(&bytes).unwrap();
    // Behind it are only zeros: padding, and the end.
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let digest = select(&whole, None).unwrap().descriptor.digest;
    for cut in (0..=last).step_by(97).chain([last]) {
        let noticed = match open(&bytes[..cut]) {
            Err(_) => true,
            Ok((store, _file)) => {
                select(&store, None).map_or(true, |selected| !check(&store, &selected).is_empty())
            }
        };
        assert!(noticed, "cut at {cut}");
    }
    let (mut seen, mut all) = (0, 0);
    for at in (0..bytes.len()).step_by(5) {
        all += 1;
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let Ok((store, _file)) = open(&changed) else {
            seen += 1;
            continue;
        };
        let Ok(selected) = select(&store, None) else {
            seen += 1;
            continue;
        };
        // What is read in spite of the change is what was written.
        assert_eq!(selected.descriptor.digest, digest);
        if !check(&store, &selected).is_empty() {
            seen += 1;
        }
    }
    // Padding between entries and behind the end is the only place where a change may pass.
    assert!(seen > all / 4, "{seen} of {all}");
    assert!(whole.list().unwrap().strays.is_empty());
}

#[test]
fn noise_is_no_archive() {
    for seed in 0..200u32 {
        let noise: Vec<u8> = (0..2048u32)
            .map(|at| (seed.wrapping_mul(2_654_435_761) ^ at.wrapping_mul(40_503)) as u8)
            .collect();
        if let Ok((store, _file)) = open(&noise) {
            assert!(select(&store, None).is_err());
        }
    }
    assert_eq!(open(&vec![1; 600]).err(), Some(Code::ArchiveMalformed));
    assert_eq!(select(&open(&[]).unwrap().0, None).unwrap_err().code, Code::LayoutMissing);
}
