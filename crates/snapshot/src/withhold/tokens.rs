//! One pass over a string for everything that a secret by its own shape cannot do without.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input};

use crate::withhold::rules::{Chars, TOKENS, WEBHOOKS, code};

/// The mark that other collectors leave, also in the middle of a string.
pub(crate) const HIDDEN: &str = "***HIDDEN***";
/// `-----BEGIN` in base64.
pub(crate) const BASE64_PEM: &str = "LS0tLS1CRUdJTi";

/// What a word found in a string may be the start of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Hidden,
    PrivateKey,
    Base64Pem,
    Jwt,
    Bearer,
    Basic,
    Token(usize),
    Webhook,
    Hash,
    Registry,
    /// a name that is followed by a blank: an option, or `IDENTIFIED BY`
    Spoken,
    /// the end of an XML element's tag
    Element,
    ChangePassword,
    SecretManifest,
    Percent,
    Telegram,
    Mailchimp,
    Tool,
}

struct Words {
    automaton: AhoCorasick,
    words: Vec<&'static str>,
    hints: Vec<Hint>,
    /// for each word those in which it stands, and where in them
    around: Vec<Vec<(usize, usize)>>,
}

const FIXED: &[(&str, Hint)] = &[
    (HIDDEN, Hint::Hidden),
    ("PRIVATE KEY", Hint::PrivateKey),
    (BASE64_PEM, Hint::Base64Pem),
    ("eyJ", Hint::Jwt),
    ("earer ", Hint::Bearer),
    ("BEARER ", Hint::Bearer),
    ("asic ", Hint::Basic),
    ("BASIC ", Hint::Basic),
    ("$2a$", Hint::Hash),
    ("$2b$", Hint::Hash),
    ("$2y$", Hint::Hash),
    ("$apr1$", Hint::Hash),
    ("$argon2", Hint::Hash),
    ("$1$", Hint::Hash),
    ("$5$", Hint::Hash),
    ("$6$", Hint::Hash),
    ("$7$", Hint::Hash),
    ("$y$", Hint::Hash),
    ("$gy$", Hint::Hash),
    ("$scrypt$", Hint::Hash),
    ("$pbkdf2", Hint::Hash),
    ("pbkdf2_sha", Hint::Hash),
    ("{SHA}", Hint::Hash),
    ("{SSHA", Hint::Hash),
    ("{SMD5}", Hint::Hash),
    ("{CRYPT}", Hint::Hash),
    ("SCRAM-SHA-", Hint::Hash),
    ("auths\"", Hint::Registry),
    ("assword ", Hint::Spoken),
    ("asswd ", Hint::Spoken),
    ("oken ", Hint::Spoken),
    ("ecret ", Hint::Spoken),
    ("key ", Hint::Spoken),
    ("-pass ", Hint::Spoken),
    ("-pwd ", Hint::Spoken),
    ("ASSWORD ", Hint::Spoken),
    ("dentified by ", Hint::Spoken),
    ("DENTIFIED BY ", Hint::Spoken),
    ("assword>", Hint::Element),
    ("asswd>", Hint::Element),
    ("assphrase>", Hint::Element),
    ("ecret>", Hint::Element),
    ("oken>", Hint::Element),
    ("ey>", Hint::Element),
    ("chpasswd", Hint::ChangePassword),
    ("kind: Secret", Hint::SecretManifest),
    ("kind\":\"Secret", Hint::SecretManifest),
    ("kind\": \"Secret", Hint::SecretManifest),
    ("kind\\\":\\\"Secret", Hint::SecretManifest),
    ("%3D", Hint::Percent),
    ("%3d", Hint::Percent),
    ("%3A", Hint::Percent),
    ("%3a", Hint::Percent),
    (":AA", Hint::Telegram),
    ("-us", Hint::Mailchimp),
    ("mysql", Hint::Tool),
    ("mariadb", Hint::Tool),
    ("redis-cli ", Hint::Tool),
    ("valkey-cli ", Hint::Tool),
    ("sshpass ", Hint::Tool),
    ("curl ", Hint::Tool),
    ("docker login", Hint::Tool),
    ("podman login", Hint::Tool),
    ("registry login", Hint::Tool),
    ("oc login", Hint::Tool),
    ("az login", Hint::Tool),
    ("skopeo ", Hint::Tool),
    ("buildah ", Hint::Tool),
    ("mongo", Hint::Tool),
    ("ldap", Hint::Tool),
    ("sqlcmd ", Hint::Tool),
    ("bcp ", Hint::Tool),
    ("smbclient ", Hint::Tool),
    ("etcdctl ", Hint::Tool),
    ("openssl ", Hint::Tool),
    ("htpasswd ", Hint::Tool),
    ("influx ", Hint::Tool),
    ("zip ", Hint::Tool),
    ("7z ", Hint::Tool),
    ("vault login", Hint::Tool),
    ("rabbitmqctl ", Hint::Tool),
    ("rclone ", Hint::Tool),
    ("mc alias set", Hint::Tool),
];

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let tokens = TOKENS.iter().enumerate().map(|(at, (prefix, _, _))| (*prefix, Hint::Token(at)));
    let webhooks = WEBHOOKS.iter().map(|start| (*start, Hint::Webhook));
    let (words, hints): (Vec<&str>, Vec<Hint>) = FIXED.iter().copied().chain(tokens).chain(webhooks).unzip();
    let automaton = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(&words)
        .expect("some hundred short words make a small automaton");
    let around = |word: &&str| {
        let places = |at: usize| {
            let starts = words[at].as_bytes().windows(word.len()).enumerate();
            starts.filter(|(_, part)| *part == word.as_bytes()).map(move |(offset, _)| (at, offset))
        };
        (0..words.len()).filter(|at| words[*at].len() > word.len()).flat_map(places).collect()
    };
    let around = words.iter().map(around).collect();
    Words { automaton, words, hints, around }
});

