//! Files, folders and archives that a person names on the command line, as a stream of named bytes.
//!
//! [`walk`] gives every file of every input to a sink, one at a time, and says of every file that it cannot give
//! why. A folder and an archive of it give the same paths: the input's own name is no part of them.
//!
//! | input | order | path of an entry |
//! |---|---|---|
//! | file | – | its file name |
//! | `-` | – | `-` |
//! | git commit ([`Commit`]) | as its trees list them | relative to the folder that was named |
//! | folder | names sorted by bytes, folder by folder | relative to the folder |
//! | archive | as stored | relative to the archive's root, without a leading `./` |
//! | `x.yaml.gz` | – | `x.yaml` |
//! | archive in a folder or archive | in place of the file | path of the inner archive, `/`, path inside of it |

mod archive;
mod folder;
mod git;
mod meter;
mod packing;
mod path;
mod tar;
mod zip;

use std::fmt;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub use git::{Commit, GitError};

use archive::Walker;
use packing::Packing;

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// a file, a folder, an archive
    Path(PathBuf),
    /// the standard input, written `-`
    Stdin,
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        if text == "-" { Input::Stdin } else { Input::Path(text.into()) }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Path(path) => path.display().fmt(f),
            Input::Stdin => f.write_str("-"),
        }
    }
}

/// How much an input may ask of us. Every limit counts per input, nested archives included.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// files, links and the like of one input
    pub entries: u64,
    /// bytes of one input after unpacking
    pub total_bytes: u64,
    /// bytes of one file
    pub entry_bytes: u64,
    /// unpacked bytes for each packed byte of one archive, from the first 64 MiB on
    pub ratio: u64,
}

impl Default for ArchiveLimits {
    /// 1,000,000 entries, 8 GiB, 256 MiB a file, 500 : 1.
    fn default() -> Self {
        ArchiveLimits { entries: 1_000_000, total_bytes: 8 << 30, entry_bytes: 256 << 20, ratio: 500 }
    }
}

/// What the walk came upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// a file
    Entry {
        /// path relative to the input, parts joined by `/`
        path: String,
        /// its bytes
        bytes: Vec<u8>,
    },
    /// something that was not read
    Unread(Unread),
}

/// Something that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// path relative to the input; of a whole input its file name
    pub file: String,
    /// the kind of problem
    pub reason: Reason,
    /// the problem in words
    pub detail: String,
}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        /// Why a file was not read. The codes are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])+ $name,)+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Reason] = &[$(Reason::$name,)+];

            /// The code of this reason, in kebab case.
            pub const fn code(self) -> &'static str {
                match self { $(Reason::$name => $code,)+ }
            }
        }
    };
}

