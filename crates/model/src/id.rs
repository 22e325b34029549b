use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// a configuration file or evidence document, not an object of a Kubernetes API
    File,
    /// an object of a Kubernetes API, served or declared
    Kubernetes,
}

impl Source {
    /// The word in ids. The variants are declared in the order of these words.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::File => "file",
            Source::Kubernetes => "kubernetes",
        }
    }
}

/// Identity of an item: source, API group, kind, namespace, name. The version is an attribute of the body.
///
/// The order of the fields is the sealed order: source, namespace, group, kind, name, each by UTF-8 bytes.
/// As text: `kubernetes/apps/Deployment/payments/api`, parts percent-encoded, empty parts kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// where it comes from
    pub source: Source,
    /// namespace; empty for cluster-scoped items
    pub namespace: String,
    /// API group; empty for the core group
    pub group: String,
    /// kind
    pub kind: String,
    /// name
    pub name: String,
}

/// The text is no item id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemIdError(pub String);

impl fmt::Display for ItemIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no item id like kubernetes/apps/Deployment/payments/api", self.0)
    }
}

impl std::error::Error for ItemIdError {}

/// Bytes that stand for themselves in an id's text. Every byte of every id is asked for.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        plain[at] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':');
        at += 1;
    }
    plain
};

fn is_plain(byte: u8) -> bool {
    PLAIN[usize::from(byte)]
}

fn encode(part: &str, out: &mut impl fmt::Write) -> fmt::Result {
    let mut rest = part;
    while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
        // Plain bytes are characters of their own, so each character in between starts here.
        let width = rest[at..].chars().next().map_or(1, char::len_utf8);
        out.write_str(&rest[..at])?;
        rest[at..at + width].bytes().try_for_each(|byte| write!(out, "%{byte:02X}"))?;
        rest = &rest[at + width..];
    }
    out.write_str(rest)
}

fn encoded_len(part: &str) -> usize {
    part.len() + 2 * part.bytes().filter(|byte| !is_plain(*byte)).count()
}

/// Takes the one spelling that [`encode`] gives: otherwise one item could stand under two texts.
fn decode(part: &str) -> Option<String> {
    if part.bytes().all(is_plain) {
        return Some(part.to_string());
    }
    fn digit(byte: u8) -> Option<u8> {
        match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'A'..=b'F' => Some(byte - b'A' + 10),
            _ => None,
        }
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        let (decoded, plain) = match byte {
            b'%' => (digit(rest.next()?)? << 4 | digit(rest.next()?)?, false),
            _ => (byte, true),
        };
        (is_plain(decoded) == plain).then(|| bytes.push(decoded))?;
    }
    String::from_utf8(bytes).ok()
}

impl ItemId {
    /// `namespace/name`, or the name alone where there is no namespace; for people, not encoded.
    pub fn place(&self) -> String {
        if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }

    /// Bytes in the order of the ids: comparing those of two ids is one look at one place for each. No part but the
    /// name may hold a NUL, which no API server takes.
    pub fn sort_key(&self) -> Vec<u8> {
        let parts = [&self.namespace, &self.group, &self.kind];
        let length = parts.iter().map(|part| part.len() + 1).sum::<usize>();
        let mut key = Vec::with_capacity(1 + length + self.name.len());
        key.push(self.source as u8);
        for part in parts {
            key.extend_from_slice(part.as_bytes());
            key.push(0);
        }
        key.extend_from_slice(self.name.as_bytes());
        key
    }

    /// Writes the id as text.
    pub fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(self.source.as_str())?;
        for part in [&self.group, &self.kind, &self.namespace, &self.name] {
            out.write_char('/')?;
            encode(part, out)?;
        }
        Ok(())
    }

    /// Bytes of the id as text.
    pub fn text_len(&self) -> usize {
        let parts = [&self.group, &self.kind, &self.namespace, &self.name];
        self.source.as_str().len() + parts.iter().map(|part| 1 + encoded_len(part)).sum::<usize>()
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl FromStr for ItemId {
    type Err = ItemIdError;

    fn from_str(text: &str) -> Result<Self, ItemIdError> {
        let parse = || {
            let mut parts = text.split('/');
            let source = match parts.next()? {
                "file" => Source::File,
                "kubernetes" => Source::Kubernetes,
                _ => return None,
            };
            let (group, kind) = (decode(parts.next()?)?, decode(parts.next()?)?);
            let (namespace, name) = (decode(parts.next()?)?, decode(parts.next()?)?);
            parts.next().is_none().then_some(ItemId { source, namespace, group, kind, name })
        };
        parse().ok_or_else(|| ItemIdError(text.to_string()))
    }
}

impl Serialize for ItemId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ItemId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(namespace: &str, name: &str) -> ItemId {
        ItemId {
            source: Source::Kubernetes,
            namespace: namespace.into(),
            group: String::new(),
            kind: "Pod".into(),
            name: name.into(),
        }
    }

    #[test]
    fn text_round_trips_for_odd_names() {
        for name in ["api", "system:masters", "<script>", "a/b", "100%", "ü\u{202e}", "", "a b\n"] {
            let id = id("payments", name);
            let text = id.to_string();
            assert_eq!(text.parse::<ItemId>().as_ref(), Ok(&id), "{name:?}");
            assert_eq!(text.len(), id.text_len(), "{name:?}");
        }
        assert_eq!(id("payments", "a/b").to_string(), "kubernetes//Pod/payments/a%2Fb");
    }

    #[test]
    fn other_spellings_of_an_id_are_refused() {
        for text in [
            "kubernetes//Pod/a/%61",
            "kubernetes//Pod/a/%2f",
            "kubernetes//Pod/a/%2",
            "kubernetes//Pod/a/%+1",
            "kubernetes//Pod/a/%FF",
            "kubernetes//Pod/a/ü",
            "kubernetes//Pod/a/b c",
            "kubernetes//Pod/a",
            "x//Pod/a/b",
            "kubernetes//Pod/a/b/c",
        ] {
            assert!(text.parse::<ItemId>().is_err(), "{text}");
        }
    }
}
