//! Anchors, aliases, tags and directives.

use std::borrow::Cow;

use super::{Kind, Scanner, Token, class};
use crate::compose::Fail;

impl Scanner<'_> {
    pub(super) fn anchor(&mut self, kind: Kind) -> Result<(), Fail> {
        let key_level = self.save_key()?;
        self.key_allowed = false;
        let at = self.at;
        self.at += 1;
        let name = self.at;
        self.skip_word();
        let ends = self.blank_or_end(self.at)
            || matches!(self.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.at == name || !ends {
            return self.fail(at, "no name of an anchor; a value that starts with `*` or `&` needs quotes");
        }
        let value = Cow::Borrowed(&self.text[name..self.at]);
        self.tokens.push_back(Token { kind, at, value, handle: None, key_level });
        Ok(())
    }

    pub(super) fn tag(&mut self) -> Result<(), Fail> {
        let key_level = self.save_key()?;
        self.key_allowed = false;
        let at = self.at;
        let (handle, suffix) = self.tag_parts()?;
        if !self.blank_or_end(self.at) {
            return self.fail(at, "a blank has to follow a tag");
        }
        let value = Cow::Owned(suffix);
        self.tokens.push_back(Token { kind: Kind::Tag, at, value, handle: Some(handle.into()), key_level });
        Ok(())
    }

    /// Handle and suffix of a tag. The handle is empty for `!<...>` and for `!` alone.
    fn tag_parts(&mut self) -> Result<(String, String), Fail> {
        if self.byte(1) == b'<' {
            self.at += 2;
            let suffix = self.tag_uri("")?;
            if self.byte(0) != b'>' {
                return self.fail(self.at, "expected `>` at the end of a tag");
            }
            self.at += 1;
            return Ok((String::new(), suffix));
        }
        let handle = self.tag_handle(false)?;
        if handle.len() > 1 && handle.ends_with('!') {
            let suffix = self.tag_uri("")?;
            return Ok((handle, suffix));
        }
        let suffix = self.tag_uri(&handle)?;
        if suffix.is_empty() {
            return Ok((suffix, "!".into()));
        }
        Ok(("!".into(), suffix))
    }

    fn tag_handle(&mut self, directive: bool) -> Result<String, Fail> {
        let start = self.at;
        if self.byte(0) != b'!' {
            return self.fail(self.at, "expected `!`");
        }
        self.at += 1;
        self.skip_word();
        if self.byte(0) == b'!' {
            self.at += 1;
        } else if directive && self.at > start + 1 {
            return self.fail(self.at, "expected `!` at the end of a handle");
        }
        Ok(self.text[start..self.at].into())
    }

    /// The rest of a tag; `head` is what was taken for a handle before, whose `!` is left out.
    fn tag_uri(&mut self, head: &str) -> Result<String, Fail> {
        let mut uri = Vec::from(head.get(1..).unwrap_or_default());
        let start = self.at;
        loop {
            match self.byte(0) {
                b'%' => self.uri_escape(&mut uri)?,
                byte if class::is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.at += 1;
                }
                _ => break,
            }
        }
        if head.is_empty() && self.at == start {
            return self.fail(start, "expected the name of a tag");
        }
        String::from_utf8(uri).or_else(|_| self.fail(start, "the escapes of a tag are not UTF-8"))
    }

    fn uri_escape(&mut self, uri: &mut Vec<u8>) -> Result<(), Fail> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(self.byte(1)), digit(self.byte(2))) else {
            return self.fail(self.at, "expected two hexadecimal digits after `%`");
        };
        // Two hexadecimal digits fit a byte.
        uri.push((high << 4 | low) as u8);
        self.at += 3;
        Ok(())
    }

    pub(super) fn directive(&mut self) -> Result<(), Fail> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let at = self.at;
        self.at += 1;
        let name = self.at;
        self.skip_word();
        if self.at == name || !self.blank_or_end(self.at) {
            return self
                .fail(at, "expected the name of a directive; a value that starts with `%` needs quotes");
        }
        let mut token = self.token(Kind::TagDirective, at);
        match &self.text[name..self.at] {
            "YAML" => {
                self.skip_blanks();
                let major = self.version_number()?;
                if self.byte(0) != b'.' {
                    return self.fail(self.at, "expected `.` in a version");
                }
                self.at += 1;
                let minor = self.version_number()?;
                token.kind = Kind::Version { major, minor };
            }
            "TAG" => {
                self.skip_blanks();
                token.handle = Some(self.tag_handle(true)?.into());
                if !matches!(self.byte(0), b' ' | b'\t') {
                    return self.fail(self.at, "expected a blank after a handle");
                }
                self.skip_blanks();
                token.value = Cow::Owned(self.tag_uri("")?);
                if !self.blank_or_end(self.at) {
                    return self.fail(self.at, "expected a blank after the prefix of tags");
                }
            }
            _ => {
                return self.fail(
                    at,
                    "YAML does not know this directive; a value that starts with `%` needs quotes",
                );
            }
        }
        self.skip_blanks();
        if self.byte(0) == b'#' {
            self.skip_line();
        }
        match self.break_at(self.at) {
            0 if self.at < self.bytes.len() => {
                return self.fail(self.at, "only a comment may follow a directive");
            }
            0 => {}
            length => {
                self.pass_break(length);
            }
        }
        self.tokens.push_back(token);
        Ok(())
    }

    fn version_number(&mut self) -> Result<u8, Fail> {
        let start = self.at;
        let mut number = 0;
        while self.byte(0).is_ascii_digit() {
            if self.at - start == 2 {
                return self.fail(self.at, "the number of a version has two digits at most");
            }
            number = number * 10 + (self.byte(0) - b'0');
            self.at += 1;
        }
        if self.at == start {
            return self.fail(self.at, "expected the number of a version");
        }
        Ok(number)
    }

    fn skip_word(&mut self) {
        while class::is_word(self.byte(0)) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.byte(0), b' ' | b'\t') {
            self.at += 1;
        }
    }
}