reasons! {
    /// a symbolic or hard link: what it points to is read where it lies, or not at all
    Link = "link",
    /// a pipe, socket or device
    SpecialFile = "special-file",
    /// the operating system did not let us read it
    PermissionDenied = "permission-denied",
    /// the operating system failed to read it
    IoError = "io-error",
    /// more bytes than the limit for one file
    TooLarge = "too-large",
    /// the input has more entries than the limit; the rest of it was not read
    TooManyEntries = "too-many-entries",
    /// the input has more bytes than the limit; the rest of it was not read
    ArchiveTooLarge = "archive-too-large",
    /// the archive unpacks to more than the limit for its size; the rest of it was not read
    CompressionRatio = "compression-ratio",
    /// a path that leaves the archive
    PathTraversal = "path-traversal",
    /// an encrypted entry of an archive
    Encrypted = "encrypted",
    /// a compression that we do not know
    UnknownCompression = "unknown-compression",
    /// the archive ends too early
    Truncated = "truncated",
    /// the archive is damaged, or no archive
    BrokenArchive = "broken-archive",
    /// an archive in an archive in an archive
    NestedArchive = "nested-archive",
    /// a submodule of a git repository
    Submodule = "submodule",
    /// the folder in which a version control system keeps its own records
    VersionControl = "version-control",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An input that cannot be read at all.
#[derive(Debug)]
pub struct InputError {
    /// the input as it was named
    pub input: String,
    /// stable code: `input-not-found`, `input-denied`, `input-unreadable`
    pub code: &'static str,
    /// what to do about it
    pub help: &'static str,
    /// what the operating system said
    pub source: io::Error,
}

impl InputError {
    fn new(input: &Input, source: io::Error) -> Self {
        let (code, help) = match source.kind() {
            io::ErrorKind::NotFound => ("input-not-found", "check the spelling and the current folder"),
            io::ErrorKind::PermissionDenied => {
                ("input-denied", "run as a user who may read it, or change its mode")
            }
            _ => ("input-unreadable", "copy it to a local disk and try again"),
        };
        InputError { input: input.to_string(), code, help, source }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.code {
            "input-not-found" => "does not exist",
            "input-denied" => "may not be read",
            _ => "cannot be read",
        };
        write!(f, "input `{}` {what}", self.input)
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Takes one event; `Break` ends the walk.
pub type Sink<'a> = &'a mut dyn FnMut(Event) -> ControlFlow<()>;

/// Gives the files of all inputs to `sink`, input by input, one file in memory at a time (of an archive inside of
/// an archive: that archive and one file of it).
///
/// # Errors
/// If an input does not exist or cannot be opened. All inputs are looked at before the first is read.
pub fn walk(inputs: &[Input], limits: &ArchiveLimits, sink: Sink<'_>) -> Result<(), InputError> {
    let mut kinds = Vec::new();
    for input in inputs {
        kinds.push(Kind::of(input).map_err(|error| InputError::new(input, error))?);
    }
    for (input, kind) in inputs.iter().zip(kinds) {
        let mut walker = Walker::new(limits, &mut *sink);
        let done = match (input, kind) {
            (Input::Path(path), Kind::Folder) => folder::walk(&mut walker, path),
            (Input::Path(path), Kind::File) => file(&mut walker, path, input)?,
            (Input::Path(path), Kind::Stream) => {
                let stream = std::fs::File::open(path).map_err(|error| InputError::new(input, error))?;
                stdin(&mut walker, stream)
            }
            (Input::Stdin, _) => stdin(&mut walker, io::stdin().lock()),
        };
        if done.is_break() {
            break;
        }
    }
    Ok(())
}

enum Kind {
    Folder,
    File,
    /// a pipe that a person named, as `<(kubectl ...)` in a shell
    Stream,
}

impl Kind {
    fn of(input: &Input) -> io::Result<Kind> {
        let Input::Path(path) = input else { return Ok(Kind::Stream) };
        // A link that a person named is followed, one inside of a folder is not.
        let metadata = std::fs::metadata(path)?;
        if metadata.is_dir() {
            std::fs::read_dir(path)?;
            Ok(Kind::Folder)
        } else if metadata.is_file() {
            std::fs::File::open(path)?;
            Ok(Kind::File)
        } else {
            Ok(Kind::Stream)
        }
    }
}

fn file(walker: &mut Walker<'_>, path: &Path, input: &Input) -> Result<ControlFlow<()>, InputError> {
    let name = path.file_name().map_or_else(|| "input".into(), |name| name.to_string_lossy().into_owned());
    let file = std::fs::File::open(path).map_err(|error| InputError::new(input, error))?;
    let metadata = file.metadata().map_err(|error| InputError::new(input, error))?;
    let Some(packing) = Packing::of_name(&name) else {
        return Ok(walker.file(name, file, metadata.len()));
    };
    Ok(walker.unpack("", &name, packing, file, metadata.len(), 1))
}

fn stdin(walker: &mut Walker<'_>, mut stream: impl Read) -> ControlFlow<()> {
    let mut head = Vec::new();
    if let Err(error) = stream.by_ref().take(512).read_to_end(&mut head) {
        return walker.failed("-".into(), &error);
    }
    let packing = Packing::of_bytes(&head);
    let whole = io::Cursor::new(head).chain(stream);
    match packing {
        Some(packing) => walker.unpack_stream("", "-", packing, whole, 1),
        None => walker.file("-".into(), whole, 0),
    }
}
