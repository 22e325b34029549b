//! Tar files whose bytes depend on their content alone.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::dist::Release;

/// One entry of a tar file.
pub enum Entry<'a> {
    /// a folder
    Folder,
    /// mode and content
    File(u32, &'a [u8]),
    /// where it leads
    Link(&'a str),
}

/// A tar file of entries in the order given; owner 0, all times alike.
pub fn tar(entries: &[(String, Entry<'_>)], seconds: u64) -> Result<Vec<u8>, String> {
    let mut builder = Builder::new(Vec::new());
    let failed = |error: std::io::Error| format!("tar file: {error}");
    for (path, entry) in entries {
        let mut header = Header::new_gnu();
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(seconds);
        let (kind, mode, content): (_, _, &[u8]) = match entry {
            Entry::Folder => (EntryType::Directory, 0o755, &[]),
            Entry::File(mode, content) => (EntryType::Regular, *mode, content),
            Entry::Link(_) => (EntryType::Symlink, 0o777, &[]),
        };
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        match entry {
            Entry::Link(target) => builder.append_link(&mut header, path, target).map_err(failed)?,
            _ => builder.append_data(&mut header, path, content).map_err(failed)?,
        }
    }
    builder.into_inner().map_err(failed)
}

/// Compressed without name and time.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| format!("gzip: {error}"))
}

/// What a person unpacks, and what kubectl's plugin manager installs: binaries, manual, completions, licence.
pub fn archive(release: &Release, licence: &[u8]) -> Result<Vec<u8>, String> {
    let mut entries: Vec<(String, Entry<'_>)> = vec![("LICENSE".into(), Entry::File(0o644, licence))];
    for (name, bytes) in &release.binaries {
        entries.push(((*name).to_string(), Entry::File(0o755, bytes)));
    }
    entries.push(("kubectl-nachweis".into(), Entry::Link("nachweis")));
    let texts = [("completions", &release.completions), ("man", &release.manual)];
    for (folder, files) in texts {
        entries.push((format!("{folder}/"), Entry::Folder));
        for (name, bytes) in files {
            entries.push((format!("{folder}/{name}"), Entry::File(0o644, bytes)));
        }
    }
    gzip(&tar(&entries, release.seconds())?)
}
