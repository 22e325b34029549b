//! Objects as somebody declares them, and words and numbers that depend on nothing but names.

use nachweis_canon::Digest;
use nachweis_model::Instant;
use serde_json::{Map, Value, json};

/// Letters that Kubernetes takes for generated names: no vowels, no look-alikes.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A uid in the shape of a random one: of machines and documents, never of objects, which the server gives theirs.
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

/// An instant some seconds later.
pub fn later(instant: Instant, seconds: u64) -> Instant {
    Instant::from_unix(instant.unix().saturating_add_unsigned(seconds))
}

/// An instant some seconds earlier.
pub fn earlier(instant: Instant, seconds: u64) -> Instant {
    Instant::from_unix(instant.unix().saturating_sub_unsigned(seconds))
}

/// An object with nothing but its identity; `namespace` is empty for cluster-scoped ones.
pub fn object(api_version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".into(), name.into());
    if !namespace.is_empty() {
        metadata.insert("namespace".into(), namespace.into());
    }
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata})
}

/// Reference to the controller that made an object, without the uid, which is known when that is there.
pub fn owner(api_version: &str, kind: &str, name: &str) -> Value {
    json!([{"apiVersion": api_version, "kind": kind, "name": name, "controller": true, "blockOwnerDeletion": true}])
}

/// Version, kind, namespace and name in one text.
pub fn identity(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let metadata = &object["metadata"];
    let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    format!("{version} {kind} {}/{}", text(&metadata["namespace"]), text(&metadata["name"]))
}

#[cfg(test)]
mod tests {
    #[test]
    fn uids_look_random_and_depend_on_names_only() {
        let uid = super::uid("machine one");
        assert_eq!(uid, super::uid("machine one"));
        assert_eq!(uid.len(), 36);
        assert_eq!(&uid[14..15], "4");
    }
}
