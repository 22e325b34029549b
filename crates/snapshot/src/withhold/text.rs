//! Strings: single values, and texts that hold names with values.

use memchr::memchr2_iter;

use crate::withhold::names::{Place, is_literal, is_mask, is_secret, looks_random, meaning};
use crate::withhold::rules::{Means, code};
use crate::withhold::tokens::{self, Hint, head, tail};
use crate::withhold::{commands, encoded};

/// Texts inside of texts that are unpacked. What is packed more often is withheld unseen.
const DEPTH_MAX: usize = 3;
/// Bytes of a name and of a value that are looked at.
const NAME_BYTES: usize = 64;
const VALUE_BYTES: usize = 1024;
/// Bytes of a URL in which its host has to begin.
const URL_BYTES: usize = 256;

/// How a string is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// everything counts
    Setting,
    /// words for people: only what is a secret by its own shape
    Prose,
}

/// The code of the first rule that finds a secret in a string.
pub(crate) fn judge(text: &str, reading: Reading) -> Option<&'static str> {
    at_depth(text, reading, 0)
}

fn at_depth(text: &str, reading: Reading, depth: usize) -> Option<&'static str> {
    if text.len() < 8 || is_plain(text) {
        return None;
    }
    let (mut tool, mut manifest, mut packed, mut registry) = (false, false, false, false);
    let found = tokens::find(text, |hint, start, end| match hint {
        Hint::Tool => {
            tool = true;
            None
        }
        Hint::SecretManifest => {
            manifest |= !text.as_bytes().get(end).is_some_and(u8::is_ascii_alphanumeric);
            None
        }
        Hint::Percent => {
            packed = true;
            None
        }
        Hint::Bearer => is_bearer(text, end).then_some(code::AUTHORIZATION),
        Hint::Basic => is_basic(text, end).then_some(code::AUTHORIZATION),
        Hint::Registry => {
            registry = true;
            None
        }
        Hint::ChangePassword => changes_password(text, start, end).then_some(code::CLOUD_INIT),
        Hint::Spoken if reading == Reading::Setting => spoken(text, end),
        Hint::Element if reading == Reading::Setting => element(text, end),
        other => tokens::plain(other, text, start, end),
    });
    found
        .or_else(|| tokens::is_bootstrap_token(text).then_some(code::BOOTSTRAP_TOKEN))
        .or_else(|| (registry && contains_any(text, REGISTRY)).then_some(code::REGISTRY_AUTH))
        .or_else(|| assignments(text, reading))
        .or_else(|| {
            (tool && reading == Reading::Setting && commands::in_text(text)).then_some(code::ARGUMENT)
        })
        .or_else(|| (manifest && contains_any(text, DATA)).then_some(code::EMBEDDED))
        .or_else(|| unpacked(text, packed, reading, depth))
}

/// Bytes of a name or an image reference. Keys in hexadecimal are made of them, too, and are longer than names.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        plain[at] =
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'/' | b'@');
        at += 1;
    }
    plain
};

/// Most strings are short names in small letters, in which no rule finds anything: one quick look, and they are through.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() < 36 && bytes.iter().all(|b| PLAIN[usize::from(*b)]) && !tokens::is_bootstrap_token(text)
}

fn unpacked(text: &str, percent: bool, reading: Reading, depth: usize) -> Option<&'static str> {
    if depth == DEPTH_MAX {
        let packed = encoded::base64(text).is_some() || percent && encoded::percent(text) != text;
        return packed.then_some(code::COMPRESSED);
    }
    if percent && let Some(code) = at_depth(&encoded::percent(text), reading, depth + 1) {
        return Some(code);
    }
    match encoded::base64(text)? {
        encoded::Packed::Compressed => Some(code::COMPRESSED),
        encoded::Packed::Text(inner) => at_depth(&inner, Reading::Setting, depth + 1),
    }
}

fn word(text: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '\\' | '<' | '`');
    head(text, VALUE_BYTES).split(ends).next().unwrap_or_default()
}

fn is_bearer(text: &str, end: usize) -> bool {
    let word = word(&text[end..]);
    word.len() >= 16 && looks_random(word) && is_literal(word)
}

fn is_basic(text: &str, end: usize) -> bool {
    let word = word(&text[end..]);
    word.len() >= 6
        && encoded::decode(word.as_bytes()).is_some_and(|bytes| {
            bytes.contains(&b':') && bytes.iter().all(|b| (32..127).contains(b) || *b >= 0xc2)
        })
}

