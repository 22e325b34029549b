//! Which archive a file is.

/// How files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Zip,
    Tar(Compression),
    /// one compressed file
    Single(Compression),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// By the end of a file name.
    pub(super) fn of_name(name: &str) -> Option<Packing> {
        Self::end_of(name).map(|(_, packing)| packing)
    }

    /// The name without the end that names the packing.
    pub(super) fn without_end(name: &str) -> String {
        match Self::end_of(name) {
            Some((end, _)) => name[..name.len() - end.len()].into(),
            None => name.into(),
        }
    }

    fn end_of(name: &str) -> Option<(&'static str, Packing)> {
        const ENDS: &[(&str, Packing)] = &[
            (".zip", Packing::Zip),
            (".tar", Packing::Tar(Compression::None)),
            // Longer ends stand before the shorter ones that they end with.
            (".tar.gz", Packing::Tar(Compression::Gzip)),
            (".tgz", Packing::Tar(Compression::Gzip)),
            (".tar.zst", Packing::Tar(Compression::Zstd)),
            (".tzst", Packing::Tar(Compression::Zstd)),
            (".gz", Packing::Single(Compression::Gzip)),
            (".zst", Packing::Single(Compression::Zstd)),
        ];
        let name = name.rsplit('/').next().unwrap_or(name).as_bytes();
        let ends = |end: &str| {
            let at = name.len().checked_sub(end.len()).filter(|at| *at > 0);
            at.is_some_and(|at| name[at..].eq_ignore_ascii_case(end.as_bytes()))
        };
        ENDS.iter().find(|(end, _)| ends(end)).copied()
    }

    /// By the first 512 bytes; a compressed stream counts as one file until it is seen to be a tar.
    pub(super) fn of_bytes(head: &[u8]) -> Option<Packing> {
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Some(Packing::Zip)
        } else if head.starts_with(b"\x1f\x8b\x08") {
            Some(Packing::Single(Compression::Gzip))
        } else if head.starts_with(b"\x28\xb5\x2f\xfd") {
            Some(Packing::Single(Compression::Zstd))
        } else if is_tar(head) {
            Some(Packing::Tar(Compression::None))
        } else {
            None
        }
    }
}

/// True if the first block of a stream is the header of a tar entry (POSIX 1003.1 pax, ustar magic).
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name() {
        assert_eq!(Packing::of_name("a.json.zip"), Some(Packing::Zip));
        assert_eq!(Packing::of_name("A.TAR.GZ"), Some(Packing::Tar(Compression::Gzip)));
        assert_eq!(Packing::of_name("a.tgz"), Some(Packing::Tar(Compression::Gzip)));
        assert_eq!(Packing::of_name("a.yaml.gz"), Some(Packing::Single(Compression::Gzip)));
        assert_eq!(Packing::of_name("a.yaml"), None);
        assert_eq!(Packing::of_name(".gz"), None);
    }
}
