//! People inside of texts: addresses, and names in places that a text itself shows.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Pseudonyms;
use super::address::{self, SIGNS};

/// What a text holds where it names a person, after the spellings of an at sign.
const WORDS: [&str; 10] = [
    // the user of an ARN
    ":user/",
    // a session of IAM Identity Center is called like the person
    ":assumed-role/AWSReservedSSO_",
    // public keys end with a comment
    "ssh-ed25519 ",
    "ssh-rsa ",
    "ecdsa-sha2-nistp",
    // kubectl's impersonation
    "--as",
    // the API server's own words: `User "anna" cannot list ...`
    "ser \"",
    "ser \\\"",
    "ser \\\\\\\"",
    // principals of Rancher
    "_user://",
];

/// Bytes of a name that is read from a text.
const NAME_BYTES_MAX: usize = 256;
/// Bytes between the type of a public key and its base64: the name of a curve.
const KEY_TYPE_BYTES: usize = 24;
/// Bytes of a public key.
const KEY_BYTES_MAX: usize = 4096;
/// Words of a name before an address in brackets.
const DISPLAY_WORDS_MAX: usize = 5;

static SEARCH: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(SIGNS.iter().chain(&WORDS)).expect("a few short words make a search"));

/// A part of a text, and what stands there instead.
type Change = (Range<usize>, String);

impl Pseudonyms {
    /// A text with pseudonyms for the people in it; `None` where it names nobody.
    pub fn text(&self, text: &str) -> Option<String> {
        let mut changes: Vec<Change> = Vec::new();
        for found in SEARCH.find_iter(text) {
            let (start, end) = (found.start(), found.end());
            match found.pattern().as_usize().checked_sub(SIGNS.len()) {
                None => self.address(text, start..end, &mut changes),
                Some(word) => changes.extend(self.word(text, word, start..end)),
            }
        }
        changes.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut out, mut done) = (String::new(), 0);
        for (range, pseudonym) in changes {
            // Two readings of one place: the one that begins first has it whole.
            if range.start >= done {
                out.push_str(&text[done..range.start]);
                out.push_str(&pseudonym);
                done = range.end;
            }
        }
        (done > 0).then(|| out + &text[done..])
    }

    /// An address, and a name that stands before it in the way of mail: `Anna Muster <anna@pay.example>`.
    fn address(&self, text: &str, sign: Range<usize>, changes: &mut Vec<Change>) {
        let Some(mut found) = address::around(text, sign) else { return };
        let before = found.local.start;
        // The prefix of an identity provider stays in front of an address too: `oidc-anna@pay.example`.
        found.local.start += super::user::prefix(&text[found.local.clone()], &self.prefixes);
        let local = &text[found.local.clone()];
        if super::is_pseudonym(local) {
            return;
        }
        let plain = super::percent(local);
        // The domain stays and tells spellings apart; a mail server does not.
        let whole = format!("{plain}@{}", found.domain.to_lowercase());
        if let Some(name) =
            display_name(text, before).filter(|name| !super::is_pseudonym(&text[name.clone()]))
        {
            let pseudonym = self.person(&text[name.clone()]);
            changes.push((name, pseudonym));
        }
        changes.push((found.local, self.person(&whole)));
    }

    fn word(&self, text: &str, word: usize, at: Range<usize>) -> Option<Change> {
        let rest = &text[at.end..];
        let until = |stop: &dyn Fn(char) -> bool| {
            let end = rest.char_indices().find(|(at, c)| stop(*c) || *at > NAME_BYTES_MAX);
            at.end..at.end + end.map_or(rest.len(), |(at, _)| at)
        };
        let name = match word {
            0 if is_iam(&text[..at.start]) => {
                last_segment(text, until(&|c| !(c.is_ascii_alphanumeric() || "+=,.@_/-".contains(c))))
            }
            1 => {
                let whole = until(&|c| !(c.is_ascii_alphanumeric() || "+=,.@_/-".contains(c)));
                text[whole.clone()].contains('/').then(|| last_segment(text, whole))?
            }
            2..=4 => return self.key_comment(text, at.end),
            5 if rest.starts_with(['=', ' ']) => {
                let value = until(&|c| c == '\n' || c == '"' || c == '\'' || c == '\\');
                let word = text[value.start + 1..value.end].split_whitespace().next()?;
                let start = value.start + 1 + text[value.start + 1..].find(word)?;
                start..start + word.len()
            }
            6..=8 if text[..at.start].ends_with(['U', 'u']) => until(&|c| c == '"' || c == '\\'),
            9 => until(&|c| matches!(c, '"' | '\'' | '\\' | '\n' | ']' | ';')),
            _ => return None,
        };
        let found = &text[name.clone()];
        // An address has a reading of its own, which keeps the domain.
        if found.bytes().all(|b| b.is_ascii_digit()) || found.contains('@') || found.contains("://") {
            return None;
        }
        Some((name, self.user(found)?))
    }

    /// The comment behind the base64 of a public key, up to the end of the line.
    fn key_comment(&self, text: &str, start: usize) -> Option<Change> {
        let bytes = &text.as_bytes()[start..];
        let key = memchr::memmem::find(&bytes[..bytes.len().min(KEY_TYPE_BYTES)], b"AAAA")?;
        let blob = &bytes[key..bytes.len().min(KEY_BYTES_MAX)];
        let space = blob.iter().position(|b| b" \n\"'\\".contains(b)).filter(|at| blob[*at] == b' ')?;
        let comment = start + key + space + 1;
        let end = text[comment..]
            .char_indices()
            .find(|(at, c)| *at > NAME_BYTES_MAX || "\n\"'\\".contains(*c))
            .map_or(text.len(), |(at, _)| comment + at);
        let words = text[comment..end].trim_end();
        let known = words.is_empty() || words.len() > NAME_BYTES_MAX || super::is_pseudonym(words);
        (!known && !address::is_function(words.split('@').next()?))
            .then(|| (comment..comment + words.len(), self.person(words)))
    }
}

