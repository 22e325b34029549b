//! Folders, recursively.

use std::fs::{self, FileType};
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use super::archive::Walker;
use super::packing::Packing;
use super::{Reason, path};

/// Folders inside each other; deeper ones are unread. The longest path Linux opens is 4,096 bytes.
const DEPTH: usize = 2_048;
/// Bytes of a file that are read first; most files have fewer.
const FIRST_BYTES: usize = 16 << 10;

/// Gives every file under `root`. Links are not followed, pipes and devices not opened.
pub(super) fn walk(walker: &mut Walker<'_>, root: &Path) -> ControlFlow<()> {
    // Folders still to be listed or files still to be given, the next one last.
    let mut stack = list(walker, root, "", 0)?;
    let mut first = vec![0; FIRST_BYTES];
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
            give(walker, next, &mut first)?;
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
    let found = |entry: fs::DirEntry| Found {
        name: path::join(name, &entry.file_name().to_string_lossy()),
        kind: entry.file_type(),
        path: entry.path(),
        depth,
    };
    let all = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(found)).collect::<Result<Vec<_>, _>>());
    match all {
        Ok(mut all) => {
            // All of them lie in one folder, so their paths are in the order of their names.
            all.sort_unstable_by(|a, b| b.path.as_os_str().cmp(a.path.as_os_str()));
            ControlFlow::Continue(all)
        }
        Err(error) => {
            walker.failed(if name.is_empty() { ".".into() } else { name.into() }, &error)?;
            ControlFlow::Continue(Vec::new())
        }
    }
}

/// Gives a file; `first` is room for its first bytes.
fn give(walker: &mut Walker<'_>, found: Found, first: &mut [u8]) -> ControlFlow<()> {
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
    if let Some(packing) = Packing::of_name(&found.name) {
        return match fs::File::open(&found.path).and_then(|file| Ok((file.metadata()?.len(), file))) {
            Ok((size, file)) => walker.unpack(&found.name, &found.name, packing, file, size, 1),
            Err(error) => walker.failed(found.name, &error),
        };
    }
    match begin(&found.path, first) {
        Ok((file, count, size)) => walker.file(found.name, first[..count].chain(file), size),
        Err(error) => walker.failed(found.name, &error),
    }
}

/// Opens a file and reads its first bytes; how many they are, and the file's size. What is read in one go need not be
/// asked for its size.
fn begin(path: &Path, first: &mut [u8]) -> io::Result<(fs::File, usize, u64)> {
    let mut file = fs::File::open(path)?;
    let count = loop {
        match file.read(first) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    let size = if (1..first.len()).contains(&count) { count as u64 } else { file.metadata()?.len() };
    Ok((file, count, size))
}
