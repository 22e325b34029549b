//! Tar archives.

use std::io::{self, Read};
use std::ops::ControlFlow;

use super::archive::Walker;
use super::meter::Metered;
use super::{Reason, path};

/// Gives the entries of a tar archive whose first bytes are `head`.
pub(super) fn walk(
    walker: &mut Walker<'_>,
    folder: &str,
    name: &str,
    head: Vec<u8>,
    metered: Metered<impl Read>,
    level: usize,
) -> ControlFlow<()> {
    let burst = metered.burst.clone();
    let mut archive = tar::Archive::new(io::Cursor::new(head).chain(metered));
    let mut entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return walker.failed(name.into(), &error),
    };
    loop {
        if walker.is_full() {
            return ControlFlow::Continue(());
        }
        burst.headers();
        let next = entries.next();
        burst.content();
        match next {
            None => break,
            Some(Err(error)) => return walker.failed(name.into(), &error),
            Some(Ok(mut entry)) => {
                give(walker, folder, &mut entry, level)?;
                // The library would skip the rest while it looks for the next header.
                if let Err(error) = io::copy(&mut entry, &mut io::sink()) {
                    return walker.failed(name.into(), &error);
                }
            }
        }
    }
    end(walker, name, archive)
}

fn give(
    walker: &mut Walker<'_>,
    folder: &str,
    entry: &mut tar::Entry<'_, impl Read>,
    level: usize,
) -> ControlFlow<()> {
    use tar::EntryType::{Block, Char, Continuous, Directory, Fifo, GNUSparse, Link, Regular, Symlink};
    let kind = entry.header().entry_type();
    if matches!(kind, Directory | tar::EntryType::XGlobalHeader) {
        return ControlFlow::Continue(());
    }
    let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let Some(relative) = path::relative(&raw) else {
        let detail = format!("`{raw}` would lie outside of the archive");
        return walker.unread(path::join(folder, raw.trim_start_matches('/')), Reason::PathTraversal, detail);
    };
    let path = path::join(folder, &relative);
    match kind {
        Regular | Continuous | GNUSparse => {
            let size = entry.size();
            walker.entry(path, entry, size, level)
        }
        Link | Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            let detail = format!("a link to `{}`", String::from_utf8_lossy(&target));
            walker.unread(path, Reason::Link, detail)
        }
        Char | Block | Fifo => walker.unread(path, Reason::SpecialFile, "a pipe or device".into()),
        _ => {
            walker.unread(path, Reason::SpecialFile, format!("an entry of type {:?}", kind.as_byte() as char))
        }
    }
}

/// Looks at what follows the last entry: an archive that was cut off between two entries has no end mark.
fn end<R: Read>(
    walker: &mut Walker<'_>,
    name: &str,
    archive: tar::Archive<io::Chain<io::Cursor<Vec<u8>>, Metered<R>>>,
) -> ControlFlow<()> {
    let mut rest = archive.into_inner();
    let mut buffer = [0; 8192];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) if buffer[..read].iter().all(|&byte| byte == 0) => {}
            Ok(_) => {
                let detail = "something follows the end mark of the archive".into();
                return walker.unread(name.into(), Reason::BrokenArchive, detail);
            }
            Err(error) => return walker.failed(name.into(), &error),
        }
    }
    let (head, metered) = rest.get_ref();
    let head_zeros = head.get_ref().iter().rev().take_while(|&&byte| byte == 0).count() as u64;
    if metered.zeros.max(head_zeros) < 512 {
        let detail = "the archive has no end mark: it may have been cut off".into();
        return walker.unread(name.into(), Reason::Truncated, detail);
    }
    ControlFlow::Continue(())
}
