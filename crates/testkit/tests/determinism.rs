//! One snapshot id, one assessment digest, one manifest digest: whatever the number of threads, the order of files,
//! the folder and the packing. Time zone, locale and build profile are varied through the program
//! (`crates/cli/tests/determinism.rs`).
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use nachweis_canon::{Digest, canonical_bytes};
use nachweis_model::catalogue::Overlay;
use nachweis_testkit::{
    Entries, Options, Random, bundle, corpus, example, example_overlay, key, seal, seeds,
};

/// Snapshot id, assessment digest, manifest digest.
type Ids = (Digest, Digest, Digest);

fn ids(entries: &Entries, threads: usize, overlay: &Overlay) -> Ids {
    let options = Options { threads, ..Options::fixed() };
    let kept = seal(entries, &options).unwrap();
    let assessment = kept.assess(overlay);
    let release = nachweis_catalog::current().bytes;
    let manifest = bundle(&kept.store, &kept.sealed.layers, release, overlay, &assessment, Some(&key(1)));
    (kept.sealed.id, Digest::of(&canonical_bytes(&assessment)), manifest)
}

fn shuffled(entries: &Entries, random: &mut Random) -> Entries {
    let mut entries = entries.clone();
    random.shuffle(&mut entries.files);
    random.shuffle(&mut entries.unread);
    entries
}

/// Writes the files into a folder of another name.
fn folder(entries: &Entries, home: &Path) -> PathBuf {
    let root = home.join("somewhere else");
    for (path, bytes) in &entries.files {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    root
}

/// Writes the files into an archive, in the order that they have.
fn archive(entries: &Entries, home: &Path) -> PathBuf {
    let path = home.join("packed.tar.gz");
    let gzip = flate2::write::GzEncoder::new(fs::File::create(&path).unwrap(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (path, bytes) in &entries.files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap().flush().unwrap();
    path
}

/// Ten runs of one input.
fn ten_runs(entries: &Entries, overlay: &Overlay) {
    let home = tempfile::tempdir().unwrap();
    let mut random = Random::new(seeds(1).start);
    let expected = ids(entries, 1, overlay);
    let holds = |what: &str, entries: &Entries, threads: usize| {
        assert_eq!(ids(entries, threads, overlay), expected, "{what}, {threads} threads");
    };
    holds("again", entries, 1);
    holds("as given", entries, 2);
    holds("as given", entries, 8);
    for threads in [1, 2, 8] {
        holds("shuffled", &shuffled(entries, &mut random), threads);
    }
    let elsewhere = Entries::read(&folder(entries, home.path()));
    let packed = Entries::read(&archive(&shuffled(entries, &mut random), home.path()));
    for (what, read) in [("another folder", elsewhere), ("a shuffled archive", packed)] {
        let with_unread = Entries { unread: entries.unread.clone(), ..read };
        holds(what, &with_unread, 8);
    }
    let reversed = Entries { files: entries.files.iter().rev().cloned().collect(), ..entries.clone() };
    holds("backwards", &reversed, 2);
}

#[test]
fn the_example() {
    ten_runs(&Entries::read(&example()), &example_overlay());
}

#[test]
fn recorded_clusters() {
    for name in [
        "clusters/harvester-rke2-v1.21-2022-03-22.tar.gz",
        "clusters/moj-live-2026-01-30.tar.gz",
        "clusters/kwok-scale-15267-objects.json.zip",
    ] {
        let Some(path) = corpus(name) else { return };
        ten_runs(&Entries::read(&path), &Overlay::default());
    }
}