/// What stands in the configuration of docker beside `auths`.
const REGISTRY: &[&str] = &["\"auth\"", "\"password\"", "\\\"auth\\\"", "\\\"password\\\"", "dentitytoken\""];

/// The members of a Secret that hold its values, in every notation.
const DATA: &[&str] = &["data:", "Data:", "data\":", "Data\":", "data\\\":", "Data\\\":"];

fn contains_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

/// A pipe into `chpasswd`, or its key in the configuration of a machine.
fn changes_password(text: &str, start: usize, end: usize) -> bool {
    let before = tail(&text[..start], 256);
    text[end..].starts_with(':') || before.contains('|') || before.contains(':')
}

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// Goes back from `end` over bytes that fit, at most so many.
fn back(bytes: &[u8], end: usize, max: usize, fits: impl Fn(u8) -> bool) -> usize {
    let mut start = end;
    while start > 0 && end - start < max && fits(bytes[start - 1]) {
        start -= 1;
    }
    start
}

/// The name that ends before a position.
fn name_before(text: &str, end: usize) -> &str {
    &text[back(text.as_bytes(), end, NAME_BYTES, is_name_byte)..end]
}

/// `--password hunter2`, `IDENTIFIED BY 'hunter2'`, `machine x login y password z`.
fn spoken(text: &str, end: usize) -> Option<&'static str> {
    let name = name_before(text, end - 1);
    let rest = text[end..].trim_start_matches(' ');
    if name.starts_with('-') {
        let value = word(text[end..].trim_start_matches([' ', '"', '\'']));
        let means = meaning(name)?;
        return (!value.starts_with(['-', '=', '|', '\\', '>']) && is_secret(means, value, Place::Setting))
            .then_some(code::ARGUMENT);
    }
    let quoted = rest.strip_prefix('\'').map(word);
    let sql = name.eq_ignore_ascii_case("by") || name.eq_ignore_ascii_case("password");
    let netrc = || {
        let before = tail(&text[..end], 256);
        name == "password" && before.contains("machine ") && before.contains("login ")
    };
    (sql && quoted.is_some_and(is_literal) || netrc() && is_literal(word(rest))).then_some(code::ASSIGNMENT)
}

/// `<password>hunter2</password>`
fn element(text: &str, end: usize) -> Option<&'static str> {
    let name = name_before(text, end - 1);
    let start = end - 1 - name.len();
    let opens = start > 0 && text.as_bytes()[start - 1] == b'<';
    let value = head(&text[end..], VALUE_BYTES).split('<').next().unwrap_or_default();
    (opens && is_secret(meaning(name)?, value, Place::Setting)).then_some(code::ASSIGNMENT)
}

/// Names with values, in every notation that has `=` or `:` between the two.
fn assignments(text: &str, reading: Reading) -> Option<&'static str> {
    let bytes = text.as_bytes();
    // Where the `name` of a `name`, `value` pair stands.
    let mut pair: Option<usize> = None;
    for at in memchr2_iter(b'=', b':', bytes) {
        if bytes[at] == b':' && bytes[at + 1..].starts_with(b"//") {
            if has_password(text, at + 3) {
                return Some(code::URL);
            }
            continue;
        }
        if reading == Reading::Prose {
            continue;
        }
        let Some((name, start)) = name_of(text, at) else { continue };
        let means = match name {
            "name" | "key" | "Name" | "Key" => {
                pair = Some(at);
                continue;
            }
            "value" | "Value" => {
                let near = pair.take().filter(|there| at - there < 256);
                near.and_then(|there| meaning(value_after(text, there).0))
            }
            _ => meaning(name),
        };
        let Some(means) = means else { continue };
        if assigned(text, at, start, name, means) {
            return Some(if name.starts_with('-') { code::ARGUMENT } else { code::ASSIGNMENT });
        }
    }
    None
}

/// The name before `=` or `:`, and where it starts.
fn name_of(text: &str, at: usize) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    let mut end = at;
    if bytes[at] == b'=' {
        // Comparisons are none.
        if matches!(bytes.get(at + 1), Some(b'=' | b'~'))
            || (at > 0 && matches!(bytes[at - 1], b'=' | b'!' | b'<' | b'>' | b'~'))
        {
            return None;
        }
        end = back(bytes, end, 1, |b| matches!(b, b':' | b'?' | b'+'));
    }
    end = back(bytes, end, 8, |b| matches!(b, b' ' | b'\t'));
    end = back(bytes, end, 2, |b| matches!(b, b'"' | b'\'' | b'`' | b']'));
    end = back(bytes, end, 8, |b| b == b'\\');
    end = back(bytes, end, 1, |b| matches!(b, b'"' | b'\''));
    let name = name_before(text, end);
    (!name.is_empty()).then(|| (name, end - name.len()))
}

