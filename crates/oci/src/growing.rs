use std::io::{self, Write};

use crate::problem::Problem;

/// Bytes of a new blob that lie in memory as long as they are few, and go elsewhere from then on.
pub(crate) struct Growing<L> {
    held: Vec<u8>,
    most: usize,
    large: Option<L>,
}

impl<L: Write> Growing<L> {
    /// Nothing yet; up to `most` bytes are held.
    pub(crate) fn new(most: usize) -> Self {
        Growing { held: Vec::new(), most, large: None }
    }

    /// As [`Write::write`]; `open` gives the place for what is too large to be held.
    pub(crate) fn write(
        &mut self,
        bytes: &[u8],
        open: impl FnOnce() -> Result<L, Problem>,
    ) -> io::Result<usize> {
        if let Some(large) = &mut self.large {
            return large.write(bytes);
        }
        self.held.extend_from_slice(bytes);
        if self.held.len() > self.most {
            let mut large = open()?;
            large.write_all(&std::mem::take(&mut self.held))?;
            self.large = Some(large);
        }
        Ok(bytes.len())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.large.as_mut().map_or(Ok(()), L::flush)
    }

    /// The place that was opened, or all bytes.
    pub(crate) fn end(self) -> Result<L, Vec<u8>> {
        self.large.ok_or(self.held)
    }
}
