//! Block scalars: `|` keeps lines, `>` folds them.

use std::borrow::Cow;

use super::{Kind, Scanner, Style, Token};
use crate::compose::Fail;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    pub(super) fn block_scalar(&mut self, literal: bool) -> Result<(), Fail> {
        self.remove_key()?;
        self.key_allowed = true;
        let at = self.at;
        let value = Cow::Owned(self.block_text(literal)?);
        let kind = Kind::Scalar(Style::Block);
        self.tokens.push_back(Token { kind, at, value, handle: None, key_level: 0 });
        Ok(())
    }

    fn block_text(&mut self, literal: bool) -> Result<String, Fail> {
        let start = self.at;
        self.at += 1;
        let (chomp, increment) = self.block_header(start)?;
        // 0 until the first line with content tells.
        let mut indent = match increment {
            0 => 0,
            by => self.indent.max(0) + by,
        };
        let mut text = String::new();
        // The break after the last line, and those of the empty lines after it.
        let (mut leading, mut trailing) = ("", String::new());
        let mut blank_before = false;
        self.block_breaks(&mut indent, &mut trailing)?;
        while self.block_column() == indent && self.at < self.bytes.len() {
            let blank = matches!(self.byte(0), b' ' | b'\t');
            if !literal && leading == "\n" && !blank_before && !blank {
                if trailing.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(leading);
            }
            text.push_str(&trailing);
            trailing.clear();
            blank_before = blank;
            let line = self.at;
            self.skip_line();
            text.push_str(&self.text[line..self.at]);
            leading = match self.break_at(self.at) {
                0 => self.pass_end(),
                length => self.pass_break(length),
            };
            self.block_breaks(&mut indent, &mut trailing)?;
        }
        if chomp != Chomp::Strip {
            text.push_str(leading);
        }
        if chomp == Chomp::Keep {
            text.push_str(&trailing);
        }
        Ok(text)
    }

    /// What follows `|` or `>` on its line: how to end, and by how much the text is indented (0: see the text).
    fn block_header(&mut self, start: usize) -> Result<(Chomp, i64), Fail> {
        let (mut chomp, mut increment) = (None, 0);
        for _ in 0..2 {
            match self.byte(0) {
                b'+' if chomp.is_none() => chomp = Some(Chomp::Keep),
                b'-' if chomp.is_none() => chomp = Some(Chomp::Strip),
                b'0' if increment == 0 => return self.fail(self.at, "an indentation of 0 is not allowed"),
                digit @ b'1'..=b'9' if increment == 0 => increment = i64::from(digit - b'0'),
                _ => break,
            }
            self.at += 1;
        }
        while matches!(self.byte(0), b' ' | b'\t') {
            self.at += 1;
        }
        if self.byte(0) == b'#' {
            self.skip_line();
        }
        match self.break_at(self.at) {
            0 if self.at < self.bytes.len() => {
                self.fail(start, "only a comment may follow `|` or `>` on its line")
            }
            length => {
                if length > 0 {
                    self.pass_break(length);
                }
                Ok((chomp.unwrap_or(Chomp::Clip), increment))
            }
        }
    }

    /// Passes indentation and empty lines; finds out the indentation if it is 0.
    fn block_breaks(&mut self, indent: &mut i64, breaks: &mut String) -> Result<(), Fail> {
        let mut widest = 0;
        loop {
            while (*indent == 0 || self.block_column() < *indent) && self.byte(0) == b' ' {
                self.at += 1;
            }
            widest = widest.max(self.block_column());
            if (*indent == 0 || self.block_column() < *indent) && self.byte(0) == b'\t' {
                return self.fail(self.at, "a tab cannot indent; use spaces");
            }
            match self.break_at(self.at) {
                0 if self.at >= self.bytes.len() && self.at > self.line_start && self.is_blank_line() => {
                    breaks.push_str(self.pass_end());
                }
                0 => break,
                length => breaks.push_str(self.pass_break(length)),
            }
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    /// Ends the last line of a text without a line feed at its end: kubectl gives it one.
    fn pass_end(&mut self) -> &'static str {
        self.line_start = self.at;
        "\n"
    }

    /// True if only spaces stand before the next byte on its line.
    fn is_blank_line(&self) -> bool {
        self.bytes[self.line_start..self.at].iter().all(|&byte| byte == b' ')
    }

    /// The column where only spaces stand before it.
    fn block_column(&self) -> i64 {
        (self.at - self.line_start) as i64
    }
}
