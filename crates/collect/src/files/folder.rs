//! Folders, recursively.

use std::fs::{self, FileType};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use super::archive::Walker;
use super::packing::Packing;
use super::{Reason, path};

/// Folders inside each other; deeper ones are unread. The longest path Linux opens is 4,096 bytes.
const DEPTH: usize = 2_048;

/// Gives every file under `root`. Links are not followed, pipes and devices not opened.
pub(super) fn walk(walker: &mut Walker<'_>, root: &Path) -> ControlFlow<()> {
    // Folders still to be listed or files still to be given, the next one last.
    let mut stack = list(walker, root, "", 0)?;
    while let Some(next) = stack.pop() {
        if walker.is_full() {
            break;
        }
        // A worktree has a file of that name.
        if path::version_control(&next.name).is_some() {
            walker.record(next.name)?;
            continue;
        }
        if next.kind.as_ref().is_ok_and(|kind| kind.is_dir()) {
            if next.depth == DEPTH {
                let detail = format!("more than {DEPTH} folders inside each other");
                walker.unread(next.name, Reason::IoError, detail)?;
                continue;
            }
            let below = list(walker, &next.path, &next.name, next.depth + 1)?;
            stack.extend(below);
        } else {
            give(walker, next)?;
        }
    }
    ControlFlow::Continue(())
}

struct Found {
    path: std::path::PathBuf,
    /// path relative to the input
    name: String,
    /// as the folder's own list says it
    kind: io::Result<FileType>,
    depth: usize,
}

/// The folder's entries, last first.
fn list(walker: &mut Walker<'_>, folder: &Path, name: &str, depth: usize) -> ControlFlow<(), Vec<Found>> {
    let names = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries = match names {
        Ok(entries) => entries,
        Err(error) => {
            walker.failed(if name.is_empty() { ".".into() } else { name.into() }, &error)?;
            return ControlFlow::Continue(Vec::new());
        }
    };
    entries.sort_by_cached_key(|entry| std::cmp::Reverse(entry.file_name()));
    let found = entries.into_iter().map(|entry| Found {
        name: path::join(name, &entry.file_name().to_string_lossy()),
        kind: entry.file_type(),
        path: entry.path(),
        depth,
    });
    ControlFlow::Continue(found.collect())
}

fn give(walker: &mut Walker<'_>, found: Found) -> ControlFlow<()> {
    let kind = match found.kind {
        Ok(kind) => kind,
        Err(error) => return walker.failed(found.name, &error),
    };
    if kind.is_symlink() {
        let target = fs::read_link(&found.path).unwrap_or_default();
        let detail =
            format!("a link to `{}`: name its target as an input if it belongs here", target.display());
        return walker.unread(found.name, Reason::Link, detail);
    }
    // A pipe that nobody writes to would never open.
    if !kind.is_file() {
        return walker.unread(found.name, Reason::SpecialFile, "a pipe, socket or device".into());
    }
    let opened = fs::File::open(&found.path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = match opened {
        Ok(opened) => opened,
        Err(error) => return walker.failed(found.name, &error),
    };
    match Packing::of_name(&found.name) {
        Some(packing) => walker.unpack(&found.name, &found.name, packing, file, size, 1),
        None => walker.file(found.name, file, size),
    }
}
