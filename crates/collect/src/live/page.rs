//! What a page of a list says of itself, without reading its objects.

use nachweis_canon::Json;
use nachweis_yaml::{Limits, Shape};

use super::failure::Refused;

/// The head of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub objects: usize,
    pub resource_version: Option<String>,
    /// the token of the next page
    pub next: Option<String>,
}

/// Reads the head of a page. A list of metadata must be one: an answer with more is refused before anybody looks at it.
pub(super) fn head(bytes: &[u8], metadata_only: bool) -> Result<Head, Refused> {
    let odd = |text: &str| Refused::Odd(format!("the server's answer is no list: {text}"));
    let limits = Limits::default();
    let (wrapper, objects) = match nachweis_yaml::items(bytes, &limits) {
        Some(Ok(wrapped)) if wrapped.shape == Shape::List => (Json::Obj(wrapped.wrapper), wrapped.len),
        Some(Err(unread)) => return Err(odd(&unread.detail)),
        _ => {
            let parsed = nachweis_canon::parse_bytes(bytes, &nachweis_canon::Limits::default());
            let value = parsed.map_err(|error| odd(&error.to_string()))?.value;
            if !matches!(value.get("items"), Some(Json::Null)) {
                return Err(odd("it has no `items`"));
            }
            (value.into_owned(), 0)
        }
    };
    let kind = wrapper.text(&["kind"]).unwrap_or_default();
    if !kind.ends_with("List") {
        return Err(odd(&format!("its kind is `{kind}`")));
    }
    if metadata_only && kind != "PartialObjectMetadataList" {
        return Err(Refused::Odd(format!(
            "the server gave a {kind} where metadata alone was asked for; the answer was thrown away unread"
        )));
    }
    let text =
        |name: &str| wrapper.text(&["metadata", name]).filter(|text| !text.is_empty()).map(str::to_string);
    Ok(Head { objects, resource_version: text("resourceVersion"), next: text("continue") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_pages() {
        let typed = br#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"abc"},"items":[{},{}]}"#;
        let custom = br#"{"apiVersion":"a/v1","items":[],"kind":"XList","metadata":{"continue":"","resourceVersion":"7"}}"#;
        let none = br#"{"kind":"XList","metadata":{},"items":null}"#;
        let version = Some("7".to_string());
        assert_eq!(
            head(typed, false).unwrap(),
            Head { objects: 2, resource_version: version.clone(), next: Some("abc".into()) }
        );
        assert_eq!(head(custom, false).unwrap(), Head { objects: 0, resource_version: version, next: None });
        assert_eq!(head(none, false).unwrap(), Head { objects: 0, resource_version: None, next: None });
        for bad in [&b"{}"[..], b"[]", b"", b"{\"items\":[", br#"{"kind":"Status","items":[]}"#, b"<html>"] {
            assert!(head(bad, false).is_err());
        }
        assert!(head(br#"{"kind":"SecretList","items":[{"data":{"a":"b"}}]}"#, true).is_err());
        assert!(head(br#"{"kind":"PartialObjectMetadataList","items":[{}]}"#, true).is_ok());
    }
}
