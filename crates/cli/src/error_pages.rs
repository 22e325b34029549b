//! The page of every error code: what happened, what it means, what to do. The text is
//! `docs/reference/errors.md`; tests hold that no code lacks its section.

const PAGES: &str = include_str!("../../../docs/reference/errors.md");

/// The page of a code, as text for a terminal; `None` where no error has this code.
pub fn error_page(code: &str) -> Option<String> {
    let (_, text) = sections().find(|(known, _)| *known == code)?;
    Some(format!("error {code}\n\n{}\n", text.trim()))
}

/// Every code that has a page, in the order of the document.
#[cfg(test)]
pub fn error_codes() -> impl Iterator<Item = &'static str> {
    sections().map(|(code, _)| code)
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGES.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_page_has_its_three_parts() {
        for code in error_codes() {
            let page = error_page(code).unwrap_or_default();
            for part in ["What happened: ", "What it means: ", "What to do: "] {
                assert_eq!(page.matches(part).count(), 1, "{code}: {part}");
            }
        }
        assert_eq!(error_page("no-such-code"), None);
        let unique: BTreeSet<&str> = error_codes().collect();
        assert_eq!(unique.len(), error_codes().count(), "a code has two sections");
    }

    /// Words in quotes that look like a code and stand where codes stand.
    fn codes(folder: &Path, starts: &[&str], out: &mut BTreeSet<String>) {
        let entries = std::fs::read_dir(folder).expect("the folder of a crate is there");
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() {
                codes(&path, starts, out);
                continue;
            }
            if path.extension().is_none_or(|ending| ending != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a source is text");
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for start in starts {
                for rest in flat.split(start).skip(1) {
                    let rest = rest.split_once('"').filter(|(before, _)| before.len() < 24);
                    let code = rest.and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
                    let plain = |c: char| c.is_ascii_lowercase() || c == '-';
                    // Everywhere but in a failure, one word alone is something else.
                    let whole = code.contains('-') || *start == "Failure::new(";
                    if whole && code.len() > 3 && code.chars().all(plain) {
                        out.insert(code.to_string());
                    }
                }
            }
        }
    }

    #[test]
    fn every_code_has_a_page() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut found = BTreeSet::new();
        codes(
            &crates.join("cli/src"),
            &["Failure::new(", "{ .. } => (", "(_) => (", "Items => (", "Worker => ("],
            &mut found,
        );
        codes(
            &crates.join("collect/src/files"),
            &["NotFound => (", "PermissionDenied => {", "_ => ("],
            &mut found,
        );
        codes(
            &crates.join("catalog/src"),
            &["Fault::of(", "fault(", "flaw(", "code: ", "None, ", "=> ("],
            &mut found,
        );
        codes(&crates.join("verify/src"), &[".problem("], &mut found);
        found.extend(nachweis_oci::Code::ALL.iter().map(|code| code.as_str().to_string()));
        assert!(found.len() > 60, "the search finds only {} codes", found.len());
        let known: BTreeSet<&str> = error_codes().collect();
        let missing: Vec<&String> = found.iter().filter(|code| !known.contains(code.as_str())).collect();
        assert!(missing.is_empty(), "no page in docs/reference/errors.md: {missing:?}");
    }
}
