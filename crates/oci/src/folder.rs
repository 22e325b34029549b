use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use nachweis_canon::{Digest, Hasher};
use tempfile::NamedTempFile;

use crate::blobs::{Blobs, BlobsMut, LayoutFile, Listing, NewBlob, file_missing, file_too_big, missing};
use crate::growing::Growing;
use crate::manifest::Descriptor;
use crate::problem::{Code, Problem};

/// A layout in a folder: `oci-layout`, `index.json`, `blobs/sha256/<hex>`.
///
/// Files appear whole or not at all (written beside, then renamed). Links inside of the layout are not followed.
pub struct FolderStore {
    root: PathBuf,
    durable: bool,
    draft: bool,
}

impl FolderStore {
    /// The layout in an existing folder. Nothing is read yet.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        FolderStore { root: root.into(), durable: false, draft: false }
    }

    /// The layout in a folder that is made if it does not exist.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, Problem> {
        let store = Self::open(root);
        let blobs = store.root.join(BLOBS);
        fs::create_dir_all(&blobs).map_err(|error| Problem::from_io(error, BLOBS))?;
        store.real_folders()?;
        Ok(store)
    }

    /// Makes every finished file reach the disk (`fsync`) before it gets its name.
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Nobody reads the folder before all of it is whole, and who abandons it removes it: small blobs are written
    /// under their names at once.
    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    /// The layout's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn real_folders(&self) -> Result<(), Problem> {
        for name in ["blobs", BLOBS] {
            let kind = fs::symlink_metadata(self.root.join(name)).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Problem::new(Code::LayoutMissing, name, "the folder is not there"),
                _ => Problem::from_io(error, name),
            })?;
            if !kind.is_dir() {
                return Err(Problem::new(
                    Code::NotAFile,
                    name,
                    "a folder should stand here, not a link or file",
                ));
            }
        }
        Ok(())
    }

    /// Size of a regular file; a link, pipe or device could lead elsewhere or never end.
    fn file_size(&self, path: &Path, place: &str, absent: &Problem) -> Result<u64, Problem> {
        let found = fs::symlink_metadata(path).map_err(|error| look(error, place, absent))?;
        if found.is_file() {
            return Ok(found.len());
        }
        Err(Problem::new(Code::NotAFile, place, "a file should stand here, not a link, folder or device"))
    }

    /// Opens a regular file; gives its size too.
    fn open_file(&self, path: &Path, place: &str, absent: Problem) -> Result<(u64, File), Problem> {
        self.file_size(path, place, &absent)?;
        let look = |error: io::Error| look(error, place, &absent);
        let file = File::open(path).map_err(look)?;
        let size = file.metadata().map_err(look)?.len();
        Ok((size, file))
    }

    fn new_file(&self, folder: &Path) -> Result<NamedTempFile, Problem> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".new-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any other file; the process's umask still applies.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder).map_err(|error| Problem::from_io(error, "new file"))
    }

    fn keep(&self, file: NamedTempFile, path: &Path, place: &str) -> Result<(), Problem> {
        let failed = |error: io::Error| Problem::from_io(error, place);
        if self.durable {
            file.as_file().sync_all().map_err(failed)?;
        }
        file.persist(path).map_err(|error| failed(error.error))?;
        if let (true, Some(folder)) = (self.durable, path.parent()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(())
    }

    fn list_blobs(&self, listing: &mut Listing) -> Result<(), Problem> {
        for entry in entries(&self.root.join(BLOBS), BLOBS)? {
            let (name, metadata) = entry?;
            let digest = name.as_deref().and_then(|name| format!("sha256:{name}").parse::<Digest>().ok());
            match digest {
                Some(digest) if metadata.is_file() => {
                    listing.blobs.insert(digest, metadata.len());
                }
                Some(digest) => {
                    let message = "a file should stand here, not a link, folder or device";
                    listing.strays.push(Problem::new(Code::NotAFile, digest, message));
                }
                None => listing.strays.push(stray(BLOBS, name.as_deref())),
            }
        }
        Ok(())
    }
}

/// What it means that a file cannot be looked at.
fn look(error: io::Error, place: &str, absent: &Problem) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound => absent.clone(),
        _ => Problem::from_io(error, place),
    }
}

const BLOBS: &str = "blobs/sha256";

type Entry = Result<(Option<String>, fs::Metadata), Problem>;

/// Names (`None` if not UTF-8) and kinds of a folder's entries; links are not followed.
fn entries(folder: &Path, place: &'static str) -> Result<impl Iterator<Item = Entry>, Problem> {
    let failed = move |error: io::Error| Problem::from_io(error, place);
    Ok(fs::read_dir(folder).map_err(failed)?.map(move |entry| {
        let entry = entry.map_err(failed)?;
        let metadata = entry.metadata().map_err(failed)?;
        Ok((entry.file_name().into_string().ok(), metadata))
    }))
}

