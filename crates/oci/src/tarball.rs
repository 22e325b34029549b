use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::path::PathBuf;

use nachweis_canon::Digest;
use tar::{Archive, Builder, EntryType, Header};

use crate::blobs::{Blobs, LayoutFile, Listing, file_missing, file_too_big, missing};
use crate::manifest::Descriptor;
use crate::problem::{Code, Problem};

/// Entries of a tar file that are read at most: several times as many as the longest manifest can name layers.
const ENTRIES_MAX: usize = 100_000;

/// A layout in an uncompressed tar file, read in place: blobs are not unpacked.
pub struct TarStore {
    path: PathBuf,
    /// offset and size of the blobs' bytes
    blobs: BTreeMap<Digest, (u64, u64)>,
    files: BTreeMap<&'static str, (u64, u64)>,
    strays: Vec<Problem>,
}

enum Place {
    Folder,
    File(LayoutFile),
    Blob(Digest),
    Elsewhere,
}

fn place(path: &[u8]) -> Place {
    let Ok(path) = std::str::from_utf8(path) else { return Place::Elsewhere };
    let path = path.strip_prefix("./").unwrap_or(path);
    match path {
        "" | "." | "blobs" | "blobs/" | "blobs/sha256" | "blobs/sha256/" => Place::Folder,
        "oci-layout" => Place::File(LayoutFile::Marker),
        "index.json" => Place::File(LayoutFile::Index),
        _ => path
            .strip_prefix("blobs/sha256/")
            .and_then(|hex| format!("sha256:{hex}").parse().ok())
            .map_or(Place::Elsewhere, Place::Blob),
    }
}

impl TarStore {
    /// Reads the list of entries. A link, a device, a name given twice or a cut file is an error; a file that has
    /// no place in a layout is listed as such.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Problem> {
        let path = path.into();
        let failed = |error: io::Error| Problem::from_io(error, "tar file");
        let malformed =
            |error: io::Error| Problem::new(Code::ArchiveMalformed, "tar file", error.to_string());
        let file = File::open(&path).map_err(failed)?;
        let end = file.metadata().map_err(failed)?.len();
        let mut store = TarStore { path, blobs: BTreeMap::new(), files: BTreeMap::new(), strays: Vec::new() };
        let mut archive = Archive::new(file);
        let mut count = 0;
        for entry in archive.entries_with_seek().map_err(malformed)? {
            let entry = entry.map_err(malformed)?;
            count += 1;
            if count > ENTRIES_MAX {
                let message = format!("it has more than {ENTRIES_MAX} entries");
                return Err(Problem::new(Code::ArchiveTooBig, "tar file", message));
            }
            let span = (entry.raw_file_position(), entry.size());
            if span.0.checked_add(span.1).is_none_or(|last| last > end) {
                let name = shown(&entry.path_bytes());
                return Err(Problem::new(
                    Code::ArchiveMalformed,
                    name,
                    "the tar file ends inside of this entry",
                ));
            }
            store.take(&entry.path_bytes(), entry.header().entry_type(), span)?;
        }
        store.strays.sort();
        Ok(store)
    }

    fn take(&mut self, path: &[u8], kind: EntryType, span: (u64, u64)) -> Result<(), Problem> {
        let refused = |message: &str| Err(Problem::new(Code::ArchiveEntry, shown(path), message));
        let again = match (place(path), kind) {
            // A comment on the whole archive, as `git archive` writes.
            (_, EntryType::XGlobalHeader) => false,
            (Place::Folder, EntryType::Directory) => false,
            (Place::File(file), EntryType::Regular) => self.files.insert(file.name(), span).is_some(),
            (Place::Blob(digest), EntryType::Regular) => self.blobs.insert(digest, span).is_some(),
            (Place::Elsewhere, EntryType::Regular | EntryType::Directory) => {
                let message = "it has no place in an OCI image layout and is not part of the evidence";
                self.strays.push(Problem::new(Code::Stray, shown(path), message));
                false
            }
            _ => return refused("a link, device or folder that no layout has"),
        };
        if again { refused("the name is given twice") } else { Ok(()) }
    }

    fn span(&self, span: (u64, u64), place: &dyn std::fmt::Display) -> Result<io::Take<File>, Problem> {
        let mut file = File::open(&self.path).map_err(|error| Problem::from_io(error, place))?;
        file.seek(SeekFrom::Start(span.0)).map_err(|error| Problem::from_io(error, place))?;
        Ok(file.take(span.1))
    }
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).chars().take(200).collect()
}

impl Blobs for TarStore {
    fn open(&self, digest: &Digest) -> Result<(u64, Box<dyn Read + Send + '_>), Problem> {
        let span = *self.blobs.get(digest).ok_or_else(|| missing(digest))?;
        Ok((span.1, Box::new(self.span(span, digest)?)))
    }

    fn file(&self, file: LayoutFile) -> Result<Vec<u8>, Problem> {
        let span = *self.files.get(file.name()).ok_or_else(|| file_missing(file))?;
        if span.1 > crate::DOCUMENT_BYTES_MAX as u64 {
            return Err(file_too_big(file));
        }
        let mut out = Vec::new();
        let mut input = self.span(span, &file.name())?;
        input.read_to_end(&mut out).map_err(|error| Problem::from_io(error, file.name()))?;
        Ok(out)
    }

    fn list(&self) -> Result<Listing, Problem> {
        let blobs = self.blobs.iter().map(|(digest, span)| (*digest, span.1)).collect();
        Ok(Listing { blobs, strays: self.strays.clone() })
    }
}

/// Writes a layout as a tar file: sorted by name, all times 0, owner 0, files 0644, folders 0755. The same
/// layout gives the same bytes. Every blob is checked on the way, so a broken layout gives no whole tar file.
pub fn write_tar(store: &dyn Blobs, output: impl Write) -> Result<(), Problem> {
    let mut builder = Builder::new(output);
    for folder in ["blobs/", "blobs/sha256/"] {
        append(&mut builder, folder, EntryType::Directory, 0, &mut io::empty())?;
    }
    for (digest, size) in store.list()?.blobs {
        let mut blob = store.reader(&Descriptor::new("", digest, size))?;
        let name = format!("blobs/sha256/{}", digest.hex());
        append(&mut builder, &name, EntryType::Regular, size, &mut blob)?;
    }
    for file in [LayoutFile::Index, LayoutFile::Marker] {
        let bytes = store.file(file)?;
        append(&mut builder, file.name(), EntryType::Regular, bytes.len() as u64, &mut &bytes[..])?;
    }
    let mut output = builder.into_inner().map_err(|error| Problem::from_io(error, "tar file"))?;
    output.flush().map_err(|error| Problem::from_io(error, "tar file"))
}

fn append<W: Write>(
    builder: &mut Builder<W>,
    name: &str,
    kind: EntryType,
    size: u64,
    content: &mut dyn Read,
) -> Result<(), Problem> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    builder.append_data(&mut header, name, content).map_err(|error| Problem::from_io(error, name))
}
