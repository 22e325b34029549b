use std::fmt;
use std::io;

/// What is wrong with a layout. The texts of [`Code::as_str`] are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// the storage itself failed: permissions, disk, network share
    StorageFailed,
    /// `oci-layout` or `index.json` is not there
    LayoutMissing,
    /// `oci-layout` is malformed or names another version than 1.0.0
    LayoutVersion,
    /// a link, device or folder stands where a file should be, or a link where a folder should be
    NotAFile,
    /// something that has no place in a layout
    Stray,
    /// `index.json` is malformed
    IndexMalformed,
    /// `index.json` names no manifest
    IndexEmpty,
    /// `index.json` names several manifests and none was asked for
    IndexAmbiguous,
    /// a manifest is malformed
    ManifestMalformed,
    /// a manifest or index is bigger than is read
    DocumentTooBig,
    /// a manifest has none, or several, of what it must have one of
    ManifestContent,
    /// a blob is not there
    BlobMissing,
    /// a blob has another size than its descriptor says
    BlobSize,
    /// a blob has other bytes than its descriptor says
    BlobDigest,
    /// no manifest of the layout names this blob
    BlobUnreferenced,
    /// a tar file is malformed or cut short
    ArchiveMalformed,
    /// a tar file has an entry that no layout has: link, device, path that leads elsewhere, name given twice
    ArchiveEntry,
    /// a tar file has more entries than are read
    ArchiveTooBig,
    /// a layer does not decompress, or bytes follow its frame
    LayerMalformed,
    /// a layer has more bytes before compression than are read
    LayerTooBig,
    /// a line of a layer is too long, empty, or has no end
    LayerLine,
    /// a tag that cannot be written
    TagInvalid,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 22] = [
        Code::StorageFailed,
        Code::LayoutMissing,
        Code::LayoutVersion,
        Code::NotAFile,
        Code::Stray,
        Code::IndexMalformed,
        Code::IndexEmpty,
        Code::IndexAmbiguous,
        Code::ManifestMalformed,
        Code::DocumentTooBig,
        Code::ManifestContent,
        Code::BlobMissing,
        Code::BlobSize,
        Code::BlobDigest,
        Code::BlobUnreferenced,
        Code::ArchiveMalformed,
        Code::ArchiveEntry,
        Code::ArchiveTooBig,
        Code::LayerMalformed,
        Code::LayerTooBig,
        Code::LayerLine,
        Code::TagInvalid,
    ];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::StorageFailed => "storage-failed",
            Code::LayoutMissing => "layout-missing",
            Code::LayoutVersion => "layout-version",
            Code::NotAFile => "layout-not-a-file",
            Code::Stray => "layout-stray",
            Code::IndexMalformed => "index-malformed",
            Code::IndexEmpty => "index-empty",
            Code::IndexAmbiguous => "index-ambiguous",
            Code::ManifestMalformed => "manifest-malformed",
            Code::DocumentTooBig => "document-too-big",
            Code::ManifestContent => "manifest-content",
            Code::BlobMissing => "blob-missing",
            Code::BlobSize => "blob-size-mismatch",
            Code::BlobDigest => "blob-digest-mismatch",
            Code::BlobUnreferenced => "blob-unreferenced",
            Code::ArchiveMalformed => "archive-malformed",
            Code::ArchiveEntry => "archive-entry-refused",
            Code::ArchiveTooBig => "archive-too-big",
            Code::LayerMalformed => "layer-malformed",
            Code::LayerTooBig => "layer-too-big",
            Code::LayerLine => "layer-line",
            Code::TagInvalid => "tag-invalid",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// what kind of problem
    pub code: Code,
    /// the blob (`sha256:...`), or the file's path inside of the layout
    pub place: String,
    /// the problem in words
    pub message: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(code: Code, place: impl fmt::Display, message: impl Into<String>) -> Self {
        Problem { code, place: place.to_string(), message: message.into() }
    }

    /// The problem that an input or output error carries, or `storage-failed`.
    pub fn from_io(error: io::Error, place: impl fmt::Display) -> Self {
        match error.downcast::<Problem>() {
            Ok(problem) => problem,
            Err(error) => Problem::new(Code::StorageFailed, place, error.to_string()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] `{}`: {}", self.code, self.place, self.message)
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for io::Error {
    fn from(problem: Problem) -> Self {
        io::Error::other(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        assert!(Code::ALL.is_sorted() && Code::ALL.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn problems_survive_io_errors() {
        let problem = Problem::new(Code::BlobDigest, "sha256:00", "other bytes");
        assert_eq!(Problem::from_io(problem.clone().into(), "elsewhere"), problem);
        assert_eq!(Problem::from_io(io::ErrorKind::NotFound.into(), "x").code, Code::StorageFailed);
    }
}
