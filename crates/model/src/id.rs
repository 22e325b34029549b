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

fn encode(part: &str, out: &mut String) {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

fn decode(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
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
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::from(self.source.as_str());
        for part in [&self.group, &self.kind, &self.namespace, &self.name] {
            out.push('/');
            encode(part, &mut out);
        }
        f.write_str(&out)
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
        // Only the one canonical spelling is an id: otherwise one item could stand under two texts.
        parse().filter(|id| id.to_string() == text).ok_or_else(|| ItemIdError(text.to_string()))
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
            assert_eq!(id.to_string().parse::<ItemId>().as_ref(), Ok(&id), "{name:?}");
        }
        assert_eq!(id("payments", "a/b").to_string(), "kubernetes//Pod/payments/a%2Fb");
    }

    #[test]
    fn other_spellings_of_an_id_are_refused() {
        for text in [
            "kubernetes//Pod/a/%61",
            "kubernetes//Pod/a/%2f",
            "kubernetes//Pod/a",
            "x//Pod/a/b",
            "kubernetes//Pod/a/b/c",
        ] {
            assert!(text.parse::<ItemId>().is_err(), "{text}");
        }
    }
}
