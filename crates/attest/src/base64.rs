//! Base64 of RFC 4648: standard with padding when writing, either alphabet with or without padding when reading.

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// `None` for mixed alphabets, wrong padding, white space, or bits set behind the last byte.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let url = text.contains(['-', '_']);
    match (url, text.ends_with('=')) {
        (false, true) => Base64::decode_vec(text).ok(),
        (false, false) => Base64Unpadded::decode_vec(text).ok(),
        (true, true) => Base64Url::decode_vec(text).ok(),
        (true, false) => Base64UrlUnpadded::decode_vec(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_in_four_spellings() {
        for text in ["+/8=", "+/8", "-_8=", "-_8"] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        assert_eq!(encode(&[0xfb, 0xff]), "+/8=");
        assert_eq!(decode(""), Some(vec![]));
        assert_eq!(decode("AAAA"), Some(vec![0, 0, 0]));
    }

    #[test]
    fn odd_spellings_are_refused() {
        for text in
            ["+_8=", "+/9=", "+/8==", "+/8 ", " +/8=", "+/8=\n", "=", "A", "A===", "AA=A", "é", "AAA=AAAA"]
        {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
