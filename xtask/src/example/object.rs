//! Identities that look like an API server's and depend on nothing but names.

use nachweis_canon::Digest;
use nachweis_model::Instant;
use serde_json::{Map, Value, json};

/// Letters that Kubernetes takes for generated names: no vowels, no look-alikes.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A uid in the shape of a random one.
pub fn uid(text: &str) -> String {
    let mut bytes = Digest::of(format!("uid {text}").as_bytes()).0;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = Digest(bytes).hex();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}

/// Generated part of a name.
pub fn suffix(text: &str, length: usize) -> String {
    let digest = Digest::of(format!("suffix {text}").as_bytes());
    digest.0.iter().take(length).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

/// A number below `limit`.
pub fn number(text: &str, limit: u64) -> u64 {
    let digest = Digest::of(format!("number {text}").as_bytes());
    let high = digest.0.iter().take(6).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    high % limit
}

/// A made-up image digest.
pub fn image_digest(image: &str) -> Digest {
    Digest::of(format!("image {image}").as_bytes())
}

/// Repository of an image: without tag and digest.
pub fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    match name.rfind(':') {
        Some(colon) if !name[colon..].contains('/') => &name[..colon],
        _ => name,
    }
}

/// An instant some seconds later.
pub fn later(instant: Instant, seconds: u64) -> Instant {
    Instant::from_unix(instant.unix().saturating_add_unsigned(seconds))
}

/// An instant some seconds earlier.
pub fn earlier(instant: Instant, seconds: u64) -> Instant {
    Instant::from_unix(instant.unix().saturating_sub_unsigned(seconds))
}

/// Kind, namespace and name of an object, as its uid is derived from them.
pub fn identity(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind} {namespace}/{name}")
}

/// An object with the metadata that every served object has; `namespace` is empty for cluster-scoped ones.
pub fn object(api_version: &str, kind: &str, namespace: &str, name: &str, created: Instant) -> Value {
    let identity = identity(kind, namespace, name);
    let mut metadata = Map::new();
    metadata.insert("name".into(), name.into());
    if !namespace.is_empty() {
        metadata.insert("namespace".into(), namespace.into());
    }
    metadata.insert("uid".into(), uid(&identity).into());
    metadata.insert("creationTimestamp".into(), created.to_string().into());
    metadata
        .insert("resourceVersion".into(), (180_000_000 + number(&identity, 60_000_000)).to_string().into());
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata})
}

/// Reference from an object to the controller that made it.
pub fn owner(api_version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    json!([{
        "apiVersion": api_version, "kind": kind, "name": name, "uid": uid(&identity(kind, namespace, name)),
        "controller": true, "blockOwnerDeletion": true,
    }])
}

/// The plural of a kind, as Kubernetes builds it.
pub fn plural(kind: &str) -> String {
    let word = kind.to_lowercase();
    let vowel_before_y = word.ends_with("ay") || word.ends_with("ey") || word.ends_with("oy");
    if word.ends_with('s') || word.ends_with('x') {
        format!("{word}es")
    } else if word.ends_with('y') && !vowel_before_y {
        format!("{}ies", &word[..word.len() - 1])
    } else {
        format!("{word}s")
    }
}

/// `plural.group` of an object; the plural alone in the core group.
pub fn resource(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap_or_default();
    let plural = plural(kind);
    match object["apiVersion"].as_str().and_then(|version| version.split_once('/')) {
        Some((group, _)) => format!("{plural}.{group}"),
        None => plural,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_look_random_and_depend_on_names_only() {
        let uid = uid("Namespace /kube-system");
        assert_eq!(uid, super::uid("Namespace /kube-system"));
        assert_eq!(uid.len(), 36);
        assert_eq!(&uid[14..15], "4");
    }

    #[test]
    fn plurals_and_repositories() {
        assert_eq!(plural("NetworkPolicy"), "networkpolicies");
        assert_eq!(plural("Gateway"), "gateways");
        assert_eq!(plural("StorageClass"), "storageclasses");
        assert_eq!(repository("localhost:5000/a/b"), "localhost:5000/a/b");
        assert_eq!(repository("quay.io/a/b:v1@sha256:00"), "quay.io/a/b");
    }
}
