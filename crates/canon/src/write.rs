use serde::Serialize;

use crate::json::Json;
use crate::number;
use crate::parse::{Limits, parse_bytes};

/// Appends the canonical bytes of `value`.
pub fn write(value: &Json<'_>, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Int(value) => write_int(*value, out),
        Json::Big(digits) => out.extend_from_slice(digits.as_bytes()),
        Json::Num(value) => number::write(*value, out),
        Json::Str(text) => write_str(text, out),
        Json::Arr(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Json::Obj(object) => {
            out.push(b'{');
            for (at, (key, item)) in object.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_str(key, out);
                out.push(b':');
                write(item, out);
            }
            out.push(b'}');
        }
    }
}

fn write_int(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a string literal with the escapes of RFC 8785 section 3.2.2.2.
pub fn write_str(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = first_escape(rest) {
        out.extend_from_slice(&rest[..at]);
        let byte = rest[at];
        rest = &rest[at + 1..];
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0a => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            0x0d => out.extend_from_slice(b"\\r"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Bytes of the blocks at the start of `bytes` of which no byte is `wanted`. A block is looked at as a whole, with vector
/// instructions; what is wanted may lie in the block behind them, or behind all whole blocks.
pub fn clear_blocks<const BLOCK: usize>(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    let clear = |block: &[u8; BLOCK]| !block.iter().fold(false, |any, &byte| any | wanted(byte));
    BLOCK * bytes.as_chunks::<BLOCK>().0.iter().take_while(|block| clear(block)).count()
}

/// Where the first byte lies that needs an escape: blocks first, then words.
pub(crate) fn first_escape(bytes: &[u8]) -> Option<usize> {
    let mut at = clear_blocks::<16>(bytes, needs_escape);
    for word in bytes[at..].as_chunks::<8>().0 {
        let found = escapes(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes[at..].iter().position(|&byte| needs_escape(byte)).map(|step| at + step)
}

/// The highest bit of each byte of a word that needs an escape. What stands above the first one may be wrong: a
/// subtraction borrows.
fn escapes(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, limit: u8| word.wrapping_sub(EACH * u64::from(limit)) & !word & (EACH << 7);
    let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    below(word, 0x20) | is(b'"') | is(b'\\')
}

impl Json<'_> {
    /// The canonical bytes of this value.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write(self, &mut out);
        out
    }
}

/// Canonical bytes of one of our own records.
///
/// # Panics
/// If the record cannot be written as JSON (a map with keys that are no strings): a defect of the record's type.
pub fn canonical_bytes<T: Serialize>(record: &T) -> Vec<u8> {
    let text = serde_json::to_vec(record).expect("our records are JSON");
    parse_bytes(&text, &Limits::OURS).expect("serde_json writes JSON").value.canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks, words and the rest behind them, with bytes that are nearly escapes before and behind the one that is.
    #[test]
    fn the_first_escape_is_found_wherever_it_lies() {
        let near = [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff];
        for length in 0..50 {
            for (turn, byte) in (0u8..=255).enumerate() {
                let text: Vec<u8> = (0..length).map(|at| near[(at + turn) % near.len()]).collect();
                assert_eq!(first_escape(&text), None);
                let mut text = text;
                for at in (0..length).rev() {
                    text[at] = byte;
                    let found = text.iter().position(|&byte| needs_escape(byte));
                    assert_eq!(first_escape(&text), found, "{text:?}");
                }
            }
        }
    }
}