/// The value behind `=` or `:`, and whether it stands in quotes.
fn value_after(text: &str, at: usize) -> (&str, bool) {
    let rest = text[at + 1..].trim_start_matches('>').trim_start_matches([' ', '\t']);
    let rest = rest.trim_start_matches('\\');
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        let inner = head(&rest[1..], VALUE_BYTES);
        let value = inner.split([quote, '\n']).next().unwrap_or_default();
        return (value.trim_end_matches('\\'), true);
    }
    let line = head(rest, VALUE_BYTES).split(['\n', '\r']).next().unwrap_or_default();
    if matches!(line.trim_end(), "|" | "|-" | "|+" | ">" | ">-" | ">+") {
        let next = rest[line.len()..].trim_start();
        return (head(next, VALUE_BYTES).lines().next().unwrap_or_default(), true);
    }
    if line.starts_with(['$', '{', '%', '<']) {
        return (line.trim_end(), false);
    }
    let ends = |c: char| {
        c.is_whitespace()
            || matches!(c, ',' | ';' | '&' | '"' | '\'' | '<' | '>' | ')' | ']' | '}' | '`' | '|')
    };
    (line.split(ends).next().unwrap_or_default(), false)
}

fn assigned(text: &str, at: usize, start: usize, name: &str, means: Means) -> bool {
    let bytes = text.as_bytes();
    let (value, quoted) = match means {
        // Header: the scheme and the credentials are two words.
        Means::Header => {
            let line = head(&text[at + 1..], VALUE_BYTES);
            let line = line.trim_start_matches([' ', '"', '\'', '\\']);
            (line.split(['\n', '"', '\'', '\\']).next().unwrap_or_default(), true)
        }
        _ => value_after(text, at),
    };
    if value.is_empty() || is_mask(value) {
        return false;
    }
    if quoted {
        return is_secret(means, value, Place::Setting);
    }
    let tight = bytes[at] == b':' && bytes.get(at + 1).is_some_and(|b| !b.is_ascii_whitespace());
    if tight {
        // `registry/token:v1` is an image, `secret:443` a host, `a:b:c` a resource.
        let alone =
            start == 0 || matches!(bytes[start - 1], b' ' | b'\n' | b'\t' | b'{' | b',' | b';' | b'(');
        if !alone || means != Means::Secret || value.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return false;
        }
    }
    let word = value.trim_end_matches(['.', '!', '?']);
    // What reads like a sentence, or like code that reads the value elsewhere.
    let letters = word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-' || b == b'/') || word.is_empty();
    let line = head(&text[at + 1..], VALUE_BYTES).trim_start_matches([' ', '\t']);
    let line = line.split('\n').next().unwrap_or_default();
    let more = line.get(value.len()..).unwrap_or_default();
    let sentence =
        letters && more.trim_start().starts_with(|c: char| c.is_ascii_alphabetic()) && more.starts_with(' ');
    let call = value.contains('(') || value.contains('[');
    let member = value.rsplit_once('.').is_some_and(|(_, last)| meaning(last).is_some());
    let same = value.eq_ignore_ascii_case(name.trim_start_matches('-'));
    !sentence && !call && !member && !same && is_secret(means, value, Place::Setting)
}

