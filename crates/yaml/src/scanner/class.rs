//! Classes of bytes.

/// Ends a run of characters of a plain scalar, or may end it together with its neighbours.
pub(super) const PLAIN_STOP: [bool; 256] = table(b" \t\n\r:", true);
/// The same inside of brackets.
pub(super) const FLOW_STOP: [bool; 256] = table(b" \t\n\r:,?[]{}", true);
/// Needs a look inside of single quotes.
pub(super) const SINGLE_STOP: [bool; 256] = table(b"'\n\r", true);
/// Needs a look inside of double quotes.
pub(super) const DOUBLE_STOP: [bool; 256] = table(b"\"\\\n\r", true);

/// The lead bytes of NEL, LS and PS count if `breaks`.
const fn table(stops: &[u8], breaks: bool) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < stops.len() {
        table[stops[at] as usize] = true;
        at += 1;
    }
    table[0xC2] = breaks;
    table[0xE2] = breaks;
    table
}

/// True for the first byte of a line break, and for bytes that may be one.
pub(super) fn may_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2)
}

/// A character of anchors, handles and directives.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
