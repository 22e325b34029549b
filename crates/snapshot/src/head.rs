//! What an object says of itself: version, kind, namespace, name.

use nachweis_canon::Json;

/// Codes of what is not read here; the YAML reader and the collectors have their own. The codes are stable.
pub mod reason {
    /// no object with apiVersion and kind
    pub const NOT_AN_OBJECT: &str = "not-an-object";
    /// apiVersion is no text like `apps/v1`
    pub const BAD_API_VERSION: &str = "bad-api-version";
    /// kind is no word
    pub const BAD_KIND: &str = "bad-kind";
    /// metadata is no map
    pub const BAD_METADATA: &str = "bad-metadata";
    /// the object has no name yet
    pub const NO_NAME: &str = "no-name";
    /// no API server takes such a name
    pub const BAD_NAME: &str = "bad-name";
    /// no API server takes such a namespace
    pub const BAD_NAMESPACE: &str = "bad-namespace";
    /// the description of a Helm chart
    pub const HELM_CHART: &str = "helm-chart";
    /// an instruction for kustomize
    pub const KUSTOMIZATION: &str = "kustomization";
    /// a list of files for kustomize, which were read themselves
    pub const KUSTOMIZE_LIST: &str = "kustomize-list";
    /// an audit event
    pub const AUDIT_EVENT: &str = "audit-event";
    /// `collections.json` cannot be understood
    pub const BAD_INDEX: &str = "bad-index";
    /// neither YAML nor JSON by its name
    pub const NOT_AN_INPUT_FORMAT: &str = "not-an-input-format";
    /// a file given as evidence holds something else
    pub const NOT_EVIDENCE: &str = "not-evidence";
    /// a collector's own record beside the objects of the cluster
    pub const COLLECTOR_RECORD: &str = "collector-record";
    /// an API server gave something else than it was asked for
    pub const NOT_ASKED_FOR: &str = "not-asked-for";
    /// one of many elements of a list that were not read
    pub const AND_MORE: &str = "and-more";
}

/// Bytes of a name or namespace at most. Kubernetes takes 253 for most kinds and sets no limit for some.
const NAME_BYTES_MAX: usize = 1024;
/// Bytes of apiVersion and kind at most.
const WORD_BYTES_MAX: usize = 316;

/// Why an object was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// stable code
    pub reason: &'static str,
    /// in words
    pub detail: String,
}

pub(crate) fn refuse<T>(reason: &'static str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { reason, detail: detail.into() })
}

/// The parts of an object that make its identity, as it gives them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub group: String,
    pub version: String,
    pub kind: String,
    /// `None` where missing, null or empty
    pub namespace: Option<String>,
    /// `None` where missing, null or empty
    pub name: Option<String>,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
}

/// True for an object that names its apiVersion and kind, whatever they are.
pub(crate) fn is_object(value: &Json<'_>) -> bool {
    value.as_object().is_some_and(|object| object.contains("apiVersion") && object.contains("kind"))
}

/// Reads the head of an object.
pub(crate) fn head(body: &Json<'_>) -> Result<Head, Refusal> {
    let Some(object) = body.as_object() else {
        return refuse(reason::NOT_AN_OBJECT, "it is no map with apiVersion and kind");
    };
    if !object.contains("apiVersion") || !object.contains("kind") {
        return no_object(body);
    }
    let (group, version) = api_version(object.get("apiVersion"))?;
    let kind = kind(object.get("kind"))?;
    if group == "kustomize.config.k8s.io" {
        return refuse(reason::KUSTOMIZATION, KUSTOMIZE_HINT);
    }
    if group == "audit.k8s.io" && kind == "Event" {
        return refuse(reason::AUDIT_EVENT, "an audit event is no configuration");
    }
    let metadata = match object.get("metadata") {
        None | Some(Json::Null) => None,
        Some(Json::Obj(metadata)) => Some(metadata),
        Some(_) => return refuse(reason::BAD_METADATA, "`metadata` is no map"),
    };
    let get = |name: &str| metadata.and_then(|metadata| metadata.get(name));
    let text =
        |name: &str| get(name).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_string);
    let name = named(get("name"), reason::BAD_NAME)?;
    if name.is_none() && text("generateName").is_some() {
        return refuse(reason::NO_NAME, "it has only `generateName`: the API server gives the name");
    }
    Ok(Head {
        group,
        version,
        kind,
        namespace: named(get("namespace"), reason::BAD_NAMESPACE)?,
        name,
        uid: text("uid"),
        resource_version: text("resourceVersion"),
    })
}

/// Words for documents that are known and are no objects.
fn no_object(body: &Json<'_>) -> Result<Head, Refusal> {
    let has = |name: &str| body.get(name).is_some();
    if has("apiVersion") && has("name") && has("version") {
        return refuse(
            reason::HELM_CHART,
            "a chart is no object: read the output of `helm template` instead",
        );
    }
    if !has("kind") && (has("resources") || has("patches") || has("bases") || has("configMapGenerator")) {
        return refuse(reason::KUSTOMIZATION, KUSTOMIZE_HINT);
    }
    refuse(reason::NOT_AN_OBJECT, "it has no apiVersion and kind")
}

