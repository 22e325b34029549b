//! Secret values never enter a snapshot: they become [`WITHHELD`], and the seal lists where.
//!
//! First go the places where Kubernetes keeps secrets ([`PLACES`]), then strings anywhere that are a secret by their
//! own shape ([`looks_secret`]). Hashes of secrets are not kept either: a short password is found from its hash.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, packed};
use nachweis_canon::Json;

use crate::path::{Step, parse, visit_at};

/// What stands where a value was withheld.
pub const WITHHELD: &str = "nachweis:withheld";

/// Places of secrets: group, kind, patterns of values.
const PLACES: &[(&str, &str, &[&str])] = &[
    (
        "",
        "Secret",
        &[
            "/data/*",
            "/stringData/*",
            "/metadata/annotations/objectset.rio.cattle.io~1applied",
            "/metadata/annotations/kapp.k14s.io~1original",
            "/metadata/annotations/kopf.zalando.org~1last-handled-configuration",
        ],
    ),
    ("apiserver.config.k8s.io", "EncryptionConfiguration", ENCRYPTION),
    ("", "EncryptionConfig", ENCRYPTION),
    (
        "",
        "Config",
        &[
            "/users/*/user/token",
            "/users/*/user/password",
            "/users/*/user/client-key-data",
            "/users/*/user/auth-provider/config/*",
            "/users/*/user/exec/env/*/value",
        ],
    ),
    ("kubeadm.k8s.io", "InitConfiguration", &["/bootstrapTokens/*/token", "/certificateKey"]),
    (
        "kubeadm.k8s.io",
        "JoinConfiguration",
        &["/discovery/bootstrapToken/token", "/discovery/tlsBootstrapToken", "/controlPlane/certificateKey"],
    ),
];

const ENCRYPTION: &[&str] = &["/resources/*/providers/*/*/keys/*/secret"];

static COMPILED: LazyLock<Vec<(&str, &str, Vec<Step>)>> = LazyLock::new(|| {
    let row = |(group, kind, patterns): &(&'static str, &'static str, &[&str])| {
        let (group, kind) = (*group, *kind);
        patterns.iter().map(|pattern| (group, kind, parse(pattern))).collect::<Vec<_>>()
    };
    PLACES.iter().flat_map(row).collect()
});

/// Replaces secret values in the body of an object and appends its canonical bytes to `out`. Returns the JSON
/// pointers of what was replaced, sorted.
pub fn withhold(group: &str, kind: &str, body: &mut Json<'_>, out: &mut Vec<u8>) -> Vec<String> {
    let mut pointers = Vec::new();
    for (_, _, steps) in COMPILED.iter().filter(|(g, k, _)| *g == group && *k == kind) {
        visit_at(body, steps, &mut String::new(), &mut |value, at| {
            if *value != Json::Null {
                *value = Json::str(WITHHELD);
                pointers.push(at.to_string());
            }
        });
    }
    if is_helm_release(group, kind, body) {
        visit_at(body, &parse("/data/*"), &mut String::new(), &mut |value, at| {
            *value = Json::str(WITHHELD);
            pointers.push(at.to_string());
        });
    }
    let start = out.len();
    nachweis_canon::write(body, out);
    if SHAPES.is_match(&out[start..]) {
        let before = pointers.len();
        visit_at(body, &[Step::Deep], &mut String::new(), &mut |value, at| {
            let secret = |text: &str| looks_secret(text) || text.contains(HIDDEN);
            if matches!(value, Json::Str(text) if secret(text)) && !is_identity(at) {
                *value = Json::str(WITHHELD);
                pointers.push(at.to_string());
            }
        });
        if pointers.len() > before {
            out.truncate(start);
            nachweis_canon::write(body, out);
        }
    }
    pointers.sort();
    pointers.dedup();
    pointers
}

/// The parts of a body that say which item it is; they stand in the item's id too.
fn is_identity(at: &str) -> bool {
    matches!(at, "/apiVersion" | "/kind" | "/metadata/name" | "/metadata/namespace" | "/metadata/uid")
}

/// Releases of Helm that are kept in ConfigMaps hold the values of the chart.
fn is_helm_release(group: &str, kind: &str, body: &Json<'_>) -> bool {
    group.is_empty()
        && kind == "ConfigMap"
        && (body.text(&["metadata", "name"]).is_some_and(|name| name.starts_with("sh.helm.release.v1."))
            || body.text(&["metadata", "labels", "OWNER"]) == Some("TILLER"))
}

