use std::borrow::Cow;
use std::fmt;

use crate::json::{Json, Object};
use crate::number;
use crate::write::first_escape;

/// How much a text may ask of the reader.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// arrays and objects that may stand inside each other
    pub depth: usize,
    /// bytes of one text
    pub bytes: usize,
}

impl Limits {
    /// Limits for bytes that this program wrote itself.
    pub const OURS: Limits = Limits { depth: 256, bytes: usize::MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 256, bytes: 64 << 20 }
    }
}

/// Why a text is no JSON that we read, and where. Line and column count from 1; the column counts characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// byte offset of the problem
    pub offset: usize,
    /// line of the problem
    pub line: usize,
    /// column of the problem
    pub column: usize,
    /// the problem in words
    pub reason: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.reason, self.line, self.column)
    }
}

impl std::error::Error for ParseError {}

/// A key that an object names again; the last value wins, as kubectl reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    /// line on which the object that holds the key ends, from 1
    pub line: usize,
    /// the key
    pub key: String,
}

/// A value and what was odd in its text.
#[derive(Clone, Debug)]
pub struct Parsed<'a> {
    /// the value
    pub value: Json<'a>,
    /// keys given more than once, in order of their text
    pub duplicates: Vec<Duplicate>,
}

/// Reads one JSON text.
pub fn parse<'a>(text: &'a str, limits: &Limits) -> Result<Parsed<'a>, ParseError> {
    let mut stream = Stream::new(text, *limits);
    let first = stream.next_value()?;
    let Some(parsed) = first else {
        return Err(stream.error(text.len(), "the text is empty"));
    };
    stream.skip_space();
    if stream.at < text.len() {
        return Err(stream.error(stream.at, "something follows the JSON value"));
    }
    Ok(parsed)
}

/// Reads one JSON text that must be UTF-8.
pub fn parse_bytes<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Parsed<'a>, ParseError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text, limits),
        Err(error) => {
            let (line, column) = position(bytes, error.valid_up_to());
            Err(ParseError {
                offset: error.valid_up_to(),
                line,
                column,
                reason: "bytes are not UTF-8".into(),
            })
        }
    }
}

fn position(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    (line, before[start..].iter().filter(|&&b| b & 0xC0 != 0x80).count() + 1)
}

/// Reads JSON values that follow each other in one text.
pub struct Stream<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    limits: Limits,
    duplicates: Vec<Duplicate>,
    /// elements of all arrays that are open, the innermost last: an array is made once its length is known
    items: Vec<Json<'a>>,
    /// members of all objects that are open
    members: Vec<(Cow<'a, str>, Json<'a>)>,
    /// an offset and its line, so that lines are counted once however many duplicates there are
    counted: (usize, usize),
}

impl<'a> Stream<'a> {
    /// A reader at the start of `text`.
    pub fn new(text: &'a str, limits: Limits) -> Self {
        Stream {
            text,
            at: 0,
            depth: 0,
            limits,
            duplicates: Vec::new(),
            items: Vec::new(),
            members: Vec::new(),
            counted: (0, 1),
        }
    }

