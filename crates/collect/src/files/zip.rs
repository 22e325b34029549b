//! Zip archives.

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use zip::ZipArchive;
use zip::result::ZipError;

use super::archive::Walker;
use super::meter::{Count, Exceeded};
use super::{Reason, path};

/// Gives the entries of a zip archive of `size` bytes, in the order of its index.
pub(super) fn walk(
    walker: &mut Walker<'_>,
    folder: &str,
    name: &str,
    file: impl Read + Seek,
    size: u64,
    level: usize,
) -> ControlFlow<()> {
    let mut archive = match ZipArchive::new(file) {
        Ok(archive) => archive,
        Err(error) => return walker.failed(name.into(), &error.into()),
    };
    let mut unpacked = 0;
    for index in 0..archive.len() {
        if walker.is_full() {
            break;
        }
        let raw = match archive.name_for_index(index) {
            Some(Ok(raw)) => raw.into_owned(),
            _ => String::new(),
        };
        let entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(error) => {
                let path = path::join(folder, &path::relative(&raw).unwrap_or_else(|| name.into()));
                refused(walker, path, error)?;
                continue;
            }
        };
        if entry.is_dir() {
            continue;
        }
        let Some(relative) = path::relative(&raw) else {
            let detail = format!("`{raw}` would lie outside of the archive");
            walker.unread(path::join(folder, raw.trim_start_matches('/')), Reason::PathTraversal, detail)?;
            continue;
        };
        let path = path::join(folder, &relative);
        if entry.is_symlink() {
            walker.unread(path, Reason::Link, "a link inside of a zip archive".into())?;
            continue;
        }
        let exact = entry.size();
        let mut metered = walker.metered(entry, Count::fixed(size), unpacked);
        walker.entry(path, &mut metered, exact, level)?;
        unpacked = metered.unpacked;
        // What one entry too many has unpacked is told with that entry; the others would each begin anew.
        if metered.is_over() {
            let limit = Exceeded::Ratio(metered.ratio);
            let detail = format!("{limit}: the rest of it was not read");
            return walker.unread(name.into(), Reason::CompressionRatio, detail);
        }
    }
    ControlFlow::Continue(())
}

fn refused(walker: &mut Walker<'_>, path: String, error: ZipError) -> ControlFlow<()> {
    match &error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            walker.unread(path, Reason::Encrypted, "the entry needs a password".into())
        }
        ZipError::UnsupportedArchive(detail) => {
            walker.unread(path, Reason::UnknownCompression, (*detail).into())
        }
        _ => walker.failed(path, &error.into()),
    }
}
