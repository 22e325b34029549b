use std::io::{self, Read};

use memchr::memchr;
use nachweis_canon::Digest;
use zstd::stream::raw::{DParameter, Decoder, Encoder, Operation as _, OutBuffer};

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
/// Bytes that are read at once, before and after decompression.
const INPUT_BYTES: usize = 32 << 10;
const OUTPUT_BYTES: usize = 128 << 10;

/// Compressed bytes that are handed on together.
const PACKED_BYTES: usize = 32 << 10;

/// A compressor, to be handed from layer to layer: making one costs more than compressing a small layer.
pub struct Packer {
    encoder: Encoder<'static>,
    /// what was compressed and not yet handed on
    output: Vec<u8>,
}

impl Packer {
    /// A compressor of the level that layers have.
    pub fn new() -> Result<Self, Problem> {
        let encoder = Encoder::new(LEVEL).map_err(failed)?;
        Ok(Packer { encoder, output: vec![0; PACKED_BYTES] })
    }
}

/// Writes lines into a compressed layer: one zstd frame, one thread, fixed level, no dictionary, no checksum (the
/// blob's digest is one). The same lines give the same bytes, however they were written.
pub struct LayerWriter<'a> {
    blob: Box<dyn NewBlob + 'a>,
    packer: Packer,
}

impl<'a> LayerWriter<'a> {
    /// Starts a layer in a storage.
    pub fn create(store: &'a dyn BlobsMut) -> Result<Self, Problem> {
        Self::create_with(store, Packer::new()?)
    }

    /// Starts a layer with the compressor of one that is finished.
    pub fn create_with(store: &'a dyn BlobsMut, mut packer: Packer) -> Result<Self, Problem> {
        packer.encoder.reinit().map_err(failed)?;
        Ok(LayerWriter { blob: store.create()?, packer })
    }

    /// Appends a line, given without its end.
    ///
    /// # Panics
    /// If the line is empty or has a line feed in it: canonical JSON never has.
    pub fn write_line(&mut self, line: &[u8]) -> Result<(), Problem> {
        let whole = !line.is_empty() && memchr(b'\n', line).is_none();
        assert!(whole, "a line of a layer is one canonical JSON text");
        self.write(line).and_then(|()| self.write(b"\n")).map_err(failed)
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let Packer { encoder, output } = &mut self.packer;
        while !bytes.is_empty() {
            let status = encoder.run_on_buffers(bytes, output)?;
            bytes = &bytes[status.bytes_read..];
            self.blob.write_all(&output[..status.bytes_written])?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let Packer { encoder, output } = &mut self.packer;
        loop {
            let mut room = OutBuffer::around(&mut output[..]);
            let left = encoder.finish(&mut room, true)?;
            let packed = room.pos();
            self.blob.write_all(&output[..packed])?;
            if left == 0 {
                return Ok(());
            }
        }
    }

    /// Stores the layer and gives its compressor back. The descriptor carries no notes: thousands of them would weigh
    /// more than what changes from week to week, and the seal's root is over the lines themselves.
    pub fn finish(mut self, media_type: &str) -> Result<(Descriptor, Packer), Problem> {
        self.end().map_err(failed)?;
        let (digest, size) = self.blob.finish()?;
        Ok((Descriptor::new(media_type, digest, size), self.packer))
    }
}

fn failed(error: io::Error) -> Problem {
    Problem::from_io(error, "new layer")
}

/// A decompressor with its buffers, to be handed from layer to layer: making one costs more than reading a small layer.
pub struct Unpacker {
    decoder: Decoder<'static>,
    /// compressed bytes, and which of them are still to be decompressed
    input: Vec<u8>,
    given: (usize, usize),
    /// bytes of the frame, and which of them are still to be handed out
    output: Vec<u8>,
    ready: (usize, usize),
    /// a line that did not end where the output ended
    line: Vec<u8>,
}

impl Unpacker {
    /// A decompressor that refuses frames that ask for much memory.
    pub fn new() -> Result<Self, Problem> {
        let made = Decoder::new().and_then(|mut decoder| {
            decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
            Ok(decoder)
        });
        Ok(Unpacker {
            decoder: made.map_err(failed)?,
            input: vec![0; INPUT_BYTES],
            given: (0, 0),
            output: vec![0; OUTPUT_BYTES],
            ready: (0, 0),
            line: Vec::new(),
        })
    }
}

/// Reads the lines of a layer. Size and digest of the blob have been checked once [`LayerReader::next_line`] has
/// returned `None`; until then no line is sure.
pub struct LayerReader<'a> {
    blob: Box<dyn Read + Send + 'a>,
    unpacker: Unpacker,
    /// the frame was decompressed to its end
    whole: bool,
    /// the end was reached and found to be right
    ended: bool,
    /// the first problem; it stays one
    failed: Option<Problem>,
    bytes: u64,
    lines: u64,
    max: u64,
    digest: Digest,
}

impl<'a> LayerReader<'a> {
    /// Opens a layer of which at most `max` bytes before compression are read.
    pub fn open(store: &'a dyn Blobs, descriptor: &Descriptor, max: u64) -> Result<Self, Problem> {
        Self::open_with(store, descriptor, max, Unpacker::new()?)
    }

    /// The same with the decompressor of a layer that was read.
    pub fn open_with(
        store: &'a dyn Blobs,
        descriptor: &Descriptor,
        max: u64,
        unpacker: Unpacker,
    ) -> Result<Self, Problem> {
        Self::start(Box::new(store.reader(descriptor)?), descriptor, max, unpacker)
    }

