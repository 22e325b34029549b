//! From text to tokens, by the rules of go-yaml v2 (a port of libyaml).
//!
//! A scalar turns out to be a key only when its `:` is met, so tokens wait in a queue as long as a possible key
//! stands at its head; a key may be 1,024 characters long and no longer than its line, which bounds the queue.
//!
//! The text holds no NUL and no other forbidden character (`detect::forbidden_character`).

mod block;
mod class;
mod plain;
mod properties;
mod quoted;

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::compose::Fail;
use crate::text;
use crate::unread::Reason;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
    Block,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    StreamEnd,
    Version { major: u8, minor: u8 },
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    FlowEntry,
    BlockEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar(Style),
}

/// A token.
#[derive(Clone, Debug)]
pub(crate) struct Token<'a> {
    pub kind: Kind,
    /// byte offset of its start
    pub at: usize,
    /// text of a scalar, name of an anchor or alias, suffix of a tag, prefix of a tag directive
    pub value: Cow<'a, str>,
    /// handle of a tag or a tag directive
    pub handle: Option<Box<str>>,
    /// 1 + the flow level at which the token may be a key, 0 if it cannot be one
    key_level: usize,
}

/// Something at the start of which a key may stand. There is one slot for each flow level.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// nothing but a key can stand there
    required: bool,
    /// number of the token, counted from the start of the text
    number: usize,
    at: usize,
    line: usize,
    column: i64,
}

/// Characters from the start of a key to its `:`.
const KEY_CHARACTERS: usize = 1024;

