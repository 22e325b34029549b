//! Inputs as a collector gives them: paths with bytes, and what was not read.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nachweis_catalog::Files;
use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_model::catalogue::Overlay;
use nachweis_model::seal::Unread;

/// Files of an input in the order of its collector, and what that could not read.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// path relative to the input, bytes
    pub files: Vec<(String, Arc<[u8]>)>,
    /// what was not read
    pub unread: Vec<Unread>,
}

impl Entries {
    /// Everything that a folder, file or archive holds.
    pub fn read(path: &Path) -> Self {
        let mut entries = Entries::default();
        walk(&[Input::Path(path.into())], &ArchiveLimits::default(), &mut |event| {
            match event {
                Event::Entry { path, bytes } => entries.files.push((path, bytes.into())),
                Event::Unread(unread) => entries.unread.push(Unread {
                    file: unread.file,
                    line: 0,
                    column: 0,
                    reason: unread.reason.code().into(),
                    detail: unread.detail,
                    ignored: false,
                }),
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(!entries.files.is_empty(), "{} holds no file", path.display());
        entries
    }

    /// The same without one file.
    pub fn without(&self, path: &str) -> Self {
        let mut entries = self.clone();
        entries.files.retain(|(name, _)| name != path);
        assert_eq!(entries.files.len() + 1, self.files.len(), "there is no file {path}");
        entries
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of the shipped example platform.
pub fn example() -> PathBuf {
    root().join("examples/fintech/dump")
}

/// The overlay of the shipped example.
pub fn example_overlay() -> Overlay {
    let folder = root().join("examples/fintech/overlay");
    let files: Files =
        Entries::read(&folder).files.into_iter().map(|(path, bytes)| (path, bytes.to_vec())).collect();
    nachweis_catalog::overlay(&files).unwrap()
}

/// A file of the corpora. `None`, loudly, where they are absent; a failure where `CI` is set.
pub fn corpus(path: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("NACHWEIS_CORPORA").map_or_else(|| root().join("../shared/corpora"), PathBuf::from);
    let found = folder.join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none(), "the corpora are missing: {}", found.display());
    eprintln!("SKIPPED: no corpora at {}", folder.display());
    None
}
