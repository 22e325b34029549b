//! The page of every error code: what happened, what it means, what to do. The texts are
//! `docs/reference/errors.md` and `errors.de.md`; tests hold that no code lacks its section in either.

use nachweis_model::Lang;

const ENGLISH: &str = include_str!("../../../docs/reference/errors.md");
const GERMAN: &str = include_str!("../../../docs/reference/errors.de.md");

/// The page of a code, as text for a terminal; `None` where no error has this code.
pub fn error_page(code: &str, lang: Lang) -> Option<String> {
    let (pages, error) = match lang {
        Lang::En => (ENGLISH, "error"),
        Lang::De => (GERMAN, "Fehler"),
    };
    let (_, text) = sections(pages).find(|(known, _)| *known == code)?;
    Some(format!("{error} {code}\n\n{}\n", text.trim()))
}

fn sections(pages: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    pages.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PARTS: [(Lang, &str, [&str; 3]); 2] = [
        (Lang::En, ENGLISH, ["What happened: ", "What it means: ", "What to do: "]),
        (Lang::De, GERMAN, ["Was geschehen ist: ", "Was es bedeutet: ", "Was zu tun ist: "]),
    ];

    /// Both documents: the same codes in the same order and groups, three parts each, a link to each.
    #[test]
    fn a_page_has_its_three_parts_in_both_languages() {
        for (lang, pages, parts) in PARTS {
            let codes: Vec<&str> = sections(pages).map(|(code, _)| code).collect();
            let unique: BTreeSet<&str> = codes.iter().copied().collect();
            assert_eq!(unique.len(), codes.len(), "a code has two sections");
            for code in &codes {
                let page = error_page(code, lang).unwrap_or_default();
                let lines: Vec<&str> = page.lines().skip(1).filter(|line| !line.is_empty()).collect();
                assert_eq!(lines.len(), 3, "{code}: {page}");
                for (line, part) in lines.iter().zip(parts) {
                    assert!(line.len() > part.len() && line.starts_with(part), "{code}: {line}");
                }
                assert!(pages.contains(&format!("[`{code}`](#{code})")), "{code} is in no group");
            }
        }
        assert_eq!(error_page("no-such-code", Lang::En), None);
    }

    #[test]
    fn nothing_is_left_untranslated() {
        let order = |pages| sections(pages).map(|(code, _)| code).collect::<Vec<&str>>();
        assert_eq!(order(ENGLISH), order(GERMAN));
        for ((code, english), (_, german)) in sections(ENGLISH).zip(sections(GERMAN)) {
            for (en, de) in english.trim().lines().zip(german.trim().lines()) {
                assert!(en.is_empty() == de.is_empty(), "{code}");
                let (en, de) = (en.split_once(": "), de.split_once(": "));
                assert!(en.is_none() || en.map(|en| en.1) != de.map(|de| de.1), "{code}: {en:?}");
            }
            // Options and commands between backticks have no language.
            let prose: String = german.split('`').step_by(2).collect();
            let words = prose.split(|c: char| !c.is_alphabetic());
            let english: Vec<&str> =
                words.filter(|word| ["the", "of", "and", "is", "was there"].contains(word)).collect();
            assert!(english.is_empty(), "{code}: {english:?} in {german}");
        }
    }
}