/// Turns text into tokens.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// offset of the next unread byte
    at: usize,
    /// line breaks passed
    line: usize,
    line_start: usize,
    /// a column that was counted on this line: offset and characters before it
    counted: (usize, i64),
    tokens: VecDeque<Token<'a>>,
    /// tokens that left the queue
    taken: usize,
    /// column of the innermost block collection, -1 outside of all
    indent: i64,
    indents: Vec<i64>,
    keys: Vec<SimpleKey>,
    key_allowed: bool,
    /// flow and block collections that may stand inside each other
    depth: usize,
    ended: bool,
    /// nothing more has to be scanned before the head of the queue is known
    filled: bool,
    /// every character is one byte
    ascii: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, depth: usize) -> Self {
        // A byte order mark counts for nothing at the start, and is a character like others anywhere else.
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Scanner {
            text,
            bytes: text.as_bytes(),
            at: start,
            line: 0,
            line_start: start,
            counted: (0, 0),
            tokens: VecDeque::with_capacity(8),
            taken: 0,
            indent: -1,
            indents: Vec::with_capacity(16),
            keys: vec![SimpleKey::default()],
            key_allowed: true,
            depth,
            ended: false,
            filled: false,
            ascii: text.is_ascii(),
        }
    }

    /// The kind of the next token.
    pub(crate) fn peek(&mut self) -> Result<Kind, Fail> {
        self.fill()?;
        Ok(self.tokens.front().map_or(Kind::StreamEnd, |token| token.kind))
    }

    /// Offset of the next token.
    pub(crate) fn peek_at(&mut self) -> Result<usize, Fail> {
        self.fill()?;
        Ok(self.tokens.front().map_or(self.text.len(), |token| token.at))
    }

    /// True if no text is left, though block collections may still have to end.
    pub(crate) fn is_at_end(&mut self) -> Result<bool, Fail> {
        Ok(self.peek_at()? >= self.text.len())
    }

    /// Takes the next token; the end of the stream is never taken.
    pub(crate) fn take(&mut self) -> Result<Token<'a>, Fail> {
        self.fill()?;
        match self.tokens.pop_front() {
            Some(token) => {
                self.filled = false;
                self.taken += 1;
                Ok(token)
            }
            None => Ok(self.token(Kind::StreamEnd, self.text.len())),
        }
    }

    /// Scans until it is known what the head of the queue is. It is asked several times of each token.
    fn fill(&mut self) -> Result<(), Fail> {
        if !self.filled {
            self.scan()?;
            self.filled = true;
        }
        Ok(())
    }

    fn scan(&mut self) -> Result<(), Fail> {
        loop {
            if let Some(head) = self.tokens.front() {
                let key = head.key_level.checked_sub(1).and_then(|level| self.keys.get(level).copied());
                match key {
                    Some(key) if key.possible && key.number == self.taken => {
                        let level = head.key_level - 1;
                        if !self.is_valid(level)? || self.ended {
                            return Ok(());
                        }
                    }
                    _ => return Ok(()),
                }
            } else if self.ended {
                return Ok(());
            }
            self.fetch()?;
        }
    }

    fn token(&self, kind: Kind, at: usize) -> Token<'a> {
        Token { kind, at, value: Cow::Borrowed(""), handle: None, key_level: 0 }
    }

    fn push(&mut self, kind: Kind, at: usize) {
        let token = self.token(kind, at);
        self.tokens.push_back(token);
    }

    fn fail<T>(&self, offset: usize, detail: &str) -> Result<T, Fail> {
        Err(Fail { offset, reason: Reason::YamlSyntax, detail: detail.into() })
    }

    fn fail_truncated<T>(&self, offset: usize, detail: &str) -> Result<T, Fail> {
        Err(Fail { offset, reason: Reason::Truncated, detail: detail.into() })
    }

    fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    /// Characters between the start of the line and the next byte. Offsets only grow, so a line is counted once.
    fn column(&mut self) -> i64 {
        if self.ascii {
            return (self.at - self.line_start) as i64;
        }
        let (from, column) =
            if self.counted.0 >= self.line_start { self.counted } else { (self.line_start, 0) };
        let column = column + text::characters(&self.bytes[from..self.at]) as i64;
        self.counted = (self.at, column);
        column
    }

    fn byte(&self, ahead: usize) -> u8 {
        // A NUL stands for the end: the text has none.
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Length of the line break at `at`, 0 if there is none.
    fn break_at(&self, at: usize) -> usize {
        match self.bytes.get(at) {
            Some(b'\n') => 1,
            Some(b'\r') => match self.bytes.get(at + 1..) {
                Some([b'\n', ..]) => 2,
                // kubectl drops a CR before a line feed, and what is left is CR LF again.
                Some([b'\r', b'\n', ..]) => 3,
                _ => 1,
            },
            Some(0xC2) if self.bytes.get(at + 1) == Some(&0x85) => 2,
            Some(0xE2) if matches!(self.bytes.get(at + 1..at + 3), Some([0x80, 0xA8 | 0xA9])) => 3,
            _ => 0,
        }
    }

    /// True at a space, a tab, a line break and the end.
    fn blank_or_end(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            None | Some(b' ' | b'\t' | b'\n' | b'\r') => true,
            Some(0xC2 | 0xE2) => self.break_at(at) > 0,
            Some(_) => false,
        }
    }

    /// Passes a line break of `length` bytes; gives what it stands for in a scalar.
    fn pass_break(&mut self, length: usize) -> &'a str {
        let found = &self.text[self.at..self.at + length];
        self.at += length;
        self.line += 1;
        self.line_start = self.at;
        if found.starts_with('\u{2028}') || found.starts_with('\u{2029}') { found } else { "\n" }
    }

    /// True at `---` or `...` at the start of a line.
    fn at_document_indicator(&self) -> bool {
        self.at == self.line_start
            && matches!(self.bytes.get(self.at..self.at + 3), Some(b"---" | b"..."))
            && self.blank_or_end(self.at + 3)
    }

    /// Scans one more token, or several that belong together.
    fn fetch(&mut self) -> Result<(), Fail> {
        self.skip_to_token();
        let flow = self.in_flow();
        if !flow && (self.indent >= 0) {
            let column = self.column();
            self.unroll(column);
        }
        if self.at >= self.bytes.len() {
            return self.stream_end();
        }
        let line_start = self.at == self.line_start;
        match self.bytes[self.at] {
            b'%' if line_start => self.directive(),
            b'-' | b'.' if line_start && self.at_document_indicator() => self.document_indicator(),
            b'[' => self.flow_start(Kind::FlowSequenceStart),
            b'{' => self.flow_start(Kind::FlowMappingStart),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => self.flow_entry(),
            b'-' if self.blank_or_end(self.at + 1) => self.block_entry(),
            b'?' if flow || self.blank_or_end(self.at + 1) => self.key(),
            b':' if flow || self.blank_or_end(self.at + 1) => self.value(),
            b'*' => self.anchor(Kind::Alias),
            b'&' => self.anchor(Kind::Anchor),
            b'!' => self.tag(),
            b'|' if !flow => self.block_scalar(true),
            b'>' if !flow => self.block_scalar(false),
            b'\'' => self.quoted(true),
            b'"' => self.quoted(false),
            b'-' | b'?' | b':' => self.plain(),
            b' ' | b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => self.fail(
                self.at,
                "this character cannot start a value; a value that starts with it needs quotes",
            ),
            _ => self.plain(),
        }
    }

    /// Passes white space, comments and line breaks.
    fn skip_to_token(&mut self) {
        loop {
            // Tabs may separate, but not indent: no key can follow one.
            let tabs = self.in_flow() || !self.key_allowed;
            while self.byte(0) == b' ' || (tabs && self.byte(0) == b'\t') {
                self.at += 1;
            }
            if self.byte(0) == b'#' {
                self.skip_line();
            }
            match self.break_at(self.at) {
                0 => return,
                length => {
                    self.pass_break(length);
                    if !self.in_flow() {
                        self.key_allowed = true;
                    }
                }
            }
        }
    }

    /// Passes everything up to the next line break.
    fn skip_line(&mut self) {
        if self.ascii {
            let rest = &self.bytes[self.at..];
            self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            return;
        }
        while let Some(step) = self.bytes[self.at..].iter().position(|&byte| class::may_break(byte)) {
            self.at += step;
            if self.break_at(self.at) > 0 {
                return;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
    }

    /// Ends the block collections that stand further right than `column`.
    fn unroll(&mut self, column: i64) {
        while self.indent > column {
            self.push(Kind::BlockEnd, self.at);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Starts a block collection if `column` stands further right than the innermost one. `number` is the token
    /// before which it starts, `None` for the end of the queue.
    fn roll(&mut self, column: i64, number: Option<usize>, kind: Kind, at: usize) -> Result<(), Fail> {
        if self.in_flow() || self.indent >= column {
            return Ok(());
        }
        if self.indents.len() >= self.depth {
            return self.too_deep(at);
        }
        self.indents.push(self.indent);
        self.indent = column;
        let token = self.token(kind, at);
        match number {
            Some(number) => self.tokens.insert(number - self.taken, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    fn too_deep<T>(&self, at: usize) -> Result<T, Fail> {
        let detail = format!("more than {} levels of nesting", self.depth);
        Err(Fail { offset: at, reason: Reason::TooDeep, detail })
    }

    /// True if the key at a level may still be one here.
    fn is_valid(&mut self, level: usize) -> Result<bool, Fail> {
        let key = self.keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.line == self.line && !self.is_longer(key.at) {
            return Ok(true);
        }
        if key.required {
            return self.fail(key.at, "expected `:` after a key");
        }
        self.keys[level].possible = false;
        Ok(false)
    }

    /// True if more than 1,024 characters stand between `from` and here.
    fn is_longer(&self, from: usize) -> bool {
        let passed = self.at - from;
        // A character has one to four bytes.
        passed > KEY_CHARACTERS
            && (passed > 4 * KEY_CHARACTERS || text::characters(&self.bytes[from..self.at]) > KEY_CHARACTERS)
    }

    /// Notes that the next token may be a key; gives the mark for that token.
    fn save_key(&mut self) -> Result<usize, Fail> {
        if !self.key_allowed {
            return Ok(0);
        }
        let column = if self.in_flow() { 0 } else { self.column() };
        let required = !self.in_flow() && self.indent == column;
        self.remove_key()?;
        let level = self.keys.len() - 1;
        let number = self.taken + self.tokens.len();
        self.keys[level] =
            SimpleKey { possible: true, required, number, at: self.at, line: self.line, column };
        Ok(level + 1)
    }

    /// Forgets the possible key at this flow level.
    fn remove_key(&mut self) -> Result<(), Fail> {
        let level = self.keys.len() - 1;
        let key = &mut self.keys[level];
        if key.possible && key.required {
            let at = key.at;
            return self.fail(at, "expected `:` after a key");
        }
        key.possible = false;
        Ok(())
    }

    fn stream_end(&mut self) -> Result<(), Fail> {
        // No key can begin on the last line and end after it.
        self.line += usize::from(self.at > self.line_start);
        self.line_start = self.at;
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.ended = true;
        Ok(())
    }

    fn document_indicator(&mut self) -> Result<(), Fail> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let kind = if self.byte(0) == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
        self.push(kind, self.at);
        self.at += 3;
        Ok(())
    }

    fn flow_start(&mut self, kind: Kind) -> Result<(), Fail> {
        let key_level = self.save_key()?;
        if self.keys.len() > self.depth {
            return self.too_deep(self.at);
        }
        self.keys.push(SimpleKey::default());
        self.key_allowed = true;
        let token = Token { key_level, ..self.token(kind, self.at) };
        self.tokens.push_back(token);
        self.at += 1;
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind) -> Result<(), Fail> {
        self.remove_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.push(kind, self.at);
        self.at += 1;
        Ok(())
    }

    fn flow_entry(&mut self) -> Result<(), Fail> {
        self.remove_key()?;
        self.key_allowed = true;
        self.push(Kind::FlowEntry, self.at);
        self.at += 1;
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Fail> {
        if !self.in_flow() {
            if !self.key_allowed {
                return self.fail(self.at, "a list cannot start here: put `-` on a line of its own");
            }
            let column = self.column();
            self.roll(column, None, Kind::BlockSequenceStart, self.at)?;
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.push(Kind::BlockEntry, self.at);
        self.at += 1;
        Ok(())
    }

    fn key(&mut self) -> Result<(), Fail> {
        if !self.in_flow() {
            if !self.key_allowed {
                return self.fail(self.at, "a key cannot start here");
            }
            let column = self.column();
            self.roll(column, None, Kind::BlockMappingStart, self.at)?;
        }
        self.remove_key()?;
        self.key_allowed = !self.in_flow();
        self.push(Kind::Key, self.at);
        self.at += 1;
        Ok(())
    }

    fn value(&mut self) -> Result<(), Fail> {
        let level = self.keys.len() - 1;
        if self.is_valid(level)? {
            let key = self.keys[level];
            let token = self.token(Kind::Key, key.at);
            self.tokens.insert(key.number - self.taken, token);
            self.roll(key.column, Some(key.number), Kind::BlockMappingStart, key.at)?;
            self.keys[level].possible = false;
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.key_allowed {
                    return self.fail(
                        self.at,
                        "a second `:` cannot stand here; a value that holds `: ` needs quotes",
                    );
                }
                let column = self.column();
                self.roll(column, None, Kind::BlockMappingStart, self.at)?;
            }
            self.key_allowed = !self.in_flow();
        }
        self.push(Kind::Value, self.at);
        self.at += 1;
        Ok(())
    }
}