fn stray(folder: &str, name: Option<&str>) -> Problem {
    let name = name.unwrap_or("(a name that is not UTF-8)");
    let place = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
    Problem::new(Code::Stray, place, "it has no place in an OCI image layout and is not part of the evidence")
}

impl Blobs for FolderStore {
    fn open(&self, digest: &Digest) -> Result<(u64, Box<dyn Read + Send + '_>), Problem> {
        self.real_folders()?;
        let path = self.root.join(BLOBS).join(digest.hex());
        let (size, file) = self.open_file(&path, &digest.to_string(), missing(digest))?;
        Ok((size, Box::new(file)))
    }

    fn size(&self, digest: &Digest) -> Result<u64, Problem> {
        // Nobody else has put links into a draft.
        if !self.draft {
            self.real_folders()?;
        }
        let path = self.root.join(BLOBS).join(digest.hex());
        self.file_size(&path, &digest.to_string(), &missing(digest))
    }

    fn file(&self, file: LayoutFile) -> Result<Vec<u8>, Problem> {
        let (_, input) = self.open_file(&self.root.join(file.name()), file.name(), file_missing(file))?;
        let mut out = Vec::new();
        let limit = crate::DOCUMENT_BYTES_MAX as u64 + 1;
        input.take(limit).read_to_end(&mut out).map_err(|error| Problem::from_io(error, file.name()))?;
        if out.len() > crate::DOCUMENT_BYTES_MAX { Err(file_too_big(file)) } else { Ok(out) }
    }

    fn list(&self) -> Result<Listing, Problem> {
        self.real_folders()?;
        let mut listing = Listing::default();
        for entry in entries(&self.root, ".")? {
            match entry?.0.as_deref() {
                Some("blobs" | "oci-layout" | "index.json") => {}
                name => listing.strays.push(stray("", name)),
            }
        }
        for entry in entries(&self.root.join("blobs"), "blobs")? {
            match entry?.0.as_deref() {
                Some("sha256") => {}
                name => listing.strays.push(stray("blobs", name)),
            }
        }
        self.list_blobs(&mut listing)?;
        listing.strays.sort();
        Ok(listing)
    }
}

impl BlobsMut for FolderStore {
    fn create(&self) -> Result<Box<dyn NewBlob + '_>, Problem> {
        Ok(Box::new(NewFile { store: self, bytes: Growing::new(SMALL_BYTES) }))
    }

    fn put(&self, media_type: &str, bytes: &[u8]) -> Result<Descriptor, Problem> {
        let descriptor = Descriptor::of(media_type, bytes);
        let place = descriptor.digest.to_string();
        let failed = |error: io::Error| Problem::from_io(error, &place);
        let path = self.root.join(BLOBS).join(descriptor.digest.hex());
        if self.draft && !self.durable {
            let failed = |error: io::Error| Problem::from_io(error, path.display());
            return match File::create_new(&path) {
                Ok(mut file) => file.write_all(bytes).map(|()| descriptor).map_err(failed),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(descriptor),
                Err(error) => Err(failed(error)),
            };
        }
        let mut file = self.new_file(&self.root.join(BLOBS))?;
        file.write_all(bytes).map_err(failed)?;
        self.keep(file, &path, &place)?;
        Ok(descriptor)
    }

    fn put_file(&self, file: LayoutFile, bytes: &[u8]) -> Result<(), Problem> {
        let mut output = self.new_file(&self.root)?;
        output.write_all(bytes).map_err(|error| Problem::from_io(error, file.name()))?;
        self.keep(output, &self.root.join(file.name()), file.name())
    }
}

/// Bytes of a new blob that are held before a file is opened for it.
const SMALL_BYTES: usize = 256 << 10;

struct NewFile<'a> {
    store: &'a FolderStore,
    bytes: Growing<Large>,
}

struct Large {
    file: BufWriter<NamedTempFile>,
    hasher: Hasher,
    size: u64,
}

impl Write for Large {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Write for NewFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let store = self.store;
        self.bytes.write(bytes, || {
            let file = BufWriter::with_capacity(64 << 10, store.new_file(&store.root.join(BLOBS))?);
            Ok(Large { file, hasher: Hasher::new(), size: 0 })
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.bytes.flush()
    }
}

impl NewBlob for NewFile<'_> {
    fn finish(self: Box<Self>) -> Result<(Digest, u64), Problem> {
        let Large { file, hasher, size } = match self.bytes.end() {
            Ok(large) => large,
            Err(bytes) => return self.store.put("", &bytes).map(|stored| (stored.digest, stored.size)),
        };
        let digest = hasher.finish();
        let file = file.into_inner().map_err(|error| Problem::from_io(error.into_error(), digest))?;
        let path = self.store.root.join(BLOBS).join(digest.hex());
        self.store.keep(file, &path, &digest.to_string())?;
        Ok((digest, size))
    }
}