/// Calls `judge` on every word that a secret needs: what it may be, its start and its end. Stops at the first code.
pub(crate) fn find(
    text: &str,
    mut judge: impl FnMut(Hint, usize, usize) -> Option<&'static str>,
) -> Option<&'static str> {
    matches(text).find_map(|(word, start, end)| judge(WORDS.hints[word], start, end))
}

/// Places of all words: word, start, end. The automaton gives the one that ends first; the search goes on behind the
/// byte at which it started, and words around it are looked for by hand. That takes a third of the time that an
/// automaton needs to remember words inside of words. A place may be given twice.
fn matches(text: &str) -> impl Iterator<Item = (usize, usize, usize)> {
    let words = &*WORDS;
    let mut from = 0;
    let found = std::iter::from_fn(move || {
        let found = words.automaton.find(Input::new(text).range(from..))?;
        from = found.start() + 1;
        Some((found.pattern().as_usize(), found.start()))
    });
    let stands = move |at: usize, start: usize| {
        text.as_bytes()[start..].starts_with(words.words[at].as_bytes()).then_some((at, start))
    };
    found.flat_map(move |(word, start)| {
        let around = words.around[word].iter();
        let around = around.filter_map(move |(at, offset)| stands(*at, start.checked_sub(*offset)?));
        std::iter::once((word, start))
            .chain(around)
            .map(|(at, start)| (at, start, start + words.words[at].len()))
    })
}

/// How many of the first `max` bytes a token of the kind may have.
fn run(bytes: &[u8], chars: Chars, max: usize) -> usize {
    let fits = |b: &&u8| match chars {
        Chars::Url => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'),
        Chars::Any => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+' | b'/' | b'='),
        Chars::Hex => b.is_ascii_digit() || matches!(b, b'a'..=b'f'),
        Chars::Upper => b.is_ascii_digit() || b.is_ascii_uppercase(),
    };
    bytes.iter().take(max).take_while(fits).count()
}

/// True where a token of the table's row stands, and no letter runs into it.
pub(crate) fn is_token(row: usize, text: &str, start: usize, end: usize) -> bool {
    let (prefix, chars, count) = TOKENS[row];
    let bytes = text.as_bytes();
    let length = run(&bytes[end..], chars, count + 1);
    if length < count.max(1) {
        return false;
    }
    let glued = start > 0 && bytes[start - 1].is_ascii_alphanumeric();
    let rest = &bytes[end..end + length];
    let varied = rest.iter().any(u8::is_ascii_digit) || rest.iter().any(u8::is_ascii_uppercase);
    match prefix {
        // The middle of a key of OpenAI, and assignments: what stands before belongs to them.
        "T3BlbkFJ" | "_authToken" => true,
        "AccountKey=" | "SharedAccessKey=" => true,
        "SharedAccessSignature" => head(&text[end..], 512).contains("sig="),
        // Short prefixes: all of the word has to fit.
        "SK" | "AC" | "key-" | "dapi" | "pul-" => {
            let next = bytes.get(end + length);
            !glued && length == count && next.is_none_or(|b| !b.is_ascii_alphanumeric())
        }
        "AKIA" | "ASIA" | "ABIA" | "ACCA" | "A3T" => !glued && length == count,
        _ => !glued && varied,
    }
}

/// The start of a text, at most so many bytes of it: what is looked at around a word is bounded.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes.min(text.len()))]
}

/// The end of a text, at most so many bytes of it.
pub(crate) fn tail(text: &str, bytes: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(bytes))..]
}

/// True where something follows that only its owner knows.
pub(crate) fn is_webhook(text: &str, end: usize) -> bool {
    let rest = head(&text[end..], 256);
    let rest =
        rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '`')).next().unwrap_or("");
    rest.len() >= 8
        && !rest.starts_with(['$', '{', '%'])
        && rest.bytes().any(|b| b.is_ascii_digit())
        && !["XXXX", "{{", "$(", "${"].iter().any(|template| rest.contains(template))
}

