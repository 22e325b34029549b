use std::io::{BufRead as _, BufReader, Read, Write as _};

use nachweis_canon::{Digest, Hasher};
use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use crate::annotation;
use crate::blobs::{Blobs, BlobsMut, NewBlob};
use crate::manifest::Descriptor;
use crate::problem::{Code, Problem};

/// zstd level of every layer. Part of the format: another level gives the same items another manifest digest.
pub const LEVEL: i32 = 1;
/// Bytes of one line that are read at most.
pub const LINE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of one layer, before compression, that are read at most.
pub const LAYER_BYTES_MAX: u64 = 16 << 30;

/// Memory that a frame may ask of its reader: 2^23 bytes. Our own frames ask for 2^19.
const WINDOW_LOG_MAX: u32 = 23;

/// Writes lines into a compressed layer: one zstd frame, one thread, fixed level, no dictionary, no checksum (the
/// blob's digest is one). The same lines give the same bytes, however they were written.
pub struct LayerWriter<'a> {
    output: Encoder<'static, Box<dyn NewBlob + 'a>>,
    hasher: Hasher,
    bytes: u64,
    lines: u64,
}

impl<'a> LayerWriter<'a> {
    /// Starts a layer in a storage.
    pub fn create(store: &'a dyn BlobsMut) -> Result<Self, Problem> {
        let output = Encoder::new(store.create()?, LEVEL).map_err(failed)?;
        Ok(LayerWriter { output, hasher: Hasher::new(), bytes: 0, lines: 0 })
    }

    /// Appends a line, given without its end.
    ///
    /// # Panics
    /// If the line is empty or has a line feed in it: canonical JSON never has.
    pub fn write_line(&mut self, line: &[u8]) -> Result<(), Problem> {
        assert!(!line.is_empty() && !line.contains(&b'\n'), "a line of a layer is one canonical JSON text");
        for part in [line, b"\n"] {
            self.output.write_all(part).map_err(failed)?;
            self.hasher.update(part);
        }
        self.bytes += line.len() as u64 + 1;
        self.lines += 1;
        Ok(())
    }

    /// Bytes so far, before compression.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Lines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Stores the layer. The descriptor carries bytes, lines and digest of what was written, as annotations.
    pub fn finish(self, media_type: &str) -> Result<Descriptor, Problem> {
        let (digest, size) = self.output.finish().map_err(failed)?.finish()?;
        let mut descriptor = Descriptor::new(media_type, digest, size);
        descriptor.annotations.extend([
            (annotation::LAYER_BYTES.to_string(), self.bytes.to_string()),
            (annotation::LAYER_LINES.to_string(), self.lines.to_string()),
            (annotation::LAYER_DIGEST.to_string(), self.hasher.finish().to_string()),
        ]);
        Ok(descriptor)
    }
}

fn failed(error: std::io::Error) -> Problem {
    Problem::from_io(error, "new layer")
}

/// Reads the lines of a layer. Everything that its descriptor says (size, digest, bytes, lines and digest before
/// compression) has been checked once [`LayerReader::next_line`] has returned `None`; until then no line is sure.
pub struct LayerReader<'a> {
    /// `None` once the end was reached
    input: Option<Input<'a>>,
    /// the first problem; it stays one
    failed: Option<Problem>,
    line: Vec<u8>,
    /// `None` where the content was hashed before
    hasher: Option<Hasher>,
    bytes: u64,
    lines: u64,
    declared: Declared,
    digest: Digest,
}

type Input<'a> = BufReader<Decoder<'static, BufReader<Box<dyn Read + Send + 'a>>>>;

struct Declared {
    bytes: u64,
    lines: u64,
    digest: Digest,
}

impl<'a> LayerReader<'a> {
    /// Opens a layer of at most `max` bytes before compression.
    pub fn open(store: &'a dyn Blobs, descriptor: &Descriptor, max: u64) -> Result<Self, Problem> {
        Self::start(Box::new(store.reader(descriptor)?), descriptor, max, Some(Hasher::new()))
    }

    /// Opens a layer whose compressed bytes are in memory and were checked against the descriptor. `hashed`: its
    /// lines have been read to their end before, so nothing is hashed again.
    pub fn of_checked(bytes: &'a [u8], descriptor: &Descriptor, hashed: bool) -> Result<Self, Problem> {
        let hasher = (!hashed).then(Hasher::new);
        Self::start(Box::new(bytes), descriptor, LAYER_BYTES_MAX, hasher)
    }

