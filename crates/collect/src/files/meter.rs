//! Readers that count, and stop where a limit is reached.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;

/// Bytes that went through a [`Counted`] reader, shared with whoever looks.
#[derive(Clone, Default)]
pub(super) struct Count(Rc<Cell<u64>>);

impl Count {
    pub(super) fn get(&self) -> u64 {
        self.0.get()
    }

    /// A count that stands still.
    pub(super) fn fixed(bytes: u64) -> Self {
        Count(Rc::new(Cell::new(bytes)))
    }
}

/// Bytes that may be read for the headers of one entry; without limit while its content is read.
#[derive(Clone)]
pub(super) struct Burst(Rc<Cell<u64>>);

impl Default for Burst {
    fn default() -> Self {
        Burst(Rc::new(Cell::new(u64::MAX)))
    }
}

impl Burst {
    /// Headers are about to be read. Long names are the only long headers.
    pub(super) fn headers(&self) {
        self.0.set(HEADER_BYTES);
    }

    /// Content is about to be read.
    pub(super) fn content(&self) {
        self.0.set(u64::MAX);
    }
}

/// Bytes that the headers of one entry may have.
const HEADER_BYTES: u64 = 1 << 20;

/// Counts the bytes of a reader.
pub(super) struct Counted<R> {
    inner: R,
    count: Count,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R) -> (Self, Count) {
        let count = Count::default();
        (Counted { inner, count: count.clone() }, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.0.set(self.count.0.get().saturating_add(read as u64));
        Ok(read)
    }
}

/// A limit that unpacked bytes ran into; travels inside an [`io::Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exceeded {
    /// more bytes than an input may have
    Total(u64),
    /// more bytes for each packed byte than an archive may have
    Ratio(u64),
    /// more bytes than the headers of one entry may have
    Header(u64),
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exceeded::Total(limit) => write!(f, "the input unpacks to more than {limit} bytes"),
            Exceeded::Ratio(limit) => write!(f, "the archive unpacks to more than {limit} times its size"),
            Exceeded::Header(limit) => write!(f, "the headers of an entry have more than {limit} bytes"),
        }
    }
}

impl std::error::Error for Exceeded {}

impl Exceeded {
    /// The limit inside of an error, if it is one.
    pub(super) fn of(error: &io::Error) -> Option<Exceeded> {
        error.get_ref()?.downcast_ref::<Exceeded>().copied()
    }
}

/// Below this many unpacked bytes no ratio is looked at: a small file of zeros is no attack.
const RATIO_FROM: u64 = 64 << 20;

/// The unpacked side of an archive.
pub(super) struct Metered<R> {
    pub(super) inner: R,
    /// packed bytes taken in
    pub(super) packed: Count,
    /// unpacked bytes given out
    pub(super) unpacked: u64,
    /// unpacked bytes that may still be given out
    pub(super) left: u64,
    pub(super) total: u64,
    pub(super) ratio: u64,
    pub(super) burst: Burst,
    /// zero bytes at the end of what was given out
    pub(super) zeros: u64,
}

impl<R> Metered<R> {
    /// True if more was unpacked than the archive's size allows.
    pub(super) fn is_over(&self) -> bool {
        self.unpacked > RATIO_FROM && self.unpacked > self.packed.get().saturating_mul(self.ratio)
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let taken = &buffer[..read];
        self.zeros = match taken.iter().rposition(|&byte| byte != 0) {
            Some(last) => (read - 1 - last) as u64,
            None => self.zeros + read as u64,
        };
        self.unpacked += read as u64;
        if self.unpacked > self.left {
            return Err(io::Error::other(Exceeded::Total(self.total)));
        }
        let burst = self.burst.0.get();
        if burst != u64::MAX {
            let rest = burst.checked_sub(read as u64);
            self.burst.0.set(rest.ok_or_else(|| io::Error::other(Exceeded::Header(HEADER_BYTES)))?);
        }
        if self.is_over() {
            return Err(io::Error::other(Exceeded::Ratio(self.ratio)));
        }
        Ok(read)
    }
}
