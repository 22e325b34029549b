//! Regular expressions in Go's syntax, translated for the crate `regex`: classes such as `\d` mean ASCII, and
//! what Go refuses is refused.

use std::iter::Peekable;
use std::str::Chars;

/// Largest compiled regular expression, in bytes.
const COMPILED_BYTES: usize = 1 << 20;
/// Most repetitions, nested ones multiplied.
const MAX_REPEAT: u32 = 1_000;
/// Groups inside each other.
const MAX_GROUPS: usize = 200;

/// Compiles a pattern.
pub(crate) fn compile(pattern: &str) -> Result<regex::Regex, String> {
    let translated = Translator::new(pattern).run()?;
    regex::RegexBuilder::new(&translated)
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(COMPILED_BYTES)
        .nest_limit(2 * MAX_GROUPS as u32)
        .build()
        .map_err(|error| error.to_string())
}

/// What a repetition would apply to.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// nothing stands here yet
    Nothing,
    /// an atom that repeats at most so often inside
    Atom(u32),
    /// an atom with its repetition
    Repeated(u32),
}

struct Translator<'p> {
    rest: Peekable<Chars<'p>>,
    pattern: &'p str,
    out: String,
    last: Last,
    /// for each open group: the largest repetition inside of it so far
    groups: Vec<u32>,
}

type Step = Result<(), String>;

fn hex(c: char) -> String {
    format!("\\x{{{:X}}}", c as u32)
}

/// The ASCII class behind a letter, without its brackets.
fn perl_class(letter: char) -> Option<(&'static str, bool)> {
    Some(match letter {
        'd' => ("0-9", false),
        'D' => ("0-9", true),
        's' => ("\\t\\n\\f\\r ", false),
        'S' => ("\\t\\n\\f\\r ", true),
        'w' => ("0-9A-Za-z_", false),
        'W' => ("0-9A-Za-z_", true),
        _ => return None,
    })
}

impl<'p> Translator<'p> {
    fn new(pattern: &'p str) -> Self {
        let rest = pattern.chars().peekable();
        Translator { rest, pattern, out: String::new(), last: Last::Nothing, groups: Vec::new() }
    }