/// What a secret by shape cannot do without. Escapes of JSON strings do not touch these bytes.
const NEEDLES: &[&str] = &[
    HIDDEN,
    "PRIVATE KEY-----",
    BASE64_PEM,
    "eyJ",
    "AKIA",
    "ASIA",
    "auths",
    "earer ",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "sk_live_",
];

/// Looks for [`NEEDLES`]; both ways find the same.
enum Shapes {
    /// many bytes at a time, where the processor can
    Packed(packed::Searcher),
    /// byte by byte
    Plain(AhoCorasick),
}

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| match packed::Searcher::new(NEEDLES) {
    Some(searcher) => Shapes::Packed(searcher),
    None => Shapes::Plain(AhoCorasick::new(NEEDLES).expect("a handful of short words")),
});

impl Shapes {
    fn is_match(&self, bytes: &[u8]) -> bool {
        match self {
            Shapes::Packed(searcher) => searcher.find(bytes).is_some(),
            Shapes::Plain(searcher) => searcher.is_match(bytes),
        }
    }
}

/// The mark that other collectors leave, also in the middle of a string.
const HIDDEN: &str = "***HIDDEN***";

/// `-----BEGIN` in base64.
const BASE64_PEM: &str = "LS0tLS1CRUdJTi";

/// True for a string that is or holds a private key, a signed token, a credential of a registry or a cloud.
pub fn looks_secret(text: &str) -> bool {
    text.len() >= 20
        && (holds_private_key(text)
            || holds_token(text)
            || holds_prefixed_token(text)
            || holds_aws_secret(text)
            || (text.contains("\"auths\"") && (text.contains("\"auth\"") || text.contains("\"password\""))))
}

fn holds_private_key(text: &str) -> bool {
    // `PRIVATE KEY` behind `-----BEGIN `, also with one of these words between, in base64.
    const KINDS: [&str; 6] = [
        "BQUklWQVRFIEtFW",
        "BSU0EgUFJJVkFURSBLRV",
        "BFQyBQUklWQVRFIEtFW",
        "BPUEVOU1NIIFBSSVZBVEUgS0VZ",
        "BFTkNSWVBURUQgUFJJVkFURSBLRV",
        "BEU0EgUFJJVkFURSBLRV",
    ];
    (text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----"))
        || text.split(BASE64_PEM).skip(1).any(|rest| KINDS.iter().any(|kind| rest.starts_with(kind)))
}

fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// A signed token (RFC 7519): header and payload are objects in base64url. Or `Bearer` and something random.
fn holds_token(text: &str) -> bool {
    let jwt = text.split(|c| !is_token_char(c) && c != '.').any(|word| {
        let mut parts = word.split('.');
        let (header, payload) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        header.starts_with("eyJ") && payload.starts_with("eyJ") && header.len() > 10 && payload.len() > 10
    });
    jwt || text.split("earer ").skip(1).any(|rest| {
        let word =
            rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',')).next().unwrap_or("");
        word.len() >= 20
            && word.chars().any(|c| c.is_ascii_digit())
            && word.chars().any(|c| c.is_ascii_lowercase())
            && word.chars().any(|c| c.is_ascii_uppercase())
            && word.chars().all(|c| is_token_char(c) || matches!(c, '.' | '~' | '+' | '/' | '='))
    })
}

/// Tokens of code hosts, chat and payment services, which carry their issuer in front.
fn holds_prefixed_token(text: &str) -> bool {
    const PREFIXES: [(&str, usize); 8] = [
        ("ghp_", 36),
        ("gho_", 36),
        ("ghs_", 36),
        ("github_pat_", 22),
        ("glpat-", 20),
        ("xoxb-", 20),
        ("xoxp-", 20),
        ("sk_live_", 16),
    ];
    PREFIXES.iter().any(|(prefix, length)| {
        text.split(prefix)
            .skip(1)
            .any(|rest| rest.chars().take_while(|c| is_token_char(*c)).count() >= *length)
    })
}