/// True behind the account of an ARN of IAM.
fn is_iam(before: &str) -> bool {
    let account = before.trim_end_matches(|c: char| c.is_ascii_digit());
    account.ends_with(":iam::")
}

fn last_segment(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[range.clone()].rfind('/').map_or(range.start, |at| range.start + at + 1);
    start..range.end
}

/// The words before an address in angle brackets that are a name: each begins with a capital letter.
fn display_name(text: &str, local: usize) -> Option<Range<usize>> {
    let before = text[..local].strip_suffix('<').or_else(|| text[..local].strip_suffix("\\u003c"))?;
    let before = before.trim_end_matches(' ').trim_end_matches(['"', '\'']);
    let (mut start, end) = (before.len(), before.len());
    for _ in 0..DISPLAY_WORDS_MAX {
        let head = before[..start].trim_end_matches(' ');
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '\'' | '’');
        let word = head.char_indices().rev().take_while(|(at, c)| inside(*c) && head.len() - at < 64).last();
        match word {
            Some((at, first)) if first.is_uppercase() && (start == end || head.len() < start) => start = at,
            _ => break,
        }
        // A word that something else touches is no name: `Signed-off-by:Anna` ends behind the colon.
        if !before[..start].ends_with(' ') {
            break;
        }
    }
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::super::tests::key;

    /// The text with every pseudonym written as `P`.
    fn masked(text: &str) -> String {
        let mut out = key().text(text).unwrap_or_else(|| text.into());
        while let Some(at) = out.find("person-") {
            out.replace_range(at..at + 23, "P");
        }
        out
    }

    #[test]
    fn people_in_texts() {
        for (text, expected) in [
            ("owner: anna@pay.example", "owner: P@pay.example"),
            ("a@x.example,b@x.example", "P@x.example,P@x.example"),
            ("Signed-off-by: Anna Muster <anna@pay.example>", "Signed-off-by: P <P@pay.example>"),
            (
                "by Anna-Lena O'Brien <a@pay.example>, Ben <b@pay.example>",
                "by P <P@pay.example>, P <P@pay.example>",
            ),
            ("mapped to <anna@pay.example>", "mapped to <P@pay.example>"),
            ("arn:aws:iam::111122223333:user/ops/anna.muster", "arn:aws:iam::111122223333:user/ops/P"),
            (
                "arn:aws:iam::111122223333:user/anna@pay.example",
                "arn:aws:iam::111122223333:user/P@pay.example",
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0a1b/anna",
                "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0a1b/P",
            ),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 anna@laptop\nx", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 P\nx"),
            ("ssh-rsa AAAAB3NzaC1yc2E= Anna's key", "ssh-rsa AAAAB3NzaC1yc2E= Anna's key"),
            ("ecdsa-sha2-nistp256 AAAAE2VjZHNh anna", "ecdsa-sha2-nistp256 AAAAE2VjZHNh P"),
            ("kubectl apply --as=anna -f x.yaml", "kubectl apply --as=P -f x.yaml"),
            ("kubectl apply --as oidc:anna", "kubectl apply --as oidc:P"),
            (r#"pods is forbidden: User "anna" cannot list"#, r#"pods is forbidden: User "P" cannot list"#),
            (r#"{\"m\":\"User \\\"anna\\\" cannot\"}"#, r#"{\"m\":\"User \\\"P\\\" cannot\"}"#),
            ("activedirectory_user://CN=Anna Muster,OU=Staff", "activedirectory_user://P"),
            ("github_user://4711", "github_user://4711"),
        ] {
            // The comment of a key ends at a quote, as a text in quotes does.
            let expected = expected.replace("AAAAB3NzaC1yc2E= Anna's", "AAAAB3NzaC1yc2E= P's");
            assert_eq!(masked(text), expected, "{text}");
        }
    }

    #[test]
    fn texts_without_people_are_left_alone() {
        for text in [
            "",
            "api",
            "git@github.com:org/repo.git",
            "image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "arn:aws:iam::111122223333:role/node",
            "resource:user/x without an account",
            "--as-group=ops --assets=x --as",
            r#"User "system:serviceaccount:a:b" cannot list"#,
            "ssh-rsa is a word",
            "laser \"beam\"",
        ] {
            assert_eq!(key().text(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for piece in [
            "@",
            "7:user/",
            "a@",
            "%40",
            "a.b@c.d",
            "\\u0040",
            "--as ",
            "ssh-rsa AAAA ",
            "ssh-rsa ",
            "Anna <",
            "_user://",
            "ü@é.",
        ] {
            let time = |repeats| {
                let text = piece.repeat(repeats);
                let began = std::time::Instant::now();
                let _ = key().text(&text);
                began.elapsed()
            };
            // Eight times the text in at most some thirty times the time: quadratic would be 64.
            let (short, long) = (time(5_000), time(40_000));
            let bearable = std::time::Duration::from_millis(200);
            assert!(long <= (short * 30).max(bearable), "{piece}: {short:?}, then {long:?}");
        }
    }
}
