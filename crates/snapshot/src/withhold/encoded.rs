//! Texts that are packed in base64 or in percent signs.

use base64ct::{Base64Unpadded, Encoding};

/// A text in base64 is at least this long: shorter ones are words.
const BASE64_BYTES_MIN: usize = 16;

/// Decodes base64 of either alphabet, with or without line ends and padding.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'-' => plain.push(b'+'),
            b'_' => plain.push(b'/'),
            b'\n' | b'\r' | b' ' | b'\t' | b'=' => {}
            other => plain.push(*other),
        }
    }
    plain.truncate(plain.len() & !3 | if plain.len() & 3 == 1 { 0 } else { plain.len() & 3 });
    let decode = |bytes: &[u8]| Base64Unpadded::decode_vec(std::str::from_utf8(bytes).ok()?).ok();
    // Spare bits of the last group that are set make it unreadable; the rest is not.
    decode(&plain).or_else(|| decode(&plain[..plain.len() & !3]))
}

/// True if the first characters decode to text. Nothing is allocated: most strings end here.
fn begins_as_text(bytes: &[u8]) -> bool {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let printable = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | 32..=126) || b >= 0xc2;
    bytes.chunks_exact(4).take(3).all(|four| {
        let group = four.iter().try_fold(0u32, |sum, byte| Some(sum << 6 | u32::from(value(*byte)?)));
        group.is_some_and(|group| group.to_be_bytes()[1..].iter().all(|b| printable(*b)))
    })
}

/// What a string is that consists of base64 and nothing else.
pub(crate) enum Packed {
    /// gzip
    Compressed,
    /// a text
    Text(String),
}

/// Unpacks a string if it is base64 of a text or of gzip. Names and hashes are not: their first bytes decode to noise.
pub(crate) fn base64(text: &str) -> Option<Packed> {
    let bytes = text.as_bytes();
    if bytes.len() < BASE64_BYTES_MIN {
        return None;
    }
    let gzip = bytes.starts_with(b"H4sI");
    if !gzip && !begins_as_text(bytes) {
        return None;
    }
    let sound = |b: &u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=' | b'\n' | b'\r' | b' ')
    };
    if !bytes.iter().all(sound) {
        return None;
    }
    if gzip {
        return Some(Packed::Compressed);
    }
    Some(Packed::Text(String::from_utf8_lossy(&decode(bytes)?).into_owned()))
}

/// Replaces `%XX` by what it stands for.
pub(crate) fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
            }
            (byte, _, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_from_names() {
        assert!(
            matches!(base64("cGFzc3dvcmQ9aHVudGVyMg=="), Some(Packed::Text(text)) if text == "password=hunter2")
        );
        assert!(
            matches!(base64("cGFzc3dvcmQ9\naHVudGVyMg"), Some(Packed::Text(text)) if text == "password=hunter2")
        );
        assert!(matches!(base64("H4sIAAAAAAAAA0vOzy0oSi0uTk0BAA"), Some(Packed::Compressed)));
        for text in [
            "online-boutique-checkoutservice",
            "cluster-autoscaler-status",
            "9f86d081884c7d659a2feaa0c55ad015",
            "a",
            "system-node-critical",
        ] {
            assert!(base64(text).is_none(), "{text}");
        }
        assert_eq!(percent("a%3Db%2"), "a=b%2");
    }
}