/// The id of an AWS key together with 40 characters that can be its secret. An id alone is no secret.
fn holds_aws_secret(text: &str) -> bool {
    let upper = |word: &str| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let words = || text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '+'));
    words().any(|w| w.len() == 20 && (w.starts_with("AKIA") || w.starts_with("ASIA")) && upper(w))
        && words().any(|w| w.len() == 40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse as read};

    fn run(group: &str, kind: &str, text: &str) -> (String, Vec<String>) {
        let mut body = read(text, &Limits::default()).unwrap().value;
        let mut out = b"before".to_vec();
        let pointers = withhold(group, kind, &mut body, &mut out);
        let text = String::from_utf8(out).unwrap().split_off("before".len());
        assert_eq!(text.as_bytes(), body.canonical());
        (text, pointers)
    }

    #[test]
    fn keys_of_secrets_stay_and_values_go() {
        let (text, pointers) = run(
            "",
            "Secret",
            r#"{"data":{"a/b":"c2VjcmV0","n":null},"stringData":{"x":7},"type":"Opaque",
                "metadata":{"annotations":{"kapp.k14s.io/original":"secret"}}}"#,
        );
        assert!(!text.contains("c2VjcmV0") && !text.contains("secret\""));
        assert_eq!(pointers, ["/data/a~1b", "/metadata/annotations/kapp.k14s.io~1original", "/stringData/x"]);
        assert!(text.contains(r#""data":{"a/b":"nachweis:withheld","n":null}"#), "{text}");
    }

    #[test]
    fn encryption_keys_and_kubeconfig_users() {
        let (text, pointers) = run(
            "apiserver.config.k8s.io",
            "EncryptionConfiguration",
            r#"{"resources":[{"providers":[{"aescbc":{"keys":[{"name":"k","secret":"AAAA"}]}},{"identity":{}}]}]}"#,
        );
        assert!(!text.contains("AAAA"));
        assert_eq!(pointers, ["/resources/0/providers/0/aescbc/keys/0/secret"]);
        let (text, _) = run(
            "",
            "Config",
            r#"{"users":[{"name":"u","user":{"token":"T0","client-key-data":"T1","password":"T2",
                "exec":{"env":[{"name":"A","value":"T3"}]}}}]}"#,
        );
        assert!(!text.contains("\"T"), "{text}");
    }

    // Test values are put together at run time, so that no scanner takes this file for a leak.
    #[test]
    fn secrets_by_shape_are_found_in_any_kind() {
        let pem = format!("-----BEGIN {} KEY-----\nMIIB\n-----END X-----", "PRIVATE");
        let jwt = format!("{}.{}.sig", "eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiIxMjM0In0");
        let samples = [
            pem.clone(),
            format!("key: LS0tLS1CRUdJTi{}ktLS0tLQo=", "BSU0EgUFJJVkFURSBLRV"),
            jwt.clone(),
            format!("Authorization: Bearer {jwt}"),
            format!("Authorization: Bearer {}", "Zm9vYmFyOTg3NjU0MzIx"),
            format!("{}{}", "ghp_", "a1B2".repeat(9)),
            format!("id={}{} secret={}", "AKIA", "ABCDEFGHIJKLMNOP", "a1".repeat(20)),
            r#"{"auths":{"r.example":{"auth":"eDp5"}}}"#.to_string(),
        ];
        for sample in samples {
            assert!(looks_secret(&sample), "{sample}");
            let mut text = Vec::new();
            nachweis_canon::write_str(&sample, &mut text);
            let text = format!(r#"{{"data":{{"x":{}}}}}"#, String::from_utf8(text).unwrap());
            assert_eq!(run("", "ConfigMap", &text).1, ["/data/x"], "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI=",
            "Bearer token authentication is required here",
            "eyJhbGciOiJSUzI1NiJ9 alone",
            "AKIA is a prefix, ABCDEFGHIJKLMNOPQRST is none",
            "the auths of a registry",
        ] {
            assert!(!looks_secret(text), "{text}");
        }
    }

    #[test]
    fn marks_of_other_collectors_count_the_same() {
        let text = r#"{"metadata":{"name":"***HIDDEN***"},"spec":{"args":["--bind-address=***HIDDEN***","-v"],"ip":"***HIDDEN***"}}"#;
        let (out, pointers) = run("", "Pod", text);
        assert_eq!(pointers, ["/spec/args/0", "/spec/ip"]);
        assert!(out.contains(r#"{"name":"***HIDDEN***"}"#));
    }

    #[test]
    fn identities_are_left_alone() {
        let name = format!("{}.{}.sig", "eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiIxMjM0In0");
        let text = format!(r#"{{"metadata":{{"name":"{name}"}}}}"#);
        assert_eq!(run("", "ConfigMap", &text).1, Vec::<String>::new());
    }

    #[test]
    fn releases_of_helm_in_config_maps() {
        let text = r#"{"metadata":{"name":"sh.helm.release.v1.api.v3"},"data":{"release":"H4sI"}}"#;
        assert_eq!(run("", "ConfigMap", text).1, ["/data/release"]);
    }
}
