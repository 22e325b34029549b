//! Scalars in single or double quotes.

use std::borrow::Cow;

use super::plain::Breaks;
use super::{Kind, Scanner, Style, Token, class};
use crate::compose::Fail;
use crate::unread::Reason;

impl<'a> Scanner<'a> {
    pub(super) fn quoted(&mut self, single: bool) -> Result<(), Fail> {
        let key_level = self.save_key()?;
        self.key_allowed = false;
        let at = self.at;
        let value = self.quoted_text(single)?;
        self.tokens.push_back(Token {
            kind: Kind::Scalar(Style::Quoted),
            at,
            value,
            handle: None,
            key_level,
        });
        Ok(())
    }

    fn quoted_text(&mut self, single: bool) -> Result<Cow<'a, str>, Fail> {
        let start = self.at;
        self.at += 1;
        let stops = if single { &class::SINGLE_STOP } else { &class::DOUBLE_STOP };
        let mut owned: Option<String> = None;
        // Bytes from here on are part of the value and not yet in `owned`.
        let mut from = self.at;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(step) = rest.iter().position(|&byte| stops[usize::from(byte)]) else {
                return self.fail_truncated(start, "the quoted text does not end");
            };
            self.at += step;
            match self.bytes[self.at] {
                b'\'' if self.byte(1) == b'\'' => {
                    self.at += 1;
                    owned.get_or_insert_default().push_str(&self.text[from..self.at]);
                    self.at += 1;
                    from = self.at;
                }
                b'\'' | b'"' => {
                    let last = &self.text[from..self.at];
                    self.at += 1;
                    return Ok(match owned {
                        None => Cow::Borrowed(last),
                        Some(mut text) => {
                            text.push_str(last);
                            Cow::Owned(text)
                        }
                    });
                }
                b'\\' if self.break_at(self.at + 1) > 0 => {
                    let text = owned.get_or_insert_default();
                    text.push_str(&self.text[from..self.at]);
                    self.at += 1;
                    let mut breaks = Breaks::default();
                    self.pass_break(self.break_at(self.at));
                    breaks.push_escaped();
                    self.quoted_breaks(start, breaks, text)?;
                    from = self.at;
                }
                b'\\' => {
                    let text = owned.get_or_insert_default();
                    text.push_str(&self.text[from..self.at]);
                    text.push(self.escape(start)?);
                    from = self.at;
                }
                _ => match self.break_at(self.at) {
                    0 => self.at += 1,
                    _ => {
                        let text = owned.get_or_insert_default();
                        text.push_str(self.text[from..self.at].trim_end_matches([' ', '\t']));
                        self.quoted_breaks(start, Breaks::default(), text)?;
                        from = self.at;
                    }
                },
            }
        }
    }

    /// Passes line breaks and the blanks at the start of lines.
    fn quoted_breaks(&mut self, start: usize, mut breaks: Breaks<'a>, text: &mut String) -> Result<(), Fail> {
        loop {
            match self.byte(0) {
                b' ' | b'\t' => self.at += 1,
                _ => match self.break_at(self.at) {
                    0 => break,
                    length => breaks.push(self.pass_break(length)),
                },
            }
        }
        breaks.fold_into(text);
        if self.at_document_indicator() {
            return self.fail(self.at, "the quoted text does not end before the document does");
        }
        if self.at >= self.bytes.len() {
            return self.fail_truncated(start, "the quoted text does not end");
        }
        Ok(())
    }

    /// The character of an escape; the next byte is its backslash.
    fn escape(&mut self, start: usize) -> Result<char, Fail> {
        let at = self.at;
        let (c, digits) = match self.byte(1) {
            b'0' => ('\0', 0),
            b'a' => ('\u{7}', 0),
            b'b' => ('\u{8}', 0),
            b't' | b'\t' => ('\t', 0),
            b'n' => ('\n', 0),
            b'v' => ('\u{B}', 0),
            b'f' => ('\u{C}', 0),
            b'r' => ('\r', 0),
            b'e' => ('\u{1B}', 0),
            b' ' => (' ', 0),
            b'"' => ('"', 0),
            b'\'' => ('\'', 0),
            b'\\' => ('\\', 0),
            b'N' => ('\u{85}', 0),
            b'_' => ('\u{A0}', 0),
            b'L' => ('\u{2028}', 0),
            b'P' => ('\u{2029}', 0),
            b'x' => ('\0', 2),
            b'u' => ('\0', 4),
            b'U' => ('\0', 8),
            0 => return self.fail_truncated(start, "the quoted text does not end"),
            _ => return self.fail(at, "YAML does not know this escape"),
        };
        self.at += 2;
        if digits == 0 {
            return Ok(c);
        }
        let mut code = 0u32;
        for _ in 0..digits {
            let Some(digit) = char::from(self.byte(0)).to_digit(16) else {
                return self.fail(at, "expected hexadecimal digits in an escape");
            };
            // Eight digits fit exactly.
            code = code << 4 | digit;
            self.at += 1;
        }
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => {
                let detail = "the escape names no character: YAML writes one above U+FFFF as `\\U0001F600`";
                Err(Fail { offset: at, reason: Reason::LoneSurrogate, detail: detail.into() })
            }
        }
    }
}
