//! Names that mean a secret, and values that are literal ones: no reference, path, template or mask.

use std::sync::LazyLock;

use crate::withhold::rules::{Means, NAMES, OBJECT_WORDS};

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// a field of an object
    Field,
    /// a setting: environment, option, annotation, content of a ConfigMap, a text
    Setting,
}

/// The end of a name, and what it means.
type End = (&'static [u8], Means);

/// Names by their last two letters; none is longer than [`END_MAX`].
static ENDS: LazyLock<Vec<Vec<End>>> = LazyLock::new(|| {
    let mut table = vec![Vec::new(); 1 << 10];
    for (end, means) in NAMES {
        table[bucket(end.as_bytes())].push((end.as_bytes(), *means));
    }
    // The longest end that fits decides.
    table
        .iter_mut()
        .for_each(|row: &mut Vec<(&[u8], Means)>| row.sort_by_key(|(end, _)| usize::MAX - end.len()));
    table
});

const END_MAX: usize = 24;

fn bucket(end: &[u8]) -> usize {
    let last = |back: usize| usize::from(end.len().checked_sub(back).map_or(0, |at| end[at]) & 31);
    last(1) << 5 | last(2)
}

/// What the end of a name means. Separators and case do not matter.
pub(crate) fn meaning(name: &str) -> Option<Means> {
    let bytes = name.as_bytes();
    // Most names are out after their last two bytes.
    if bytes.len() < 3 {
        return None;
    }
    let ends = &*ENDS;
    if bytes[bytes.len() - 1].is_ascii_alphanumeric()
        && bytes[bytes.len() - 2].is_ascii_alphanumeric()
        && ends[bucket(bytes)].is_empty()
    {
        return None;
    }
    let mut end = [0u8; END_MAX];
    let mut places = [0usize; END_MAX];
    let mut start = END_MAX;
    for (at, byte) in bytes.iter().enumerate().rev() {
        if byte.is_ascii_alphanumeric() {
            if start == 0 {
                break;
            }
            start -= 1;
            end[start] = byte.to_ascii_lowercase();
            places[start] = at;
        }
    }
    let end = &end[start..];
    let places = &places[start..];
    let (word, means) = ends[bucket(end)].iter().find(|(word, _)| end.ends_with(word))?;
    let first = places[end.len() - word.len()];
    if matches!(means, Means::Word | Means::Random | Means::Whole) && !starts_word(bytes, first) {
        return None;
    }
    if *means == Means::SecretName && OBJECT_WORDS.contains(&word_before(name, first).as_str()) {
        return Some(Means::Random);
    }
    Some(*means)
}

/// True where a new word starts: at the start, behind a separator, or at a capital after a small letter.
fn starts_word(name: &[u8], at: usize) -> bool {
    at == 0
        || !name[at - 1].is_ascii_alphanumeric()
        || (name[at].is_ascii_uppercase() && !name[at - 1].is_ascii_uppercase())
}

/// The word that ends before a position, in small letters.
fn word_before(name: &str, at: usize) -> String {
    let head = name.get(..at).unwrap_or_default().trim_end_matches(['-', '_', '.', ' ', '/']);
    let bytes = head.as_bytes();
    let mut start = bytes.len();
    while start > 0 && bytes[start - 1].is_ascii_alphanumeric() {
        start -= 1;
        if start > 0 && starts_word(bytes, start) {
            break;
        }
    }
    head.get(start..).unwrap_or_default().to_ascii_lowercase()
}

/// True if a value under a name of this meaning is a secret.
pub(crate) fn is_secret(means: Means, value: &str, place: Place) -> bool {
    let value = value.trim();
    if value.is_empty() || is_mask(value) {
        return false;
    }
    match means {
        Means::Whole => true,
        Means::Header => {
            let credentials = ["Basic ", "Bearer ", "Token ", "basic ", "bearer ", "token ", "ApiKey "]
                .iter()
                .find_map(|scheme| value.strip_prefix(scheme));
            credentials.map_or_else(|| looks_random(value), |rest| rest.len() > 3 && is_literal(rest))
        }
        Means::Url => {
            let host = value.split_once("://").map_or("", |(_, rest)| rest);
            let host = host.split(['/', ':', '?']).next().unwrap_or_default();
            is_literal(value) && host.contains('.') && !host.contains(".svc") && !host.ends_with(".local")
        }
        Means::Random => is_literal(value) && looks_random(value),
        Means::Secret | Means::Word => is_literal(value) && !is_quantity(value),
        Means::Reference => {
            is_literal(value)
                && !is_quantity(value)
                && (looks_random(value)
                    || (place == Place::Setting && !is_object_name(value))
                    || !is_word(value))
        }
        Means::SecretName => {
            is_literal(value)
                && !is_quantity(value)
                && (looks_random(value)
                    || !is_word(value)
                    || (place == Place::Setting && !is_object_name(value)))
        }
    }
}

/// True for what names and paths consist of.
fn is_word(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':'))
}

