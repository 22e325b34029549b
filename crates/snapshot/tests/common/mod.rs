//! Help for the tests of this crate: inputs in memory, corpora, sealing.
#![allow(dead_code, clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::PathBuf;

use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_model::Instant;
use nachweis_model::seal::{Collection, Unread};
use nachweis_oci::MemoryStore;
use nachweis_snapshot::{Ingest, Resources, SealError, Sealed, Settings, Snapshot};

/// Files of an input: path and bytes.
pub type Files = Vec<(String, Vec<u8>)>;

/// A file of the corpora. `None`, loudly, where they are absent; a failure where `CI` is set.
pub fn corpus(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NACHWEIS_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none(), "the corpora are missing: {}", found.display());
    eprintln!("SKIPPED: no corpora at {}", root.display());
    None
}

/// All files of an input, and what its collector did not read.
pub fn files(path: &std::path::Path) -> (Files, Vec<Unread>) {
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    walk(&[Input::Path(path.into())], &ArchiveLimits::default(), &mut |event| {
        match event {
            Event::Entry { path, bytes } => files.push((path, bytes)),
            Event::Unread(u) => unread.push(Unread {
                file: u.file,
                line: 0,
                column: 0,
                reason: u.reason.code().into(),
                detail: u.detail,
                ignored: false,
            }),
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    (files, unread)
}

/// Files written in place.
pub fn inline(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())).collect()
}

/// Settings with a fixed instant.
pub fn settings() -> Settings {
    let mut settings = Settings::new(Instant::from_unix(1_800_000_000), "nachweis-test 0");
    settings.at = Some("2026-11-24T06:00:00Z".parse().unwrap());
    settings
}

/// Settings with `--complete`.
pub fn complete(names: &[&str]) -> Settings {
    Settings { complete: names.iter().map(|name| name.to_string()).collect(), ..settings() }
}

/// A sealed snapshot with its storage.
pub struct Kept {
    pub store: MemoryStore,
    pub sealed: Sealed,
}

impl Kept {
    pub fn open(&self) -> Snapshot<'_> {
        Snapshot::open(&self.store, &self.sealed.manifest()).unwrap()
    }

    /// Ids of all items in sealed order.
    pub fn ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        self.open()
            .read::<()>(&|_, _| true, &mut |item| {
                assert_eq!(item.index as usize, ids.len());
                ids.push(item.id.to_string());
                Ok(())
            })
            .unwrap();
        ids
    }

    /// The bodies of an item as text.
    pub fn bodies(&self, id: &str) -> Vec<String> {
        let mut out = Vec::new();
        self.open()
            .read::<()>(&|_, _| true, &mut |item| {
                if item.id.to_string() == id {
                    out = item.bodies.iter().map(|b| String::from_utf8(b.canonical()).unwrap()).collect();
                }
                Ok(())
            })
            .unwrap();
        out
    }

    pub fn row(&self, resource: &str, scope: &str) -> Option<&Collection> {
        self.sealed.seal.collections.iter().find(|row| row.resource == resource && row.scope == scope)
    }

    /// Status word of a row, `none` where there is no row.
    pub fn status(&self, resource: &str, scope: &str) -> &'static str {
        self.row(resource, scope).map_or("none", |row| row.status.as_str())
    }

    /// Reasons of everything that was not read.
    pub fn unread(&self) -> Vec<(&str, &str)> {
        self.sealed.seal.unread.iter().map(|u| (&*u.file, &*u.reason)).collect()
    }
}

pub fn try_seal(settings: Settings, files: &[(String, Vec<u8>)]) -> Result<Kept, SealError> {
    let store = MemoryStore::new();
    let mut ingest = Ingest::new(settings, Resources::built_in(), Vec::new());
    for (path, bytes) in files {
        ingest.entry(path, bytes.clone());
    }
    let sealed = ingest.finish(&store)?;
    Ok(Kept { store, sealed })
}

/// Seals and checks.
pub fn seal(settings: Settings, files: &[(String, Vec<u8>)]) -> Kept {
    let kept = try_seal(settings, files).unwrap();
    assert_eq!(kept.open().check(), Vec::new());
    kept
}
