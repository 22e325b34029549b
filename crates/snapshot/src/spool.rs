//! Where bodies wait between reading and sealing, so that they are never all in memory.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// A growing store of bytes. Bodies in it went through normalisation and withholding.
pub trait Spool: Send {
    /// Appends bytes and returns where they start.
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64>;

    /// Appends to `out` the `len` bytes from `offset` on.
    fn read(&mut self, offset: u64, len: usize, out: &mut Vec<u8>) -> io::Result<()>;
}

/// A spool in memory.
impl Spool for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let offset = self.len() as u64;
        self.extend_from_slice(bytes);
        Ok(offset)
    }

    fn read(&mut self, offset: u64, len: usize, out: &mut Vec<u8>) -> io::Result<()> {
        let slice = usize::try_from(offset).ok().and_then(|at| self.get(at..at.checked_add(len)?));
        out.extend_from_slice(slice.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A spool in anything that can be written, read and searched, such as a temporary file.
pub struct FileSpool<F> {
    file: F,
    end: u64,
    /// where the file's own cursor stands
    cursor: u64,
}

impl<F: Read + Write + Seek + Send> FileSpool<F> {
    /// A spool in an empty file.
    pub fn new(file: F) -> Self {
        FileSpool { file, end: 0, cursor: 0 }
    }

    fn go_to(&mut self, offset: u64) -> io::Result<()> {
        if self.cursor != offset {
            self.file.seek(SeekFrom::Start(offset))?;
            self.cursor = offset;
        }
        Ok(())
    }
}

impl<F: Read + Write + Seek + Send> Spool for FileSpool<F> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let offset = self.end;
        self.go_to(offset)?;
        self.file.write_all(bytes)?;
        self.end += bytes.len() as u64;
        self.cursor = self.end;
        Ok(offset)
    }

    fn read(&mut self, offset: u64, len: usize, out: &mut Vec<u8>) -> io::Result<()> {
        self.go_to(offset)?;
        let start = out.len();
        out.resize(start + len, 0);
        self.file.read_exact(&mut out[start..])?;
        self.cursor = offset + len as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spools_give_back_what_they_took() {
        let spools: [Box<dyn Spool>; 2] =
            [Box::new(Vec::new()), Box::new(FileSpool::new(tempfile::SpooledTempFile::new(4)))];
        for mut spool in spools {
            let mut out = b"-".to_vec();
            let one = spool.append(b"abc").unwrap();
            let two = spool.append(b"defgh").unwrap();
            spool.read(one, 3, &mut out).unwrap();
            assert_eq!(out, b"-abc");
            let three = spool.append(b"x").unwrap();
            spool.read(two, 5, &mut out).unwrap();
            spool.read(three, 1, &mut out).unwrap();
            assert_eq!(out, b"-abcdefghx");
            assert!(spool.read(7, 9, &mut out).is_err());
        }
    }
}