/// True for a name that an object may have: small letters, digits and `-`, with a `-` or `/` in it, or letters only.
fn is_object_name(value: &str) -> bool {
    let parts = value
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'/'));
    parts
        && !looks_random(value)
        && (value.contains(['-', '/']) || value.bytes().all(|b| b.is_ascii_lowercase()))
}

/// True for digits, durations and sizes: the value of a limit whose name sounds like a secret.
fn is_quantity(value: &str) -> bool {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    unit.len() < value.len()
        && value.len() <= 6
        && matches!(unit, "s" | "m" | "h" | "d" | "ms" | "k" | "K" | "M" | "Mi" | "Gi" | "B" | "MB" | "KB")
}

/// True for a run of characters that nobody gives as a name.
pub(crate) fn looks_random(value: &str) -> bool {
    let bytes = value.as_bytes();
    if bytes.len() < 16 || bytes.iter().any(|b| b.is_ascii_whitespace()) {
        return false;
    }
    let class = |b: u8| match b {
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b'a'..=b'z' => 3,
        _ => 0,
    };
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let changes = bytes.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    let capitals = bytes.iter().filter(|b| b.is_ascii_uppercase()).count();
    let mixed = bytes.len() >= 32 && digits >= 1 && capitals >= 8 && letters - capitals >= 8;
    (digits >= 2 || mixed) && letters >= 2 && changes >= (bytes.len() / 4).max(4)
}

const NO_VALUES: &[&str] = &[
    "true",
    "false",
    "null",
    "nil",
    "none",
    "yes",
    "no",
    "on",
    "off",
    "~",
    "enabled",
    "disabled",
    "required",
    "optional",
    "undefined",
    "string",
    "str",
    "text",
    "object",
    "boolean",
    "bool",
    "number",
    "integer",
    "int",
    "bytes",
    "array",
    "secret",
    "token",
    "auto",
    "generate",
    "generated",
    "random",
    "basic",
    "bearer",
    "|",
    ">",
    "|-",
    ">-",
    "{}",
    "[]",
    "\"\"",
    "''",
    "cookie",
    "header",
    "env",
    "file",
    "redacted",
    "withheld",
    "unset",
    "todo",
];

/// True for what stands in place of a value that somebody hid.
pub(crate) fn is_mask(value: &str) -> bool {
    let inner =
        value.trim_matches(|c: char| matches!(c, '<' | '>' | '[' | ']' | '(' | ')' | '{' | '}' | '"' | '\''));
    inner.is_empty()
        || inner.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'?' | b'#'))
        || NO_VALUES.contains(&inner.to_ascii_lowercase().as_str())
        || inner.eq_ignore_ascii_case("masked")
        || value == super::WITHHELD
}

/// What a reference begins with; who reads the value goes there for the secret.
const REFERENCES: &[&str] = &[
    "vault:",
    "ref+",
    "secretref:",
    "secretref+",
    "op://",
    "sm://",
    "ssm://",
    "ssm:",
    "gcp://",
    "awssm:",
    "file:",
    "file://",
    "env:",
    "env.",
    "ENC[",
    "{cipher}",
    "arn:",
    "projects/",
    "$__",
    "keystore:",
    "kms:",
    "kv:",
    "bao:",
    "azurekeyvault:",
    "akv:",
    "secretsmanager:",
    "gcpsecretmanager:",
    "k8s:",
    "@file:",
    "!vault",
    "process.env",
    "os.environ",
    "System.getenv",
    "ssh-rsa ",
    "ssh-ed25519 ",
    "ecdsa-sha2-",
    "-----BEGIN PUBLIC",
    "-----BEGIN CERT",
    "nachweis:",
    "urn:",
    "spiffe://",
    "secret/",
    "secrets/",
];

/// True unless the value is a reference, a path, a template or a placeholder.
pub(crate) fn is_literal(value: &str) -> bool {
    let value = value.trim().trim_matches(|c| matches!(c, '"' | '\'' | '`'));
    if value.is_empty() || is_mask(value) || REFERENCES.iter().any(|start| value.starts_with(start)) {
        return false;
    }
    if let Some(default) = template(value) {
        return default.is_some_and(|default| !default.is_empty() && is_literal(default));
    }
    let placeholder = value.starts_with('<') && value.ends_with('>');
    !placeholder && !is_path(value)
}