    fn error<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("{what} in `{}`", self.pattern))
    }

    fn eat(&mut self, c: char) -> bool {
        self.rest.next_if_eq(&c).is_some()
    }

    fn run(mut self) -> Result<String, String> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => {
                    self.note_last();
                    self.last = Last::Nothing;
                    self.out.push('|');
                }
                '*' | '+' | '?' => self.repeat(&c.to_string(), 1)?,
                '{' => self.braces()?,
                '.' | '^' | '$' => self.atom(&c.to_string()),
                c => self.atom(&hex(c)),
            }
        }
        if self.groups.is_empty() { Ok(self.out) } else { self.error("missing closing )") }
    }

    fn atom(&mut self, text: &str) {
        self.note_last();
        self.last = Last::Atom(1);
        self.out.push_str(text);
    }

    /// Remembers how often the atom before repeats, for the group around it.
    fn note_last(&mut self) {
        if let (Some(most), Last::Atom(times) | Last::Repeated(times)) = (self.groups.last_mut(), self.last) {
            *most = (*most).max(times);
        }
    }

    fn repeat(&mut self, text: &str, times: u32) -> Step {
        let inner = match self.last {
            Last::Nothing => return self.error("missing argument to repetition operator"),
            Last::Repeated(_) => return self.error("invalid nested repetition operator"),
            Last::Atom(inner) => inner,
        };
        let product = inner.saturating_mul(times.max(1));
        if product > MAX_REPEAT {
            return self.error("invalid repeat count");
        }
        self.out.push_str(text);
        if self.eat('?') {
            self.out.push('?');
        }
        self.last = Last::Repeated(product);
        Ok(())
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else is text.
    fn braces(&mut self) -> Step {
        let ahead: String = self.rest.clone().take_while(|c| *c != '}').take(12).collect();
        let closed = self.rest.clone().nth(ahead.chars().count()) == Some('}');
        let number = |text: &str| {
            let plain = !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_digit())
                && (text.len() == 1 || !text.starts_with('0'));
            plain.then(|| text.parse::<u32>().unwrap_or(u32::MAX))
        };
        let bounds = match ahead.split_once(',') {
            None => number(&ahead).map(|least| (least, Some(least))),
            Some((least, "")) => number(least).map(|least| (least, None)),
            Some((least, most)) => number(least).zip(number(most)).map(|(least, most)| (least, Some(most))),
        };
        let Some((least, most)) = bounds.filter(|_| closed) else {
            self.atom(&hex('{'));
            return Ok(());
        };
        if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
            return self.error("invalid repeat count");
        }
        for _ in 0..=ahead.chars().count() {
            self.rest.next();
        }
        self.repeat(&format!("{{{ahead}}}"), most.unwrap_or(least))
    }

    fn open(&mut self) -> Step {
        self.note_last();
        if self.groups.len() == MAX_GROUPS {
            return self.error("expression nests too deeply");
        }
        if !self.eat('?') {
            self.out.push('(');
            return self.enter();
        }
        let named = self.eat('P');
        if self.eat('<') {
            let name: String =
                std::iter::from_fn(|| self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_'))
                    .collect();
            if name.is_empty() || !self.eat('>') {
                return self.error("invalid named capture");
            }
            // Nobody asks for the name, and upstream takes one twice.
            self.out.push('(');
            return self.enter();
        }
        if named {
            return self.error("invalid or unsupported Perl syntax");
        }
        let flags: String = std::iter::from_fn(|| self.rest.next_if(|c| "imsU-".contains(*c))).collect();
        let (on, off) = flags.split_once('-').unwrap_or((&flags, "i"));
        if off.is_empty()
            || off.contains('-')
            || on.is_empty() && !flags.contains('-') && self.rest.peek() != Some(&':')
        {
            return self.error("missing argument to flags");
        }
        match self.rest.next() {
            Some(':') => {
                self.out.push_str(&format!("(?{flags}:"));
                self.enter()
            }
            Some(')') => {
                self.out.push_str(&format!("(?{flags})"));
                self.last = Last::Nothing;
                Ok(())
            }
            _ => self.error("invalid or unsupported Perl syntax"),
        }
    }

    fn enter(&mut self) -> Step {
        self.groups.push(1);
        self.last = Last::Nothing;
        Ok(())
    }

    fn close(&mut self) -> Step {
        self.note_last();
        let Some(most) = self.groups.pop() else { return self.error("unexpected )") };
        self.out.push(')');
        self.last = Last::Atom(most);
        Ok(())
    }

    fn escape(&mut self) -> Step {
        let Some(c) = self.rest.next() else { return self.error("trailing backslash at end of expression") };
        if let Some((class, negated)) = perl_class(c) {
            self.atom(&format!("[{}{class}]", if negated { "^" } else { "" }));
            return Ok(());
        }
        match c {
            'Q' => {
                while let Some(c) = self.rest.next() {
                    if c == '\\' && self.eat('E') {
                        break;
                    }
                    self.atom(&hex(c));
                }
            }
            'b' => self.atom("(?-u:\\b)"),
            // The ASCII form could match inside of a character.
            'B' => self.atom("\\B"),
            'A' | 'z' => self.atom(&format!("\\{c}")),
            'p' | 'P' => {
                let class = self.unicode_class(c)?;
                self.atom(&class);
            }
            c => {
                let c = self.char_escape(c)?;
                self.atom(&hex(c));
            }
        }
        Ok(())
    }

    /// `\pL`, `\p{Greek}`, `\p{^Greek}` behind the letter.
    fn unicode_class(&mut self, letter: char) -> Result<String, String> {
        let mut name = String::new();
        if self.eat('{') {
            name.extend(std::iter::from_fn(|| self.rest.next_if(|c| *c != '}')));
            if !self.eat('}') {
                return self.error("invalid character class range");
            }
        } else {
            name.extend(self.rest.next());
        }
        let negated = name.starts_with('^') != (letter == 'P');
        let name = name.trim_start_matches('^');
        let known = name.starts_with(|c: char| c.is_ascii_uppercase())
            && !name.starts_with("Is")
            && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        if !known {
            return self.error("invalid character class range");
        }
        Ok(format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' }))
    }

    /// The character that an escape stands for.
    fn char_escape(&mut self, c: char) -> Result<char, String> {
        let code = match c {
            'a' => 7,
            'f' => 12,
            't' => 9,
            'n' => 10,
            'r' => 13,
            'v' => 11,
            '0'..='7' => {
                let mut code = c as u32 - '0' as u32;
                if c != '0' && !self.rest.peek().is_some_and(|c| ('0'..='7').contains(c)) {
                    return self.error("invalid escape sequence");
                }
                for _ in 0..2 {
                    match self.rest.next_if(|c| ('0'..='7').contains(c)) {
                        Some(digit) => code = code * 8 + (digit as u32 - '0' as u32),
                        None => break,
                    }
                }
                code
            }
            'x' => {
                let braced = self.eat('{');
                let most = if braced { 8 } else { 2 };
                let digits: String =
                    std::iter::from_fn(|| self.rest.next_if(char::is_ascii_hexdigit)).take(most).collect();
                let complete = if braced { !digits.is_empty() && self.eat('}') } else { digits.len() == 2 };
                match u32::from_str_radix(&digits, 16) {
                    Ok(code) if complete => code,
                    _ => return self.error("invalid escape sequence"),
                }
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c as u32,
            _ => return self.error("invalid escape sequence"),
        };
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => self.error("invalid escape sequence"),
        }
    }

    fn class(&mut self) -> Step {
        let mut class = String::from("[");
        if self.eat('^') {
            class.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.rest.next() else { return self.error("missing closing ]") };
            match c {
                ']' if !first => break,
                '[' if self.rest.peek() == Some(&':') && self.posix_ahead() => self.posix(&mut class)?,
                '\\' if self.rest.peek().is_some_and(|c| perl_class(*c).is_some()) => {
                    let letter = self.rest.next().unwrap_or('d');
                    let (of, negated) = perl_class(letter).unwrap_or(("", false));
                    class.push_str(&format!("[{}{of}]", if negated { "^" } else { "" }));
                }
                '\\' if matches!(self.rest.peek(), Some('p' | 'P')) => {
                    let letter = self.rest.next().unwrap_or('p');
                    class.push_str(&self.unicode_class(letter)?);
                }
                c => self.range(c, &mut class)?,
            }
            first = false;
        }
        class.push(']');
        self.atom(&class);
        Ok(())
    }

    fn posix_ahead(&self) -> bool {
        let ahead: String = self.rest.clone().take(16).collect();
        ahead.contains(":]")
    }

    fn posix(&mut self, class: &mut String) -> Step {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
            "space", "upper", "word", "xdigit",
        ];
        self.rest.next();
        let name: String = std::iter::from_fn(|| self.rest.next_if(|c| *c != ':')).collect();
        self.rest.next();
        if !self.eat(']') || !NAMES.contains(&name.trim_start_matches('^')) {
            return self.error("invalid character class range");
        }
        class.push_str(&format!("[:{name}:]"));
        Ok(())
    }

    /// One character of a class, or a range that begins with it.
    fn range(&mut self, c: char, class: &mut String) -> Step {
        let low = self.class_char(c)?;
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.next(), Some(']') | None) {
            class.push_str(&hex(low));
            return Ok(());
        }
        self.rest.next();
        let Some(c) = self.rest.next() else { return self.error("missing closing ]") };
        let high = self.class_char(c)?;
        if high < low {
            return self.error("invalid character class range");
        }
        class.push_str(&format!("{}-{}", hex(low), hex(high)));
        Ok(())
    }

    fn class_char(&mut self, c: char) -> Result<char, String> {
        if c != '\\' {
            return Ok(c);
        }
        match self.rest.next() {
            Some(c) => self.char_escape(c),
            None => self.error("trailing backslash at end of expression"),
        }
    }
}