/// True if a URL whose authority starts here has a literal password, or a random name, before its host.
fn has_password(text: &str, start: usize) -> bool {
    let rest = head(text.get(start..).unwrap_or_default(), URL_BYTES);
    let token = rest
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\'))
        .next()
        .unwrap_or_default();
    let authority = token.split(['/', '?', '#']).next().unwrap_or_default();
    let name = match authority.rsplit_once('@') {
        Some((name, host)) if !host.is_empty() => name,
        // A password with a slash in it.
        _ => {
            let port_like = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
            match (authority.split_once(':'), token.rsplit_once('@')) {
                (Some((_, port)), Some((name, _))) if !port_like(port) => name,
                _ => return false,
            }
        }
    };
    match name.split_once(':') {
        Some((_, password)) => is_literal(password) && !password.eq_ignore_ascii_case("password@"),
        None => looks_random(name) && name.len() >= 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&'static str> {
        judge(text, Reading::Setting)
    }

    #[test]
    fn files_inside_of_values() {
        for text in [
            "DB_HOST=db\nDB_PASSWORD=hunter2\n",
            "export API_TOKEN='hunter2'",
            "spring.datasource.password = hunter2",
            "[mail]\npassword: hunter2\n",
            "auth:\n  adminPassword: \"hunter2\"\n",
            "password: |\n  hunter2\n",
            r#"{"db":{"password":"hunter2"}}"#,
            r#"{\"db\":{\"password\":\"hunter2\"}}"#,
            r#"{"env":[{"name":"DB_PASSWORD","value":"hunter2"}]}"#,
            "env:\n- name: DB_PASSWORD\n  value: hunter2\n",
            "<server><password>hunter2</password></server>",
            "password => 'hunter2'",
            "https://api.example/v1?token=hunter2&x=y",
            "Server=db;User Id=sa;Password=hunter2;",
            "machine x login y password hunter2",
            "CREATE USER x IDENTIFIED BY 'hunter2'",
            "ALTER ROLE x WITH PASSWORD 'hunter2'",
            "run --password hunter2",
            "redirect?u=a%26password%3Dhunter2",
            "cGFzc3dvcmQ9aHVudGVyMg==",
            "apiVersion: v1\nkind: Secret\ndata:\n  x: aHVudGVyMg==\n",
            "config[\"password\"] = \"hunter2\"",
            "note password:hunter2 until monday",
            "root:hunter2 | chpasswd",
        ] {
            assert!(found(text).is_some(), "{text}");
        }
    }

    #[test]
    fn no_limit_lets_a_secret_through() {
        use base64ct::{Base64, Encoding};
        let packed = |text: &str, times: usize| {
            (0..times).fold(text.to_string(), |text, _| Base64::encode_string(text.as_bytes()))
        };
        let words = format!("{}mysql -uroot -phunter2", "word ".repeat(12_000));
        assert!(found(&words).is_some(), "at the end of a long line");
        let long = format!("{}password=hunter2\n", "colour: green\n".repeat(400_000));
        assert!(found(&packed(&long, 1)).is_some(), "at the end of a long packed text");
        for times in 1..8 {
            assert!(found(&packed("password=hunter2", times)).is_some(), "packed {times} times");
        }
        let harmless = "a text in which nothing has to be hidden";
        assert_eq!(found(&packed(harmless, DEPTH_MAX)), None);
        assert_eq!(found(&packed(harmless, DEPTH_MAX + 1)), Some(code::COMPRESSED));
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "password: $(DB_PASSWORD)\n",
            "password=${DB_PASSWORD}",
            "passwordFile: /run/secrets/db",
            "token: {{ .Values.token }}",
            "--token-ttl=15m",
            "authorization: enabled for all",
            "password: must be set by the operator",
            "secretName: payments-db",
            "if token == nil",
            "password = getenv('X')",
            "token = config.token",
            "registry.example/token:v1",
            "the token: a word",
            "password: \"\"",
            "--authentication-token-webhook=true",
            "kind: SecretStore\ndata: x",
            "kind: Secret\nname: x",
            "tokenreviews",
            "--service-account-signing-key-file=/etc/x",
            "secretsEncryption: true",
            "kube_secret_info{secret=\"payments-db\"}",
            "password: '********'",
            "--tls-secret=ingress-tls",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn urls() {
        for text in [
            "postgres://app:hunter2@db/x",
            "jdbc:mysql://app:hunter2@db/x",
            "amqp://u:p/w@host",
            "redis://:hunter2@cache",
            "see https://u:p@x.example now",
            "https://0123456789abcdef0a1b2c3d@o1.ingest.example/1",
            "mongodb+srv://u:p%40x@c.example",
        ] {
            assert_eq!(found(text), Some(code::URL), "{text}");
        }
        for text in [
            "https://x.example:8443/a@b",
            "ssh://git@github.com/x",
            "postgres://$USER:$PASS@db",
            "https://user@x.example",
            "https://x/a:b@c",
            "http://u:******@x",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for piece in [
            "eyJ",
            "ghp_",
            "password=",
            "-----BEGIN ",
            "://a:b",
            "$6$",
            "name: ",
            "PRIVATE KEY",
            "chpasswd",
            "assword ",
            "SKAC",
            "%3D",
            "--p ",
            "auths\"",
        ] {
            let _ = found(&piece.repeat(200_000));
        }
    }
}