/// `Some` for a template: with the default that it gives, if it gives one.
fn template(value: &str) -> Option<Option<&str>> {
    if let Some((_, rest)) = value.split_once("${") {
        let inner = rest.split('}').next().unwrap_or_default();
        let default =
            inner.split_once(":-").or_else(|| inner.split_once(':')).or_else(|| inner.split_once('-'));
        return Some(default.map(|(_, default)| default));
    }
    if let Some((_, rest)) = value.split_once("{{") {
        let default =
            rest.split_once("default \"").map(|(_, rest)| rest.split('"').next().unwrap_or_default());
        return Some(default);
    }
    let variable = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let whole = value.strip_prefix('$').is_some_and(|rest| {
        variable(rest)
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b':'))
            || matches!(rest.as_bytes(), [b'0'..=b'9' | b'@' | b'*' | b'#' | b'?'])
    });
    let form = value.contains("$(")
        || value.contains("$((")
        || value.starts_with("((") && value.ends_with("))")
        || (value.starts_with('%') && value.ends_with('%') && value.len() > 2)
        || value.starts_with("#{")
        || value.starts_with("<%")
        || value.starts_with("@@")
        || (value.starts_with("__") && value.ends_with("__"))
        || value.starts_with("%(")
        || value.starts_with('`');
    (whole || form).then_some(None)
}

/// True for a path of a file: from the root or relative to a folder, made of words.
fn is_path(value: &str) -> bool {
    let rest =
        value.strip_prefix("./").or_else(|| value.strip_prefix("../")).or_else(|| value.strip_prefix("~/"));
    let Some(rest) = rest.or_else(|| value.strip_prefix('/')) else { return false };
    let sound = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'@' | b'*' | b'{' | b'}')
    };
    rest.bytes().all(sound) && !rest.split('/').any(|part| part.len() >= 20 && looks_random(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn withheld(name: &str, value: &str, place: Place) -> bool {
        meaning(name).is_some_and(|means| is_secret(means, value, place))
    }

    #[test]
    fn names_in_every_spelling() {
        for name in [
            "password",
            "DB_PASSWORD",
            "spring.datasource.password",
            "adminPassword",
            "userpassword",
            "MYSQL_PWD",
            "api-key",
            "apiKey",
            "X-API-KEY",
            "clientSecret",
            "client_secret",
            "AWS_SECRET_ACCESS_KEY",
            "authToken",
            "SECRET_KEY_BASE",
            "dbPass",
            "DB_PASS",
            "github_pat",
            "--password",
        ] {
            assert!(withheld(name, "hunter2-Xy", Place::Setting), "{name}");
        }
        for name in [
            "secretName",
            "tokenreviews",
            "passwordFile",
            "token-ttl",
            "bypass",
            "compass",
            "keep",
            "format",
            "imagePullSecretsName",
            "topologyKey",
            "secretKeyRef",
            "passwordKey",
            "credentialsFile",
            "id",
            "",
        ] {
            assert_eq!(meaning(name), None, "{name}");
        }
    }

    #[test]
    fn values_that_refer_are_no_secrets() {
        for value in [
            "",
            "$(DB_PASSWORD)",
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "$oidc.clientSecret",
            "/run/secrets/db",
            "vault:kv/db",
            "{{ .Values.password }}",
            "<password>",
            "******",
            "true",
            "null",
            "none",
            "ENC[AES256_GCM,data:x]",
            "nachweis:withheld",
            "arn:aws:secretsmanager:eu-central-1:1:secret:x",
            "op://vault/item",
            "((password))",
            "%DB_PASSWORD%",
            "~",
            "30s",
        ] {
            assert!(!withheld("password", value, Place::Setting), "{value}");
        }
        for value in
            ["hunter2", "$6$abc$def", "${DB_PASSWORD:-hunter2}", "12345678", "/x+y9Z==", "correct horse"]
        {
            assert!(withheld("password", value, Place::Setting), "{value}");
        }
    }

    #[test]
    fn names_of_objects_are_no_secrets() {
        for (name, value, place) in [
            ("secret", "payments-db", Place::Field),
            ("tlsSecret", "ingress-tls", Place::Setting),
            ("CA_SECRET", "cert-manager-webhook-ca", Place::Setting),
            ("secretKey", "DB_PASSWORD", Place::Field),
            ("credentials", "cloud-credentials", Place::Setting),
            ("imagePullSecrets", "regcred", Place::Field),
            ("accessKey", "access-key", Place::Field),
        ] {
            assert!(!withheld(name, value, place), "{name} {value}");
        }
        for (name, value, place) in [
            ("secret", "Kj8sd7f6KJH876sdf", Place::Field),
            ("SECRET", "hunter2", Place::Setting),
            ("secretKey", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", Place::Field),
            ("ACCESS_KEY", "hunter22", Place::Setting),
        ] {
            assert!(withheld(name, value, place), "{name} {value}");
        }
    }
}
