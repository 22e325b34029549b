//! The index `collections.json`, and which names are those of inputs.

use nachweis_canon::Json;
use nachweis_model::Instant;
use nachweis_model::seal::CollectionStatus;

/// Format of `collections.json`.
pub const INDEX_FORMAT: &str = "nachweis-collections/1";

/// File name of the index.
pub(crate) const INDEX_NAME: &str = "collections.json";

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
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
    let name = file_name(path).as_bytes();
    let ends = |end: &[u8]| name.last_chunk::<5>().is_some_and(|last| last.eq_ignore_ascii_case(end));
    ends(b".yaml")
        || ends(b".json")
        || name.last_chunk::<4>().is_some_and(|last| last.eq_ignore_ascii_case(b".yml"))
        || name == b"-"
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
