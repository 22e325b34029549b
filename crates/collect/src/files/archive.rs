//! Archives, and the one place where events leave and limits are kept.

use std::io::{self, Read, Seek};
use std::ops::ControlFlow;

use super::meter::{Burst, Count, Counted, Exceeded, Metered};
use super::packing::{self, Compression, Packing};
use super::{ArchiveLimits, Event, Reason, Sink, Unread, path};

/// Archives that may lie inside each other.
const LEVELS: usize = 2;

/// The walk over one input.
pub(super) struct Walker<'a> {
    limits: ArchiveLimits,
    sink: Sink<'a>,
    entries: u64,
    bytes: u64,
    /// the input has too many entries or bytes, and the sink was told
    full: bool,
    /// the version control folder told last, since an archive lists its files one by one
    records: Option<String>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(limits: &ArchiveLimits, sink: Sink<'a>) -> Self {
        Walker { limits: *limits, sink, entries: 0, bytes: 0, full: false, records: None }
    }

    /// True once a limit of the whole input is reached: the rest of it stays unread.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Tells what was not read.
    pub(super) fn unread(&mut self, file: String, reason: Reason, detail: String) -> ControlFlow<()> {
        if !self.count(&file)? {
            return ControlFlow::Continue(());
        }
        (self.sink)(Event::Unread(Unread { file, reason, detail }))
    }

    /// Counts an entry; false if the input is full.
    fn count(&mut self, file: &str) -> ControlFlow<(), bool> {
        if !self.full && self.entries >= self.limits.entries {
            let detail = format!("the input has more than {} entries", self.limits.entries);
            self.fill(file, Reason::TooManyEntries, detail)?;
        }
        self.entries += 1;
        ControlFlow::Continue(!self.full)
    }

    /// Tells once why the rest of the input stays unread, from `file` on.
    fn fill(&mut self, file: &str, reason: Reason, detail: String) -> ControlFlow<()> {
        if std::mem::replace(&mut self.full, true) {
            return ControlFlow::Continue(());
        }
        let detail = format!("{detail}: this entry and all after it were not read");
        (self.sink)(Event::Unread(Unread { file: file.into(), reason, detail }))
    }

    /// Tells that the operating system failed, or that an archive is damaged.
    pub(super) fn failed(&mut self, file: String, error: &io::Error) -> ControlFlow<()> {
        match Exceeded::of(error) {
            Some(Exceeded::Total(_)) => return self.fill(&file, Reason::ArchiveTooLarge, error.to_string()),
            Some(Exceeded::Ratio(_)) => {
                return self.unread(file, Reason::CompressionRatio, error.to_string());
            }
            Some(Exceeded::Header(_)) => return self.unread(file, Reason::BrokenArchive, error.to_string()),
            None => {}
        }
        let text = error.to_string();
        // The tar library has no kind of error for an early end.
        let early = text.contains("unexpected EOF") || text.contains("failed to read entire block");
        let reason = match error.kind() {
            io::ErrorKind::PermissionDenied => Reason::PermissionDenied,
            io::ErrorKind::UnexpectedEof => Reason::Truncated,
            _ if early => Reason::Truncated,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                Reason::BrokenArchive
            }
            _ => Reason::IoError,
        };
        self.unread(file, reason, text)
    }

    /// Tells once for each folder of a version control system that it is left out. True if `path` lies in one.
    fn is_record(&mut self, path: &str) -> ControlFlow<(), bool> {
        let Some(folder) = path::version_control(path) else { return ControlFlow::Continue(false) };
        if self.records.as_deref() != Some(folder) {
            self.records = Some(folder.into());
            self.record(folder.into())?;
        }
        ControlFlow::Continue(true)
    }

    /// Tells that a folder of a version control system is left out.
    pub(super) fn record(&mut self, folder: String) -> ControlFlow<()> {
        let detail = "the records of a version control system are no evidence".into();
        self.unread(folder, Reason::VersionControl, detail)
    }

    /// Gives a file whose bytes come from `reader`; `size` is what is known of its size, for a first look.
    pub(super) fn file(&mut self, path: String, reader: impl Read, size: u64) -> ControlFlow<()> {
        match self.take(&path, reader, size)? {
            Some(bytes) => (self.sink)(Event::Entry { path, bytes }),
            None => ControlFlow::Continue(()),
        }
    }

    /// The bytes of a file, `None` if they are too many or cannot be read, which the sink was told.
    fn take(&mut self, path: &str, reader: impl Read, size: u64) -> ControlFlow<(), Option<Vec<u8>>> {
        if !self.count(path)? {
            return ControlFlow::Continue(None);
        }
        let most = self.limits.entry_bytes;
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(most).min(1 << 20)).unwrap_or(0));
        let read = if size > most { Ok(0) } else { reader.take(most + 1).read_to_end(&mut bytes) };
        if let Err(error) = read {
            self.failed(path.into(), &error)?;
            return ControlFlow::Continue(None);
        }
        if size > most || bytes.len() as u64 > most {
            let detail = format!("the file has more than {most} bytes");
            (self.sink)(Event::Unread(Unread { file: path.into(), reason: Reason::TooLarge, detail }))?;
            return ControlFlow::Continue(None);
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > self.limits.total_bytes {
            let detail = format!("the input has more than {} bytes", self.limits.total_bytes);
            self.fill(path, Reason::ArchiveTooLarge, detail)?;
            return ControlFlow::Continue(None);
        }
        ControlFlow::Continue(Some(bytes))
    }

    /// Unpacks an archive. Its entries get paths under `folder`; `name` stands for the archive itself.
    pub(super) fn unpack(
        &mut self,
        folder: &str,
        name: &str,
        packing: Packing,
        file: impl Read + Seek,
        size: u64,
        level: usize,
    ) -> ControlFlow<()> {
        match packing {
            Packing::Zip => super::zip::walk(self, folder, name, file, size, level),
            _ => self.unpack_stream(folder, name, packing, file, level),
        }
    }

    /// Unpacks an archive that can be read only once, from start to end.
    pub(super) fn unpack_stream(
        &mut self,
        folder: &str,
        name: &str,
        packing: Packing,
        stream: impl Read,
        level: usize,
    ) -> ControlFlow<()> {
        let (counted, packed) = Counted::new(stream);
        let (compression, is_tar) = match packing {
            Packing::Zip => {
                // The index of a zip archive stands at its end.
                let Some(bytes) = self.take(name, counted, 0)? else { return ControlFlow::Continue(()) };
                let size = bytes.len() as u64;
                return super::zip::walk(self, folder, name, io::Cursor::new(bytes), size, level);
            }
            Packing::Tar(compression) => (compression, true),
            Packing::Single(compression) => (compression, false),
        };
        let decoder: Box<dyn Read + '_> = match compression {
            Compression::None => Box::new(counted),
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(counted)),
            Compression::Zstd => match zstd::stream::read::Decoder::new(counted) {
                Ok(decoder) => Box::new(decoder),
                Err(error) => return self.failed(name.into(), &error),
            },
        };
        let mut metered = self.metered(decoder, packed, 0);
        if compression == Compression::None {
            metered.ratio = u64::MAX;
        }
        let mut head = Vec::new();
        if let Err(error) = metered.by_ref().take(512).read_to_end(&mut head) {
            return self.failed(name.into(), &error);
        }
        if is_tar || packing::is_tar(&head) {
            return super::tar::walk(self, folder, name, head, metered, level);
        }
        // One compressed file stands beside its archive, not in a folder named after it.
        let path = Packing::without_end(name);
        self.file(path, io::Cursor::new(head).chain(metered), 0)
    }

    /// The unpacked side of an archive, kept within the limits that are left.
    pub(super) fn metered<R: Read>(&self, inner: R, packed: Count, unpacked: u64) -> Metered<R> {
        Metered {
            inner,
            packed,
            unpacked,
            left: self.limits.total_bytes.saturating_sub(self.bytes).saturating_add(unpacked),
            total: self.limits.total_bytes,
            ratio: self.limits.ratio,
            burst: Burst::default(),
            zeros: 0,
        }
    }

    /// Gives one file of an archive, or unpacks it if it is an archive. `exact` is its size by the archive's index.
    pub(super) fn entry(
        &mut self,
        path: String,
        reader: impl Read,
        exact: u64,
        level: usize,
    ) -> ControlFlow<()> {
        if self.is_record(&path)? {
            return ControlFlow::Continue(());
        }
        let packing = Packing::of_name(&path);
        if packing.is_some() && level >= LEVELS {
            let detail = format!("more than {LEVELS} archives inside each other: unpack the outer one first");
            return self.unread(path, Reason::NestedArchive, detail);
        }
        let Some(bytes) = self.take(&path, reader, exact)? else { return ControlFlow::Continue(()) };
        let size = bytes.len() as u64;
        if size < exact {
            let detail = format!("the archive ends after {size} of {exact} bytes of this file");
            return self.unread(path, Reason::Truncated, detail);
        }
        match packing {
            Some(packing) => self.unpack(&path, &path, packing, io::Cursor::new(bytes), size, level + 1),
            None => (self.sink)(Event::Entry { path, bytes }),
        }
    }
}