const KUSTOMIZE_HINT: &str =
    "an instruction for kustomize is no object: read the output of `kubectl kustomize` instead";

fn api_version(value: Option<&Json<'_>>) -> Result<(String, String), Refusal> {
    let Some(text) = value.and_then(Json::as_str) else {
        return refuse(reason::BAD_API_VERSION, "`apiVersion` is no string");
    };
    let (group, version) = text.split_once('/').unwrap_or(("", text));
    let sound = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    let group_given = text.contains('/');
    if version.is_empty()
        || (group_given && group.is_empty())
        || text.len() > WORD_BYTES_MAX
        || !sound(group)
        || !sound(version)
    {
        return refuse(reason::BAD_API_VERSION, "`apiVersion` is no text like `v1` or `apps/v1`");
    }
    Ok((group.into(), version.into()))
}

fn kind(value: Option<&Json<'_>>) -> Result<String, Refusal> {
    let Some(text) = value.and_then(Json::as_str) else {
        return refuse(reason::BAD_KIND, "`kind` is no string");
    };
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if text.is_empty() || text.len() > WORD_BYTES_MAX || !text.chars().all(sound) {
        return refuse(reason::BAD_KIND, "`kind` is no word like `Deployment`");
    }
    Ok(text.into())
}

/// A name or namespace: a segment of an API server's path.
fn named(value: Option<&Json<'_>>, code: &'static str) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Str(text)) if text.is_empty() => Ok(None),
        Some(Json::Str(text)) if text.len() > NAME_BYTES_MAX => {
            refuse(code, format!("it has {} bytes, more than {NAME_BYTES_MAX}", text.len()))
        }
        Some(Json::Str(text)) => {
            let is_odd =
                |c: char| c.is_control() || c.is_whitespace() || matches!(c, '/' | '%' | '{' | '}' | '\\');
            let odd = text.chars().any(is_odd);
            if odd || *text == "." || *text == ".." || *text == "*" {
                return refuse(code, "an API server refuses such a name");
            }
            Ok(Some(text.to_string()))
        }
        Some(_) => refuse(code, "it is no string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse};

    fn code(text: &str) -> Result<Head, &'static str> {
        head(&parse(text, &Limits::default()).unwrap().value).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn a_sound_object() {
        let head = code(
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","namespace":"b","uid":"u","resourceVersion":"5"}}"#,
        )
        .unwrap();
        assert_eq!((&*head.group, &*head.version, &*head.kind), ("apps", "v1", "Deployment"));
        assert_eq!((head.namespace.as_deref(), head.name.as_deref()), (Some("b"), Some("a")));
        assert_eq!((head.uid.as_deref(), head.resource_version.as_deref()), (Some("u"), Some("5")));
        let bound =
            code(r#"{"apiVersion":"v1","kind":"ClusterRole","metadata":{"name":"system:auth:x"}}"#).unwrap();
        assert_eq!((&*bound.group, bound.namespace), ("", None));
    }

    #[test]
    fn odd_objects_are_refused_with_a_code() {
        let long = "a".repeat(4096);
        for (text, expected) in [
            ("[]", reason::NOT_AN_OBJECT),
            ("{}", reason::NOT_AN_OBJECT),
            (r#"{"kind":"Pod"}"#, reason::NOT_AN_OBJECT),
            (r#"{"apiVersion":"v1","kind":7}"#, reason::BAD_KIND),
            (r#"{"apiVersion":"v1","kind":"a b"}"#, reason::BAD_KIND),
            (r#"{"apiVersion":1,"kind":"Pod"}"#, reason::BAD_API_VERSION),
            (r#"{"apiVersion":"a/b/c","kind":"Pod"}"#, reason::BAD_API_VERSION),
            (r#"{"apiVersion":"/v1","kind":"Pod"}"#, reason::BAD_API_VERSION),
            (r#"{"apiVersion":"apps/","kind":"Pod"}"#, reason::BAD_API_VERSION),
            (r#"{"apiVersion":"v1","kind":"Pod","metadata":[]}"#, reason::BAD_METADATA),
            (r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":5}}"#, reason::BAD_NAME),
            (r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a/b"}}"#, reason::BAD_NAME),
            (r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":".."}}"#, reason::BAD_NAME),
            (r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{ x }}"}}"#, reason::BAD_NAME),
            (
                &format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{long}"}}}}"#),
                reason::BAD_NAME,
            ),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":{}}}"#,
                reason::BAD_NAMESPACE,
            ),
            (
                r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"*"}}"#,
                reason::BAD_NAMESPACE,
            ),
            (r#"{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"a-"}}"#, reason::NO_NAME),
            (r#"{"apiVersion":"v2","name":"c","version":"1.0.0"}"#, reason::HELM_CHART),
            (r#"{"resources":["a.yaml"]}"#, reason::KUSTOMIZATION),
            (
                r#"{"apiVersion":"kustomize.config.k8s.io/v1beta1","kind":"Kustomization"}"#,
                reason::KUSTOMIZATION,
            ),
            (r#"{"apiVersion":"audit.k8s.io/v1","kind":"Event"}"#, reason::AUDIT_EVENT),
        ] {
            assert_eq!(code(text).map(|_| ()), Err(expected), "{text}");
        }
    }
}
