//! What the layout of an input says: dumps of the support-bundle form, and the index `collections.json`.

use nachweis_canon::Json;
use nachweis_model::Instant;
use nachweis_model::seal::{CollectionStatus, EVERYWHERE};

/// Format of `collections.json`.
pub const INDEX_FORMAT: &str = "nachweis-collections/1";

/// File name of the index.
pub(crate) const INDEX_NAME: &str = "collections.json";
/// File name of a support bundle's metadata.
pub(crate) const METADATA_NAME: &str = "metadata.yaml";

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Where a file lies in a support bundle: `yamls/{cluster,namespaced/<namespace>}/[<group>/]<version>/<plural>.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// the part of the path before `yamls/`, where the bundle's metadata lies
    pub root: &'a str,
    /// a namespace, or `*`
    pub scope: &'a str,
    pub group: &'a str,
    pub plural: &'a str,
}

/// The place of a path, if it has one.
pub(crate) fn place(path: &str) -> Option<Place<'_>> {
    let at = if path.starts_with("yamls/") { 0 } else { path.find("/yamls/")? + 1 };
    let root = &path[..at];
    let rest = &path[at + "yamls/".len()..];
    let (scope, rest) = match rest.strip_prefix("namespaced/") {
        Some(rest) => rest.split_once('/')?,
        None => (EVERYWHERE, rest.strip_prefix("cluster/")?),
    };
    let parts: Vec<&str> = rest.split('/').collect();
    let (group, version, file) = match parts[..] {
        [version, file] => ("", version, file),
        [group, version, file] => (group, version, file),
        _ => return None,
    };
    let plural = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".json"))?;
    let versioned = version.starts_with('v') && version[1..].starts_with(|c: char| c.is_ascii_digit());
    let named =
        !scope.is_empty() && !plural.is_empty() && (scope != EVERYWHERE || !path.contains("namespaced/*"));
    (versioned && named).then_some(Place { root, scope, group, plural })
}

/// A support bundle's own metadata.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bundle {
    pub root: String,
    pub version: String,
    pub instant: Instant,
}

/// Reads a document as a support bundle's metadata.
pub(crate) fn bundle(path: &str, value: &Json<'_>) -> Option<Bundle> {
    let root = path.strip_suffix(METADATA_NAME).filter(|root| root.is_empty() || root.ends_with('/'))?;
    let instant = value.text(&["bundlecreatedat"])?.parse().ok()?;
    Some(Bundle { root: root.into(), version: value.text(&["kubernetesversion"])?.into(), instant })
}

/// `collections.json`: what whoever wrote the folder says that it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    pub file: String,
    pub name: Option<String>,
    pub uid: Option<String>,
    pub instant: Option<Instant>,
    pub rows: Vec<IndexRow>,
}

/// One row of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexRow {
    pub resource: String,
    pub scope: String,
    pub status: CollectionStatus,
    pub count: Option<u64>,
}

/// Reads `collections.json`; the error says what is wrong with it.
pub(crate) fn index(path: &str, value: &Json<'_>) -> Result<Index, String> {
    if value.text(&["format"]) != Some(INDEX_FORMAT) {
        return Err(format!("its `format` is not `{INDEX_FORMAT}`"));
    }
    let optional = |path: &[&str]| match value.at(path) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Str(text)) => Ok(Some(text.to_string())),
        Some(_) => Err(format!("`{}` is no string", path.join("."))),
    };
    let instant =
        optional(&["instant"])?.map(|text| text.parse::<Instant>().map_err(|e| format!("`instant`: {e}")));
    let Some(Json::Arr(rows)) = value.get("collections") else {
        return Err("`collections` is no list".into());
    };
    let rows =
        rows.iter().enumerate().map(|(at, row)| index_row(row).map_err(|e| format!("row {}: {e}", at + 1)));
    Ok(Index {
        file: path.into(),
        name: optional(&["cluster", "name"])?,
        uid: optional(&["cluster", "uid"])?,
        instant: instant.transpose()?,
        rows: rows.collect::<Result<_, _>>()?,
    })
}

fn index_row(row: &Json<'_>) -> Result<IndexRow, String> {
    use CollectionStatus::{Complete, Denied, Error, NotCollected, NotServed, Partial};
    let text = |name: &str| row.text(&[name]).filter(|text| !text.is_empty());
    let resource = text("resource").ok_or("`resource` is missing")?;
    let scope = text("scope").ok_or("`scope` is missing: a namespace, or `*`")?;
    let word = text("status").ok_or("`status` is missing")?;
    let status = [Complete, Partial, Denied, Error, NotServed, NotCollected]
        .into_iter()
        .find(|status| status.as_str() == word)
        .ok_or_else(|| format!("`{word}` is no status"))?;
    let count = match row.get("count") {
        None | Some(Json::Null) => None,
        Some(Json::Int(count)) => Some(u64::try_from(*count).map_err(|_| "`count` is negative")?),
        Some(_) => return Err("`count` is no number".into()),
    };
    Ok(IndexRow { resource: resource.into(), scope: scope.into(), status, count })
}

/// True for paths whose name ends like YAML, JSON or standard input.
pub(crate) fn is_input_name(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    name == "-" || [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end))
}

/// True for paths whose name has an ending, such as `.md`. A leading dot makes no ending.
pub(crate) fn has_ending(path: &str) -> bool {
    file_name(path).trim_start_matches('.').contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse};

    #[test]
    fn places_in_a_support_bundle() {
        let expect = |path: &str, root: &str, scope: &str, group: &str, plural: &str| {
            let found = place(path).map(|p| (p.root, p.scope, p.group, p.plural));
            assert_eq!(found, Some((root, scope, group, plural)), "{path}");
        };
        expect("yamls/cluster/v1/nodes.yaml", "", "*", "", "nodes");
        expect("b/yamls/namespaced/x/apps/v1/deployments.yaml", "b/", "x", "apps", "deployments");
        for path in [
            "yamls/cluster/nodes.yaml",
            "yamls/cluster/v1/nodes.txt",
            "yamls/cluster/a/b/v1/nodes.yaml",
            "yamls/namespaced/v1/nodes.yaml",
            "yamls/cluster/vault/nodes.yaml",
            "yamls/namespaced/*/v1/pods.yaml",
            "notyamls/cluster/v1/nodes.yaml",
        ] {
            assert_eq!(place(path), None, "{path}");
        }
    }

    #[test]
    fn an_index_is_read_strictly() {
        let read = |text: &str| index("collections.json", &parse(text, &Limits::default()).unwrap().value);
        let good = read(
            r#"{"format":"nachweis-collections/1","cluster":{"name":"prod","uid":"u"},"instant":"2026-11-20T06:00:00Z",
                "collections":[{"resource":"pods","scope":"*","status":"complete","count":3}]}"#,
        )
        .unwrap();
        assert_eq!(good.uid.as_deref(), Some("u"));
        assert_eq!(good.rows[0].count, Some(3));
        for bad in [
            r#"{"collections":[]}"#,
            r#"{"format":"nachweis-collections/1"}"#,
            r#"{"format":"nachweis-collections/1","collections":[{"resource":"pods","scope":"*","status":"fine"}]}"#,
            r#"{"format":"nachweis-collections/1","collections":[{"resource":"pods","scope":"*","status":"complete","count":-1}]}"#,
            r#"{"format":"nachweis-collections/1","collections":[{"resource":"pods","status":"complete","count":1}]}"#,
            r#"{"format":"nachweis-collections/1","instant":"today","collections":[]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_inputs() {
        assert!(is_input_name("a/b.YAML") && is_input_name("-") && !is_input_name("README.md"));
        assert!(has_ending("a/b.md") && !has_ending("a.d/Dockerfile") && !has_ending("x/.gitignore"));
    }
}
