//! The codes that stand in the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What the sources name.
#[derive(Default)]
pub(crate) struct Found {
    /// texts at places where only a code can stand
    pub(crate) positions: BTreeSet<String>,
    /// all texts that could be codes
    pub(crate) literals: BTreeSet<String>,
}

/// What stands before a code, room by room. Between it and the quote there is at most one argument.
const STARTS: &[(&str, &[&str])] = &[
    ("cli/src", &["Failure::new(", "{ .. } => (", "(_) => (", "Items => (", "Worker => ("]),
    ("collect/src", &["NotFound => (", "PermissionDenied => {", "_ => (", "Failure::new(", "Problem::new("]),
    ("catalog/src", &["Fault::of(", "fault(", "flaw(", "code: ", "None, ", "=> ("]),
    ("evaluate/src/bind.rs", &["self.error(", "code: ", "=> (", "{ "]),
    ("snapshot/src", &["Problem::new(", "self.problem(", "broken("]),
    ("verify/src", &[".problem(", "Problem::new(", "-mismatch"]),
    ("oci/src/problem.rs", &[" => "]),
];

/// Reads the sources of all rooms that tell errors; their tests are left out.
pub(crate) fn in_sources() -> Found {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Found::default();
    for (room, starts) in STARTS {
        read(&crates.join(room), starts, &mut found);
    }
    assert!(found.positions.len() > 100, "the search finds only {} codes", found.positions.len());
    found
}

fn read(path: &Path, starts: &[&str], found: &mut Found) {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().for_each(|entry| read(&entry.unwrap().path(), starts, found));
    }
    if path.extension().is_none_or(|ending| ending != "rs") {
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    found.literals.extend(flat.split('"').filter(|text| is_code(text)).map(str::to_string));
    for start in starts {
        for rest in flat.split(start).skip(1) {
            let rest = rest.split_once('"').filter(|(before, _)| before.len() < 24);
            let text = rest.and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
            // Everywhere but in a failure, one word alone is something else.
            if is_code(text) && (text.contains('-') || *start == "Failure::new(") {
                found.positions.insert(text.to_string());
            }
        }
    }
}

fn is_code(text: &str) -> bool {
    text.len() > 3
        && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