    /// Opens a layer whose compressed bytes are in memory and were checked against the descriptor.
    pub fn of_checked(bytes: &'a [u8], descriptor: &Descriptor, unpacker: Unpacker) -> Result<Self, Problem> {
        Self::start(Box::new(bytes), descriptor, LAYER_BYTES_MAX, unpacker)
    }

    fn start(
        blob: Box<dyn Read + Send + 'a>,
        descriptor: &Descriptor,
        max: u64,
        mut unpacker: Unpacker,
    ) -> Result<Self, Problem> {
        let digest = descriptor.digest;
        unpacker.decoder.reinit().map_err(|error| Problem::from_io(error, digest))?;
        (unpacker.given, unpacker.ready) = ((0, 0), (0, 0));
        let max = max.min(LAYER_BYTES_MAX);
        Ok(LayerReader {
            blob,
            unpacker,
            whole: false,
            ended: false,
            failed: None,
            bytes: 0,
            lines: 0,
            max,
            digest,
        })
    }

    /// The decompressor, for the next layer.
    pub fn into_unpacker(self) -> Unpacker {
        self.unpacker
    }

    /// The next line without its end; `None` after the last one.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Problem> {
        if let Some(problem) = &self.failed {
            return Err(problem.clone());
        }
        match self.advance() {
            Ok(Some((0, 0))) => Ok(Some(&self.unpacker.line)),
            Ok(Some((from, to))) => Ok(Some(&self.unpacker.output[from..to])),
            Ok(None) => Ok(None),
            Err(problem) => {
                self.failed = Some(problem.clone());
                Err(problem)
            }
        }
    }

    /// Where the next line lies in the output; (0, 0), where no line can lie, if it lies in `line`. `None` at the end.
    fn advance(&mut self) -> Result<Option<(usize, usize)>, Problem> {
        if self.ended {
            return Ok(None);
        }
        self.unpacker.line.clear();
        self.lines += 1;
        loop {
            let (from, to) = self.unpacker.ready;
            let end = memchr(b'\n', &self.unpacker.output[from..to]).map(|length| from + length);
            let part = from..end.unwrap_or(to);
            self.bytes += part.len() as u64 + u64::from(end.is_some());
            let length = self.unpacker.line.len() + part.len();
            self.limits(length as u64)?;
            match end {
                Some(_) if length == 0 => return Err(self.line_problem("is empty")),
                Some(end) => {
                    self.unpacker.ready.0 = end + 1;
                    if self.unpacker.line.is_empty() {
                        return Ok(Some((from, end)));
                    }
                    self.unpacker.line.extend_from_slice(&self.unpacker.output[part]);
                    return Ok(Some((0, 0)));
                }
                None => self.unpacker.line.extend_from_slice(&self.unpacker.output[part]),
            }
            if !self.fill().map_err(|error| self.broken(error))? {
                if !self.unpacker.line.is_empty() {
                    return Err(self.line_problem("has no end"));
                }
                self.end()?;
                return Ok(None);
            }
        }
    }

    /// Bytes so far, and the length of the line so far, are those of a layer that is read.
    fn limits(&self, length: u64) -> Result<(), Problem> {
        if self.bytes > self.max {
            let message = format!("{} bytes before compression are read at most", self.max);
            return Err(Problem::new(Code::LayerTooBig, self.digest, message));
        }
        if length > LINE_BYTES_MAX {
            return Err(self.line_problem(&format!("has more than {LINE_BYTES_MAX} bytes")));
        }
        Ok(())
    }

    /// Decompresses more into the output, all of which was handed out; false at the end of the frame.
    fn fill(&mut self) -> io::Result<bool> {
        let Unpacker { decoder, input, given, output, ready, .. } = &mut self.unpacker;
        *ready = (0, 0);
        while !self.whole && ready.1 == 0 {
            let mut more = true;
            if given.0 == given.1 {
                *given = (0, read(&mut *self.blob, input)?);
                more = given.1 > 0;
            }
            let status = decoder.run_on_buffers(&input[given.0..given.1], output)?;
            given.0 += status.bytes_read;
            ready.1 = status.bytes_written;
            self.whole = status.remaining == 0;
            if !more && !self.whole && ready.1 == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "incomplete frame"));
            }
        }
        Ok(ready.1 > 0)
    }

    fn line_problem(&self, what: &str) -> Problem {
        Problem::new(Code::LayerLine, self.digest, format!("line {} {what}", self.lines))
    }

    /// A problem of the blob below is told as it is; anything else is the frame's.
    fn broken(&self, error: io::Error) -> Problem {
        match Problem::from_io(error, self.digest) {
            problem if problem.code == Code::StorageFailed => {
                let message = format!("it does not decompress: {}", problem.message);
                Problem::new(Code::LayerMalformed, self.digest, message)
            }
            problem => problem,
        }
    }

    /// Behind the frame the blob ends, and only then its own digest has been checked.
    fn end(&mut self) -> Result<(), Problem> {
        let Unpacker { input, given, .. } = &mut self.unpacker;
        let follows =
            given.0 < given.1 || read(&mut *self.blob, input).map_err(|error| self.broken(error))? > 0;
        if follows {
            return Err(Problem::new(Code::LayerMalformed, self.digest, "something follows its zstd frame"));
        }
        self.ended = true;
        Ok(())
    }
}

fn read(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