/// True where the hash of a password stands: what follows its mark is long and unbroken.
pub(crate) fn is_hash(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let fits = |b: &&u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'$' | b'.' | b'/' | b'+' | b'=' | b',' | b':' | b'-' | b'_')
    };
    let rest = bytes[end..].iter().take(64).take_while(fits).count();
    let glued = start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'{');
    rest >= 16 && !glued && bytes[end..end + rest].iter().any(u8::is_ascii_alphabetic)
}

/// A signed token: header and payload are objects in base64url. It starts a word.
pub(crate) fn is_jwt(text: &str, start: usize) -> bool {
    let bytes = text.as_bytes();
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=');
    if start > 0 && part(&bytes[start - 1]) && bytes[start - 1] != b'=' {
        return false;
    }
    let header = bytes[start..].iter().take_while(|b| part(b)).count();
    let rest = &bytes[start + header..];
    header > 10 && rest.starts_with(b".eyJ") && rest[1..].iter().take(12).take_while(|b| part(b)).count() > 10
}

/// `PRIVATE KEY` in the first line of a PEM text, of whatever kind; a mention of keys in prose is none.
pub(crate) fn is_private_key(text: &str, start: usize, end: usize) -> bool {
    let before = tail(&text[..start], 64);
    let line = before.rsplit("-BEGIN ").next().filter(|line| line.len() < before.len());
    let begins = line
        .is_some_and(|line| line.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' '));
    begins && (text[end..].starts_with("--") || text[end..].starts_with(" BLOCK--"))
}

/// A PEM in base64 whose first line names a private key.
pub(crate) fn is_base64_private_key(text: &str, start: usize) -> bool {
    let length = run(&text.as_bytes()[start..], Chars::Any, 96) & !3;
    let decoded = super::encoded::decode(&text.as_bytes()[start..start + length]);
    decoded.is_some_and(|bytes| memchr::memmem::find(&bytes, b"PRIVATE KEY").is_some())
}

/// `id:35 characters` as Telegram gives it to bots.
pub(crate) fn is_telegram(text: &str, start: usize) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes[..start].iter().rev().take(11).take_while(|b| b.is_ascii_digit()).count();
    (8..=10).contains(&digits) && run(&bytes[start + 1..], Chars::Url, 36) == 35
}

/// A key of Mailchimp: 32 digits in hexadecimal, then the data centre.
pub(crate) fn is_mailchimp(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let hex = bytes[..start]
        .iter()
        .rev()
        .take(33)
        .take_while(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
        .count();
    hex == 32 && bytes.get(end).is_some_and(u8::is_ascii_digit)
}

/// Six and sixteen small letters and digits (kubeadm), as the whole of a string.
pub(crate) fn is_bootstrap_token(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 23 || bytes[6] != b'.' {
        return false;
    }
    let sound = |part: &[u8]| part.iter().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    let (id, secret) = (&bytes[..6], &bytes[7..]);
    let changes =
        secret.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    sound(id) && sound(secret) && changes >= 3
}

/// The code of a hint that needs no more than the words around it.
pub(crate) fn plain(hint: Hint, text: &str, start: usize, end: usize) -> Option<&'static str> {
    match hint {
        Hint::Hidden => Some(code::MARK),
        Hint::PrivateKey => is_private_key(text, start, end).then_some(code::PRIVATE_KEY),
        Hint::Base64Pem => is_base64_private_key(text, start).then_some(code::PRIVATE_KEY),
        Hint::Jwt => is_jwt(text, start).then_some(code::JWT),
        Hint::Token(row) => is_token(row, text, start, end).then_some(code::TOKEN),
        Hint::Webhook => is_webhook(text, end).then_some(code::WEBHOOK),
        Hint::Hash => is_hash(text, start, end).then_some(code::PASSWORD_HASH),
        Hint::Telegram => is_telegram(text, start).then_some(code::TOKEN),
        Hint::Mailchimp => is_mailchimp(text, start, end).then_some(code::TOKEN),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Parts of words glued together, so that words stand in words, across words, and nearly.
    #[test]
    fn no_place_of_a_word_is_passed_over() {
        let Words { automaton, words, .. } = &*WORDS;
        let mut state = 1u64;
        let mut below = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % end
        };
        let mut inside = 0;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..1 + below(5) {
                let word = words[below(words.len())];
                let (from, to) = (below(word.len()), below(word.len()) + 1);
                text.push_str(if below(3) == 0 { word } else { word.get(from..to).unwrap_or("é") });
            }
            let found: BTreeSet<_> = matches(&text).collect();
            let all = automaton.find_overlapping_iter(&text);
            let all: BTreeSet<_> = all.map(|m| (m.pattern().as_usize(), m.start(), m.end())).collect();
            assert_eq!(found, all, "{text}");
            inside += all
                .iter()
                .filter(|(_, _, end)| all.iter().any(|other| other.1 < *end && other.2 > *end))
                .count();
        }
        assert!(inside > 100, "{inside}");
    }
}
