use std::cmp::Ordering;

/// Compares two strings by UTF-16 code units, as RFC 8785 sorts member names.
///
/// This differs from the order of UTF-8 bytes only where a character outside of the Basic Multilingual Plane
/// meets one of U+E000..U+FFFF, whose UTF-8 lead bytes are 0xEE and above.
pub fn utf16_cmp(a: &str, b: &str) -> Ordering {
    let (x, y) = (a.as_bytes(), b.as_bytes());
    match x.iter().zip(y).position(|(p, q)| p != q) {
        None => x.len().cmp(&y.len()),
        Some(at) if x[at] < 0xEE || y[at] < 0xEE => {
            // A differing continuation byte (0x80..0xBF) follows equal lead bytes, and there the orders agree.
            x[at].cmp(&y[at])
        }
        Some(_) => a.encode_utf16().cmp(b.encode_utf16()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_utf16_everywhere_it_matters() {
        let samples = [
            "",
            "a",
            "ab",
            "b",
            "é",
            "\u{20ac}",
            "\u{d7ff}",
            "\u{e000}",
            "\u{fb33}",
            "\u{ffff}",
            "\u{10000}",
        ];
        for a in samples.iter().chain(&["\u{1f600}", "x\u{1f600}y", "x\u{fb33}y"]) {
            for b in samples.iter().chain(&["\u{1f600}", "x\u{1f600}y", "x\u{fb33}y"]) {
                assert_eq!(utf16_cmp(a, b), a.encode_utf16().cmp(b.encode_utf16()), "{a:?} {b:?}");
            }
        }
    }
}
