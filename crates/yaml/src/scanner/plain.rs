//! Plain scalars: text without quotes.

use std::borrow::Cow;

use super::{KEY_CHARACTERS, Kind, Scanner, Style, Token, class};
use crate::compose::Fail;

impl<'a> Scanner<'a> {
    pub(super) fn plain(&mut self) -> Result<(), Fail> {
        if self.key_allowed && !self.in_flow() && self.block_key()? {
            return Ok(());
        }
        let key_level = self.save_key()?;
        self.key_allowed = false;
        let at = self.at;
        let value = self.plain_text()?;
        self.tokens.push_back(Token { kind: Kind::Scalar(Style::Plain), at, value, handle: None, key_level });
        Ok(())
    }

    /// A key of a block mapping that is one word, with its `:`. Most keys are, and these need not wait for what they are.
    /// False, and nothing is passed, if none stands here.
    fn block_key(&mut self) -> Result<bool, Fail> {
        let (at, column) = (self.at, self.column());
        self.plain_run(&class::PLAIN_STOP);
        let end = self.at;
        if self.byte(0) != b':' || end - at > KEY_CHARACTERS {
            self.at = at;
            return Ok(false);
        }
        self.remove_key()?;
        self.roll(column, None, Kind::BlockMappingStart, at)?;
        self.push(Kind::Key, at);
        let value = Cow::Borrowed(&self.text[at..end]);
        self.tokens.push_back(Token { value, ..self.token(Kind::Scalar(Style::Plain), at) });
        self.push(Kind::Value, end);
        self.at = end + 1;
        self.key_allowed = false;
        Ok(true)
    }

    fn plain_text(&mut self) -> Result<Cow<'a, str>, Fail> {
        let start = self.at;
        let flow = self.in_flow();
        let indent = self.indent + 1;
        let stops = if flow { &class::FLOW_STOP } else { &class::PLAIN_STOP };
        let mut folded: Option<String> = None;
        // Bytes that are part of the value and not yet in `folded`.
        let (mut from, mut to) = (start, start);
        // Line breaks met since `to`.
        let mut breaks = Breaks::default();
        loop {
            if self.at_document_indicator() || self.byte(0) == b'#' {
                break;
            }
            let run = self.at;
            self.plain_run(stops);
            if self.at > run {
                if breaks.any {
                    let text = folded.get_or_insert_default();
                    text.push_str(&self.text[from..to]);
                    breaks.fold_into(text);
                    from = run;
                }
                to = self.at;
            }
            if self.break_at(self.at) == 0 && !matches!(self.byte(0), b' ' | b'\t') {
                break;
            }
            self.plain_blanks(&mut breaks, indent)?;
            if !flow && self.at < self.bytes.len() && breaks.any && self.indentation() < indent {
                break;
            }
            if self.at >= self.bytes.len() {
                break;
            }
        }
        if breaks.any {
            self.key_allowed = true;
        }
        Ok(match folded {
            None => Cow::Borrowed(&self.text[from..to]),
            Some(mut text) => {
                text.push_str(&self.text[from..to]);
                Cow::Owned(text)
            }
        })
    }

    /// Passes characters up to a blank, a line break, or an indicator that ends the scalar.
    fn plain_run(&mut self, stops: &[bool; 256]) {
        loop {
            let rest = &self.bytes[self.at..];
            self.at += rest.iter().position(|&byte| stops[usize::from(byte)]).unwrap_or(rest.len());
            match self.byte(0) {
                b':' if !self.blank_or_end(self.at + 1) => self.at += 1,
                0xC2 | 0xE2 if self.break_at(self.at) == 0 => self.at += 1,
                _ => return,
            }
        }
    }

    /// Passes blanks and line breaks after a run.
    fn plain_blanks(&mut self, breaks: &mut Breaks<'a>, indent: i64) -> Result<(), Fail> {
        loop {
            match self.byte(0) {
                b'\t' if breaks.any && self.indentation() < indent => {
                    return self.fail(self.at, "a tab cannot indent; use spaces");
                }
                b' ' | b'\t' => self.at += 1,
                _ => match self.break_at(self.at) {
                    0 => return Ok(()),
                    length => breaks.push(self.pass_break(length)),
                },
            }
        }
    }

    /// The column, where only blanks stand before it on its line.
    fn indentation(&self) -> i64 {
        (self.at - self.line_start) as i64
    }
}

/// Line breaks between two parts of a scalar.
#[derive(Default)]
pub(super) struct Breaks<'a> {
    pub(super) any: bool,
    first: &'a str,
    more: String,
}

impl<'a> Breaks<'a> {
    pub(super) fn push(&mut self, found: &'a str) {
        if self.any {
            self.more.push_str(found);
        } else {
            self.any = true;
            self.first = found;
        }
    }

    /// Counts a break that is escaped: it leaves nothing behind.
    pub(super) fn push_escaped(&mut self) {
        self.any = true;
        self.first = "";
    }

    /// Appends what the breaks stand for: one is a space, of several the first is dropped.
    pub(super) fn fold_into(&mut self, text: &mut String) {
        if self.first != "\n" {
            text.push_str(self.first);
        } else if self.more.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.more);
        self.more.clear();
        self.any = false;
    }
}
