//! From tokens to a JSON value: the grammar of libyaml, the decoding of go-yaml v2, the keys of sigs.k8s.io/yaml.

mod alias;
mod flow;
mod mapping;

use std::borrow::Cow;

use nachweis_canon::{Duplicate, Json};

use crate::resolve::{self, Refusal, Scalar};
use crate::scanner::{Kind, Scanner, Style};
use crate::text::Place;
use crate::unread::Reason;
use crate::{Limits, detect};
use alias::Aliases;
use mapping::Member;

/// Why a document was refused; `offset` counts from its start.
#[derive(Debug)]
pub(crate) struct Fail {
    pub offset: usize,
    pub reason: Reason,
    pub detail: String,
}

/// A document that was read.
pub(crate) struct Composed<'a> {
    pub value: Json<'a>,
    /// offset of its first token
    pub start: usize,
    /// keys that were given again, with their offsets
    pub duplicates: Vec<(usize, String)>,
    /// offset of text that follows the end of the document
    pub rest: Option<usize>,
}

/// Reads the first document of `text`, which holds no separator line of its own.
pub(crate) fn document<'a>(text: &'a str, limits: &Limits) -> Result<Composed<'a>, Fail> {
    if let Some((offset, code)) = detect::forbidden_character(text) {
        let reason = if code == 0 { Reason::Binary } else { Reason::YamlSyntax };
        return Err(Fail { offset, reason, detail: format!("the character U+{code:04X} is not allowed") });
    }
    let mut composer = Composer {
        scanner: Scanner::new(text, limits.depth),
        depth: 0,
        max_depth: limits.depth,
        handles: Vec::new(),
        members: Vec::with_capacity(16),
        items: Vec::with_capacity(8),
        aliases: Aliases::new(limits),
        duplicates: Vec::new(),
    };
    composer.document(text).map_err(|fail| match fail.reason {
        Reason::YamlSyntax if text[fail.offset..].trim().is_empty() => {
            Fail { reason: Reason::Truncated, detail: "the text ends too early".into(), ..fail }
        }
        _ => fail,
    })
}

/// Duplicates with the lines of their offsets; `first` is the line on which `bytes` start.
pub(crate) fn with_lines(mut found: Vec<(usize, String)>, bytes: &[u8], first: usize) -> Vec<Duplicate> {
    found.sort();
    let mut place = Place { line: first, ..Place::START };
    let line = |(offset, key)| {
        place.advance(bytes, offset);
        Duplicate { line: place.line, key }
    };
    found.into_iter().map(line).collect()
}

/// What a node stands for.
#[derive(Clone)]
enum Node<'a> {
    Scalar(Scalar<'a>),
    /// `<<` as a key: members of other mappings follow. As a value it is a string.
    Merge,
    Tree(Json<'a>),
}

impl<'a> Node<'a> {
    const NULL: Node<'a> = Node::Scalar(Scalar::Null);

    fn into_json(self) -> Result<Json<'a>, Refusal> {
        match self {
            Node::Scalar(scalar) => scalar.into_json(),
            Node::Merge => Ok(Json::Str("<<".into())),
            Node::Tree(value) => Ok(value),
        }
    }
}

/// Anchor and tag before a node.
#[derive(Default)]
struct Properties<'a> {
    anchor: Option<Cow<'a, str>>,
    tag: Option<String>,
}

struct Composer<'a> {
    scanner: Scanner<'a>,
    depth: usize,
    max_depth: usize,
    /// handles of `%TAG` directives
    handles: Vec<(Box<str>, String)>,
    /// members of all mappings that are open, the innermost last
    members: Vec<Member<'a>>,
    /// elements of all lists that are open, the innermost last
    items: Vec<Json<'a>>,
    aliases: Aliases<'a>,
    duplicates: Vec<(usize, String)>,
}