    /// Byte offset of the next unread character.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next value, or `None` at the end of the text.
    pub fn next_value(&mut self) -> Result<Option<Parsed<'a>>, ParseError> {
        if self.text.len() > self.limits.bytes {
            return Err(self.error(0, format!("the text has more than {} bytes", self.limits.bytes)));
        }
        self.skip_space();
        if self.at == self.text.len() {
            return Ok(None);
        }
        // A value that was refused has left its parts behind.
        self.items.clear();
        self.members.clear();
        let value = self.value()?;
        Ok(Some(Parsed { value, duplicates: std::mem::take(&mut self.duplicates) }))
    }

    fn error(&self, offset: usize, reason: impl Into<String>) -> ParseError {
        let (line, column) = position(self.text.as_bytes(), offset);
        ParseError { offset, line, column, reason: reason.into() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Json<'a>, ParseError> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(Json::Str(self.string()?)),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.error(self.at, "expected a JSON value")),
            None => Err(self.error(self.at, "the text ends where a value should stand")),
        }
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Json<'a>, ParseError>,
    ) -> Result<Json<'a>, ParseError> {
        if self.depth == self.limits.depth {
            return Err(self.error(self.at, format!("more than {} levels of nesting", self.limits.depth)));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Json<'a>, ParseError> {
        let base = self.items.len();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Arr(Vec::new()));
        }
        loop {
            self.skip_space();
            let item = self.value()?;
            self.items.push(item);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::Arr(self.items.drain(base..).collect()));
                }
                _ => return Err(self.error(self.at, "expected `,` or `]` in an array")),
            }
        }
    }

    fn object(&mut self) -> Result<Json<'a>, ParseError> {
        let base = self.members.len();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Obj(Object::new()));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.error(self.at, "expected a member name in quotes"));
            }
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.error(self.at, "expected `:` after a member name"));
            }
            self.at += 1;
            self.skip_space();
            let value = self.value()?;
            self.members.push((key, value));
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    let mut again = Vec::new();
                    let members = self.members.drain(base..).collect();
                    let object = Object::from_members(members, |key| again.push(key.to_string()));
                    if !again.is_empty() {
                        let line = self.line();
                        self.duplicates.extend(again.into_iter().map(|key| Duplicate { line, key }));
                    }
                    return Ok(Json::Obj(object));
                }
                _ => return Err(self.error(self.at, "expected `,` or `}` in an object")),
            }
        }
    }

    /// The line of the cursor.
    fn line(&mut self) -> usize {
        let (from, line) = self.counted;
        let more = self.text.as_bytes()[from..self.at].iter().filter(|&&byte| byte == b'\n').count();
        self.counted = (self.at, line + more);
        line + more
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, ParseError> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.error(self.at, "expected a JSON value"))
    }

    fn digits(&mut self) -> Result<(), ParseError> {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == from {
            return Err(self.error(self.at, "expected a digit"));
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json<'a>, ParseError> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        number::read(&self.text[from..self.at])
            .ok_or_else(|| self.error(from, "the number is outside of binary64"))
    }

    /// Reads a string; the cursor stands on its opening quote.
    fn string(&mut self) -> Result<Cow<'a, str>, ParseError> {
        self.at += 1;
        let from = self.at;
        self.pass_plain();
        match self.peek() {
            Some(b'"') => {
                let text = &self.text[from..self.at];
                self.at += 1;
                Ok(Cow::Borrowed(text))
            }
            Some(b'\\') => self.escaped(from).map(Cow::Owned),
            Some(_) => Err(self.error(self.at, "a control character stands in a string")),
            None => Err(self.error(self.at, "the text ends inside a string")),
        }
    }

    /// Passes the characters of a string up to a quote, a backslash or a control character.
    fn pass_plain(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += first_escape(rest).unwrap_or(rest.len());
    }

    fn escaped(&mut self, from: usize) -> Result<String, ParseError> {
        let bytes = self.text.as_bytes();
        let mut out = String::from(&self.text[from..self.at]);
        loop {
            let run = self.at;
            self.pass_plain();
            out.push_str(&self.text[run..self.at]);
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.error(self.at, "a control character stands in a string")),
                None => return Err(self.error(self.at, "the text ends inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let start = self.at;
        let kind = self.text.as_bytes().get(self.at + 1).copied();
        self.at += 2;
        Ok(match kind {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let high = self.hex4(start)?;
                let code = match high {
                    0xD800..0xDC00 if self.text.as_bytes()[self.at..].starts_with(b"\\u") => {
                        self.at += 2;
                        match self.hex4(start)? {
                            low @ 0xDC00..0xE000 => 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00),
                            _ => high,
                        }
                    }
                    _ => high,
                };
                char::from_u32(code)
                    .ok_or_else(|| self.error(start, "a lone surrogate stands in a string"))?
            }
            _ => return Err(self.error(start, "unknown escape in a string")),
        })
    }

    fn hex4(&mut self, start: usize) -> Result<u32, ParseError> {
        let bad = |this: &Self| this.error(start, "expected four hexadecimal digits after `\\u`");
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or_else(|| bad(self))?;
        let mut code = 0;
        for &digit in digits {
            code = code << 4 | char::from(digit).to_digit(16).ok_or_else(|| bad(self))?;
        }
        self.at += 4;
        Ok(code)
    }
}
