//! Tokens of the language, and what the escapes in its strings mean.

use crate::error::CompileError;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Int(String),
    Uint(String),
    Float(String),
    Str(String),
    Bytes(Vec<u8>),
    Ident(String),
    Quoted,
    True,
    False,
    Null,
    In,
    /// an operator or a bracket
    Op(&'static str),
    End,
}

#[derive(Clone, Debug)]
pub(crate) struct Spanned {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

/// Longest first where one is the start of another.
const OPERATORS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":",
    "+", "*", "/", "%", "=",
];

/// Cuts a source into tokens; the last one is `End`.
pub(crate) fn tokens(source: &str) -> Result<Vec<Spanned>, CompileError> {
    let mut lexer = Lexer { source, at: 0 };
    let mut out = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let token = lexer.token()?;
        let last = token == Token::End;
        out.push(Spanned { token, start, end: lexer.at });
        if last {
            return Ok(out);
        }
    }
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn bytes(&self) -> &'s [u8] {
        self.source.as_bytes()
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        loop {
            match self.peek(0) {
                b'\t' | b' ' | b'\r' | b'\n' | 0x0C => self.at += 1,
                b'/' if self.peek(1) == b'/' => {
                    let rest = &self.source[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    fn error(&self, start: usize, message: impl Into<String>) -> CompileError {
        CompileError::new(self.source, start, message)
    }

    fn unknown(&self, start: usize) -> CompileError {
        let shown: String = self.source[start..].chars().take(10).collect();
        self.error(start, format!("syntax error: `{shown}` is no token"))
    }

    fn token(&mut self) -> Result<Token, CompileError> {
        let start = self.at;
        if start >= self.source.len() {
            return Ok(Token::End);
        }
        let first = self.peek(0);
        match first {
            b'0'..=b'9' => Ok(self.number()),
            b'.' if self.peek(1).is_ascii_digit() => Ok(self.number()),
            b'"' | b'\'' => self.string(start, false).map(|bytes| text(bytes).map(Token::Str))?,
            b'`' => self.quoted(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                if let Some((raw, bytes)) = self.string_prefix() {
                    let content = self.string_content(start, raw, bytes)?;
                    return if bytes { Ok(Token::Bytes(content)) } else { text(content).map(Token::Str) };
                }
                Ok(self.word())
            }
            _ => {
                let rest = &self.source[start..];
                match OPERATORS.iter().find(|op| rest.starts_with(**op)) {
                    Some(&op) if op != "=" => {
                        self.at += op.len();
                        Ok(Token::Op(op))
                    }
                    _ => Err(self.unknown(start)),
                }
            }
        }
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        while matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9') {
            self.at += 1;
        }
        match &self.source[start..self.at] {
            "true" => Token::True,
            "false" => Token::False,
            "null" => Token::Null,
            "in" => Token::In,
            word => Token::Ident(word.to_string()),
        }
    }

    fn quoted(&mut self) -> Result<Token, CompileError> {
        let start = self.at;
        self.at += 1;
        while matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | b'.' | b'-' | b'/' | b' ')
        {
            self.at += 1;
        }
        if self.peek(0) != b'`' || self.at == start + 1 {
            return Err(self.unknown(start));
        }
        self.at += 1;
        Ok(Token::Quoted)
    }

    fn digits(&mut self) {
        while self.peek(0).is_ascii_digit() {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        if self.peek(0) == b'0' && self.peek(1) == b'x' && self.peek(2).is_ascii_hexdigit() {
            self.at += 2;
            while self.peek(0).is_ascii_hexdigit() {
                self.at += 1;
            }
            return self.integer(start);
        }
        self.digits();
        let mut float = false;
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            float = true;
            self.at += 1;
            self.digits();
        }
        let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
        if matches!(self.peek(0), b'e' | b'E') && self.peek(1 + sign).is_ascii_digit() {
            float = true;
            self.at += 1 + sign;
            self.digits();
        }
        if float { Token::Float(self.source[start..self.at].to_string()) } else { self.integer(start) }
    }

    fn integer(&mut self, start: usize) -> Token {
        let digits = self.source[start..self.at].to_string();
        if matches!(self.peek(0), b'u' | b'U') {
            self.at += 1;
            return Token::Uint(digits);
        }
        Token::Int(digits)
    }

    /// `r`, `b` or `br` directly before a quote: (raw, bytes). Moves to the quote.
    fn string_prefix(&mut self) -> Option<(bool, bool)> {
        let lower = |ahead: usize| self.peek(ahead).to_ascii_lowercase();
        let quote = |ahead: usize| matches!(self.peek(ahead), b'"' | b'\'');
        let (len, raw, bytes) = match (lower(0), lower(1)) {
            (b'r', _) if quote(1) => (1, true, false),
            (b'b', _) if quote(1) => (1, false, true),
            (b'b', b'r') if quote(2) => (2, true, true),
            _ => return None,
        };
        self.at += len;
        Some((raw, bytes))
    }

    fn string(&mut self, start: usize, raw: bool) -> Result<Vec<u8>, CompileError> {
        self.string_content(start, raw, false)
    }

    /// The content of a string whose opening quote is at the cursor.
    fn string_content(&mut self, start: usize, raw: bool, bytes: bool) -> Result<Vec<u8>, CompileError> {
        let quote = self.peek(0);
        let long = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if long { 3 } else { 1 };
        let mut out = Vec::new();
        loop {
            if self.at >= self.source.len() {
                return Err(self.unknown(start));
            }
            let byte = self.peek(0);
            if byte == quote && (!long || self.peek(1) == quote && self.peek(2) == quote) {
                self.at += if long { 3 } else { 1 };
                return Ok(out);
            }
            match byte {
                b'\\' if !raw => self.escape(start, bytes, &mut out)?,
                b'\r' | b'\n' if !long => return Err(self.unknown(start)),
                b'\r' => {
                    // A line break reads the same whatever the file's line ends are.
                    self.at += if self.peek(1) == b'\n' { 2 } else { 1 };
                    out.push(b'\n');
                }
                _ => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, start: usize, bytes: bool, out: &mut Vec<u8>) -> Result<(), CompileError> {
        let (plain, digits, radix) = match self.peek(1) {
            b'a' => (7, 0, 0),
            b'b' => (8, 0, 0),
            b'f' => (12, 0, 0),
            b'n' => (10, 0, 0),
            b'r' => (13, 0, 0),
            b't' => (9, 0, 0),
            b'v' => (11, 0, 0),
            c @ (b'"' | b'\'' | b'\\' | b'?' | b'`') => (c, 0, 0),
            b'x' | b'X' => (0, 2, 16),
            b'u' => (0, 4, 16),
            b'U' => (0, 8, 16),
            b'0'..=b'3' => (0, 3, 8),
            _ => return Err(self.unknown(start)),
        };
        if digits == 0 {
            out.push(plain);
            self.at += 2;
            return Ok(());
        }
        let from = self.at + if radix == 8 { 1 } else { 2 };
        let unicode = matches!(self.peek(1), b'u' | b'U');
        let code = self.source.get(from..from + digits).filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = code.and_then(|t| u32::from_str_radix(t, radix).ok()) else {
            return Err(self.unknown(start));
        };
        self.at = from + digits;
        if bytes {
            if unicode {
                return Err(self.error(start, "a Unicode escape stands in bytes"));
            }
            out.push(code as u8);
            return Ok(());
        }
        let Some(c) = char::from_u32(code) else {
            return Err(self.error(start, "an escape is no Unicode code point"));
        };
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
}

fn text(bytes: Vec<u8>) -> Result<String, CompileError> {
    // Only whole characters of the source and encoded code points go in.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