impl<'a> Composer<'a> {
    fn document(&mut self, text: &'a str) -> Result<Composed<'a>, Fail> {
        let explicit =
            matches!(self.scanner.peek()?, Kind::Version { .. } | Kind::TagDirective | Kind::DocumentStart);
        if explicit {
            self.directives()?;
            let at = self.scanner.peek_at()?;
            if self.scanner.take()?.kind != Kind::DocumentStart {
                return syntax(at, "expected `---` after a directive");
            }
        }
        let start = self.scanner.peek_at()?;
        let value = match self.scanner.peek()? {
            Kind::StreamEnd => Json::Null,
            Kind::Version { .. } | Kind::TagDirective | Kind::DocumentStart | Kind::DocumentEnd
                if explicit =>
            {
                Json::Null
            }
            _ => {
                let node = self.node(true, false)?;
                json(node, start)?
            }
        };
        let rest = match self.scanner.peek()? {
            Kind::StreamEnd => None,
            Kind::DocumentEnd => after_end(text, self.scanner.peek_at()? + 3),
            _ => Some(self.scanner.peek_at()?),
        };
        Ok(Composed { value, start, duplicates: std::mem::take(&mut self.duplicates), rest })
    }

    fn directives(&mut self) -> Result<(), Fail> {
        let mut version = false;
        loop {
            match self.scanner.peek()? {
                Kind::Version { major, minor } => {
                    let at = self.scanner.take()?.at;
                    if version {
                        return syntax(at, "a second `%YAML` directive");
                    }
                    if (major, minor) != (1, 1) {
                        return syntax(at, "kubectl reads YAML 1.1 only: leave the directive out");
                    }
                    version = true;
                }
                Kind::TagDirective => {
                    let token = self.scanner.take()?;
                    let handle = token.handle.unwrap_or_default();
                    if self.handles.iter().any(|(known, _)| *known == handle) {
                        return syntax(token.at, "a second `%TAG` directive for the same handle");
                    }
                    self.handles.push((handle, token.value.into_owned()));
                }
                _ => return Ok(()),
            }
        }
    }

    /// A node. `block`: block collections may stand here; `indentless`: so may a list that is not indented.
    fn node(&mut self, block: bool, indentless: bool) -> Result<Node<'a>, Fail> {
        let start = self.scanner.peek_at()?;
        if self.scanner.peek()? == Kind::Alias {
            let name = self.scanner.take()?.value;
            return self.aliases.resolve(&name, start, self.depth, self.max_depth);
        }
        let properties = self.properties()?;
        let anchor = properties.anchor.as_ref().map(|name| self.aliases.open(name.clone()));
        let node = match self.scanner.peek()? {
            Kind::BlockEntry if indentless => self.nested(start, Self::indentless_sequence)?,
            Kind::Scalar(style) => {
                let text = self.scanner.take()?.value;
                self.scalar(text, style, properties.tag.as_deref(), start)?
            }
            Kind::FlowSequenceStart => self.nested(start, Self::flow_sequence)?,
            Kind::FlowMappingStart => self.nested(start, Self::flow_mapping)?,
            Kind::BlockSequenceStart if block => self.nested(start, Self::block_sequence)?,
            Kind::BlockMappingStart if block => self.nested(start, Self::block_mapping)?,
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                self.scalar(Cow::Borrowed(""), Style::Plain, properties.tag.as_deref(), start)?
            }
            _ => return syntax(start, "expected a value"),
        };
        if let Some(opened) = anchor {
            self.aliases.close(opened, &node, start)?;
        }
        Ok(node)
    }

    fn nested(
        &mut self,
        start: usize,
        read: impl FnOnce(&mut Self, usize) -> Result<Json<'a>, Fail>,
    ) -> Result<Node<'a>, Fail> {
        if self.depth >= self.max_depth {
            let detail = format!("more than {} levels of nesting", self.max_depth);
            return Err(Fail { offset: start, reason: Reason::TooDeep, detail });
        }
        self.depth += 1;
        self.aliases.count_node();
        let value = read(self, start)?;
        self.depth -= 1;
        Ok(Node::Tree(value))
    }

    fn properties(&mut self) -> Result<Properties<'a>, Fail> {
        let mut properties = Properties::default();
        loop {
            match self.scanner.peek()? {
                Kind::Anchor if properties.anchor.is_none() => {
                    properties.anchor = Some(self.scanner.take()?.value);
                }
                Kind::Tag if properties.tag.is_none() => {
                    let token = self.scanner.take()?;
                    let handle = token.handle.unwrap_or_default();
                    properties.tag = Some(self.tag(&handle, &token.value, token.at)?);
                }
                _ => return Ok(properties),
            }
        }
    }

    fn tag(&self, handle: &str, suffix: &str, at: usize) -> Result<String, Fail> {
        let declared = self.handles.iter().find(|(known, _)| **known == *handle);
        match (declared, handle) {
            (_, "") => Ok(suffix.into()),
            (Some((_, prefix)), _) => Ok(format!("{prefix}{suffix}")),
            (None, "!") => Ok(format!("!{suffix}")),
            (None, "!!") => Ok(format!("{}{suffix}", resolve::CORE)),
            _ => Err(Fail {
                offset: at,
                reason: Reason::Tag,
                detail: format!("the handle `{handle}` of a tag is not declared"),
            }),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: Style,
        tag: Option<&str>,
        at: usize,
    ) -> Result<Node<'a>, Fail> {
        self.aliases.count_node();
        self.aliases.count_bytes(text.len());
        let merge = &*text == "<<";
        let scalar = match tag.unwrap_or_default() {
            "" if style == Style::Plain && merge => return Ok(Node::Merge),
            "!" | "tag:yaml.org,2002:merge" if merge => return Ok(Node::Merge),
            "" if style == Style::Plain => resolve::plain(text),
            "" => Scalar::Str(text),
            tag => resolve::tagged(tag, text).map_err(|refusal| refused(at, refusal))?,
        };
        Ok(Node::Scalar(scalar))
    }

    fn block_sequence(&mut self, _: usize) -> Result<Json<'a>, Fail> {
        self.scanner.take()?;
        let base = self.items.len();
        loop {
            match self.scanner.peek()? {
                Kind::BlockEntry => {
                    self.scanner.take()?;
                    let empty = matches!(self.scanner.peek()?, Kind::BlockEntry | Kind::BlockEnd);
                    self.item(empty, true)?;
                }
                Kind::BlockEnd => {
                    self.scanner.take()?;
                    return Ok(self.finish_items(base));
                }
                _ => {
                    return syntax(
                        self.scanner.peek_at()?,
                        "expected `-`: the lines of a list are indented alike",
                    );
                }
            }
        }
    }

    fn indentless_sequence(&mut self, _: usize) -> Result<Json<'a>, Fail> {
        let base = self.items.len();
        while self.scanner.peek()? == Kind::BlockEntry {
            self.scanner.take()?;
            let empty =
                matches!(self.scanner.peek()?, Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd);
            self.item(empty, true)?;
        }
        Ok(self.finish_items(base))
    }

    /// Reads one element of a list.
    fn item(&mut self, empty: bool, block: bool) -> Result<(), Fail> {
        let at = self.scanner.peek_at()?;
        let node = if empty { self.empty() } else { self.node(block, false)? };
        self.items.push(json(node, at)?);
        Ok(())
    }

    /// The null that stands where nothing is written.
    fn empty(&mut self) -> Node<'a> {
        self.aliases.count_node();
        Node::NULL
    }

    fn finish_items(&mut self, base: usize) -> Json<'a> {
        Json::Arr(self.items.drain(base..).collect())
    }
}

fn syntax<T>(offset: usize, detail: &str) -> Result<T, Fail> {
    Err(Fail { offset, reason: Reason::YamlSyntax, detail: detail.into() })
}

fn refused(offset: usize, (reason, detail): Refusal) -> Fail {
    Fail { offset, reason, detail }
}

fn json(node: Node<'_>, offset: usize) -> Result<Json<'_>, Fail> {
    node.into_json().map_err(|refusal| refused(offset, refusal))
}

/// Text after the `...` that ends at `end`, comments left out.
fn after_end(text: &str, end: usize) -> Option<usize> {
    let mut at = end;
    for line in text[end..].split_inclusive('\n') {
        let content = line.trim_start();
        if !content.is_empty() && !content.starts_with('#') && content.trim_end() != "..." {
            return Some(at + line.len() - content.len());
        }
        at += line.len();
    }
    None
}