    fn start(
        blob: Box<dyn Read + Send + 'a>,
        descriptor: &Descriptor,
        max: u64,
        hasher: Option<Hasher>,
    ) -> Result<Self, Problem> {
        let declared = declared(descriptor)?;
        let max = max.min(LAYER_BYTES_MAX);
        if declared.bytes > max {
            let message = format!("it declares {} bytes, {max} are read at most", declared.bytes);
            return Err(Problem::new(Code::LayerDeclaration, descriptor.digest, message));
        }
        let digest = descriptor.digest;
        let blob = BufReader::with_capacity(64 << 10, blob);
        let mut decoder =
            Decoder::with_buffer(blob).map_err(|error| Problem::from_io(error, digest))?.single_frame();
        decoder.window_log_max(WINDOW_LOG_MAX).map_err(|error| Problem::from_io(error, digest))?;
        Ok(LayerReader {
            input: Some(BufReader::with_capacity(128 << 10, decoder)),
            failed: None,
            line: Vec::new(),
            hasher,
            bytes: 0,
            lines: 0,
            declared,
            digest,
        })
    }

    /// The next line without its end; `None` after the last one.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Problem> {
        if self.failed.is_none() {
            match self.advance() {
                Ok(true) => return Ok(Some(&self.line)),
                Ok(false) => return Ok(None),
                Err(problem) => self.failed = Some(problem),
            }
        }
        self.failed.clone().map_or(Ok(None), Err)
    }

    /// Reads one line into `self.line`; false at the end.
    fn advance(&mut self) -> Result<bool, Problem> {
        let Some(input) = &mut self.input else { return Ok(false) };
        self.line.clear();
        // One byte more than may come, so that too much is told from just enough.
        let limit = (LINE_BYTES_MAX + 1).min(self.declared.bytes - self.bytes) + 1;
        let count = match input.take(limit).read_until(b'\n', &mut self.line) {
            Ok(count) => count as u64,
            Err(error) => return Err(self.broken(error)),
        };
        if count == 0 {
            return self.end().map(|()| false);
        }
        self.bytes += count;
        if self.bytes > self.declared.bytes {
            let message = format!("it has more than the {} bytes that are declared", self.declared.bytes);
            return Err(Problem::new(Code::LayerContent, self.digest, message));
        }
        self.lines += 1;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.line);
        }
        match self.line.pop() {
            Some(b'\n') if !self.line.is_empty() => Ok(true),
            Some(b'\n') => Err(self.line_problem("is empty".into())),
            _ if count > LINE_BYTES_MAX => {
                Err(self.line_problem(format!("has more than {LINE_BYTES_MAX} bytes")))
            }
            _ => Err(self.line_problem("has no end".into())),
        }
    }

    fn line_problem(&self, what: String) -> Problem {
        Problem::new(Code::LayerLine, self.digest, format!("line {} {what}", self.lines))
    }

    /// A problem of the blob below is told as it is; anything else is the frame's.
    fn broken(&self, error: std::io::Error) -> Problem {
        match Problem::from_io(error, self.digest) {
            problem if problem.code == Code::StorageFailed => {
                let message = format!("it does not decompress: {}", problem.message);
                Problem::new(Code::LayerMalformed, self.digest, message)
            }
            problem => problem,
        }
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(input) = self.input.take() else { return Ok(()) };
        let mut blob = input.into_inner().finish();
        match blob.fill_buf() {
            Ok([]) => {}
            Ok(_) => {
                return Err(Problem::new(
                    Code::LayerMalformed,
                    self.digest,
                    "something follows its zstd frame",
                ));
            }
            Err(error) => return Err(self.broken(error)),
        }
        let Declared { bytes, lines, digest } = &self.declared;
        let found = self.hasher.take().map_or(*digest, Hasher::finish);
        if self.bytes == *bytes && self.lines == *lines && found == *digest {
            return Ok(());
        }
        let message = format!(
            "it declares {bytes} bytes in {lines} lines, digest {digest}; it has {} bytes in {} lines, digest {found}",
            self.bytes, self.lines,
        );
        Err(Problem::new(Code::LayerContent, self.digest, message))
    }
}

/// Bytes before compression that a layer's descriptor declares.
pub fn declared_bytes(descriptor: &Descriptor) -> Result<u64, Problem> {
    declared(descriptor).map(|declared| declared.bytes)
}

fn declared(descriptor: &Descriptor) -> Result<Declared, Problem> {
    let text = |key: &str| {
        descriptor.annotations.get(key).ok_or_else(|| {
            Problem::new(Code::LayerDeclaration, descriptor.digest, format!("its descriptor has no `{key}`"))
        })
    };
    let odd = |key: &str| {
        let message = format!("`{key}` of its descriptor is malformed");
        Problem::new(Code::LayerDeclaration, descriptor.digest, message)
    };
    let number = |key: &str| text(key)?.parse::<u64>().map_err(|_| odd(key));
    Ok(Declared {
        bytes: number(annotation::LAYER_BYTES)?,
        lines: number(annotation::LAYER_LINES)?,
        digest: text(annotation::LAYER_DIGEST)?.parse().map_err(|_| odd(annotation::LAYER_DIGEST))?,
    })
}
