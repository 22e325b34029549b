//! From bytes to text, and from offsets to lines.

use std::borrow::Cow;

use memchr::memchr_iter;

/// The text of a file as kubectl's file reader gives it: a byte order mark decides between UTF-8 and UTF-16 and
/// is dropped, what cannot be decoded becomes U+FFFD.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    // Nearly every text is valid, which is seen faster than what would have to be replaced.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let mut text: String =
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

/// Number of line feeds in `bytes`.
pub(crate) fn line_feeds(bytes: &[u8]) -> usize {
    memchr_iter(b'\n', bytes).count()
}

/// Number of characters that start in `bytes`.
pub(crate) fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// A place in a text that moves forward only, so that a walk over all places is linear.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// byte offset
    pub at: usize,
    /// line, from 1
    pub line: usize,
    /// column in characters, from 1
    pub column: usize,
}

impl Place {
    /// The start of a text.
    pub(crate) const START: Place = Place { at: 0, line: 1, column: 1 };

    /// Moves to a later offset of the text.
    pub(crate) fn advance(&mut self, bytes: &[u8], to: usize) {
        let passed = &bytes[self.at..to.min(bytes.len())];
        self.line += line_feeds(passed);
        self.column = match memchr::memrchr(b'\n', passed) {
            Some(feed) => 1 + characters(&passed[feed + 1..]),
            None => self.column + characters(passed),
        };
        self.at += passed.len();
    }

    /// The place at a later offset.
    pub(crate) fn after(mut self, bytes: &[u8], to: usize) -> Place {
        self.advance(bytes, to);
        self
    }
}

/// Number of blank bytes (JSON white space) at the start of `bytes`.
pub(crate) fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(bytes.len())
}
