//! Just enough of the protocol buffers text format to read the cases of the CEL specification.

/// A value of a field.
#[derive(Clone, Debug)]
pub enum Node {
    Text(Vec<u8>),
    Word(String),
    Message(Message),
}

#[derive(Clone, Debug, Default)]
pub struct Message(pub Vec<(String, Node)>);

impl Message {
    pub fn all<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Node> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, node)| node)
    }

    pub fn get<'m>(&'m self, name: &'m str) -> Option<&'m Node> {
        self.all(name).next()
    }

    pub fn messages<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Message> {
        self.all(name).filter_map(Node::message)
    }

    pub fn text(&self, name: &str) -> String {
        match self.get(name) {
            Some(Node::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            Some(Node::Word(word)) => word.clone(),
            _ => String::new(),
        }
    }
}

impl Node {
    pub fn message(&self) -> Option<&Message> {
        match self {
            Node::Message(message) => Some(message),
            _ => None,
        }
    }
}

pub fn read(text: &str) -> Message {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    let message = reader.message();
    assert_eq!(reader.at, text.len(), "the text format goes on after its end");
    message
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> u8 {
        loop {
            match self.bytes.get(self.at) {
                Some(b'#') => {
                    while !matches!(self.bytes.get(self.at), None | Some(b'\n')) {
                        self.at += 1;
                    }
                }
                Some(byte) if byte.is_ascii_whitespace() => self.at += 1,
                Some(byte) => return *byte,
                None => return 0,
            }
        }
    }

    fn word(&mut self) -> String {
        self.peek();
        let from = self.at;
        if self.bytes[from] == b'[' {
            while self.bytes[self.at] != b']' {
                self.at += 1;
            }
            self.at += 1;
        }
        while self.bytes.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || b"_.+-".contains(b)) {
            self.at += 1;
        }
        assert!(self.at > from, "no word at byte {from}");
        String::from_utf8_lossy(&self.bytes[from..self.at]).into_owned()
    }

    /// Fields up to the closing brace or the end.
    fn message(&mut self) -> Message {
        let mut fields = Vec::new();
        loop {
            match self.peek() {
                0 | b'}' | b'>' => return Message(fields),
                b',' | b';' => self.at += 1,
                _ => {
                    let name = self.word();
                    if self.peek() == b':' {
                        self.at += 1;
                    }
                    if self.peek() == b'[' {
                        self.at += 1;
                        while self.peek() != b']' {
                            fields.push((name.clone(), self.value()));
                            if self.peek() == b',' {
                                self.at += 1;
                            }
                        }
                        self.at += 1;
                    } else {
                        fields.push((name, self.value()));
                    }
                }
            }
        }
    }

    fn value(&mut self) -> Node {
        match self.peek() {
            b'{' | b'<' => {
                self.at += 1;
                let message = self.message();
                assert!(matches!(self.peek(), b'}' | b'>'));
                self.at += 1;
                Node::Message(message)
            }
            b'"' | b'\'' => {
                let mut out = Vec::new();
                while matches!(self.peek(), b'"' | b'\'') {
                    self.string(&mut out);
                }
                Node::Text(out)
            }
            _ => Node::Word(self.word()),
        }
    }

    fn string(&mut self, out: &mut Vec<u8>) {
        let quote = self.bytes[self.at];
        self.at += 1;
        while self.bytes[self.at] != quote {
            let byte = self.bytes[self.at];
            self.at += 1;
            if byte != b'\\' {
                out.push(byte);
                continue;
            }
            let escape = self.bytes[self.at];
            self.at += 1;
            match escape {
                b'n' => out.push(b'\n'),
                b'r' => out.push(b'\r'),
                b't' => out.push(b'\t'),
                b'a' => out.push(7),
                b'b' => out.push(8),
                b'f' => out.push(12),
                b'v' => out.push(11),
                b'x' => out.push(self.code(2, 16) as u8),
                b'u' => self.unicode(4, out),
                b'U' => self.unicode(8, out),
                b'0'..=b'7' => {
                    self.at -= 1;
                    let len = self.bytes[self.at..]
                        .iter()
                        .take(3)
                        .take_while(|b| (b'0'..=b'7').contains(b))
                        .count();
                    out.push(self.code(len, 8) as u8);
                }
                other => out.push(other),
            }
        }
        self.at += 1;
    }

    fn code(&mut self, len: usize, radix: u32) -> u32 {
        let digits = std::str::from_utf8(&self.bytes[self.at..self.at + len]).unwrap();
        self.at += len;
        u32::from_str_radix(digits, radix).unwrap()
    }

    fn unicode(&mut self, len: usize, out: &mut Vec<u8>) {
        let c = char::from_u32(self.code(len, 16)).unwrap();
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
