//! Secret values never enter a snapshot: they become [`WITHHELD`], and the seal lists where and by which rule.
//!
//! First go the places where Kubernetes keeps secrets, then literal values under names that mean a secret, then strings
//! that are or hold a secret by their own shape. What counts is data (`rules`), published with every catalogue release.
//! Hashes of secrets are not kept either: a short password is found from its hash.

mod commands;
mod encoded;
mod names;
pub(crate) mod rules;
mod text;
mod tokens;

use std::sync::LazyLock;

use nachweis_canon::{Json, Object};

use crate::path::{Step, parse, push, visit_at};
use crate::withhold::names::{Place, is_secret, meaning};
pub(crate) use crate::withhold::rules::code;
use crate::withhold::rules::{Means, PLACES};
use crate::withhold::text::{Reading, judge};

pub(crate) use encoded::{Packed, base64, decode as decode_base64, percent};
pub use rules::{FORMAT, to_json};

/// What stands where a value was withheld.
pub const WITHHELD: &str = "nachweis:withheld";

/// One withheld value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    /// JSON pointer (RFC 6901) into the body
    pub pointer: String,
    /// code of the rule that found it
    pub rule: &'static str,
}

static COMPILED: LazyLock<Vec<(&str, &str, Vec<Step>)>> = LazyLock::new(|| {
    let row = |(group, kind, patterns): &(&'static str, &'static str, &[&str])| {
        let (group, kind) = (*group, *kind);
        patterns.iter().map(|pattern| (group, kind, parse(pattern))).collect::<Vec<_>>()
    };
    PLACES.iter().flat_map(row).collect()
});

static DATA: LazyLock<Vec<Step>> = LazyLock::new(|| parse("/data/*"));

/// Replaces secret values in the body of an object. Returns where, sorted.
pub(crate) fn withhold(group: &str, kind: &str, body: &mut Json<'_>) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (_, _, steps) in COMPILED.iter().filter(|(g, k, _)| *k == kind && *g == group) {
        withhold_at(body, steps, &mut marks);
    }
    if is_helm_release(group, kind, body) {
        withhold_at(body, &DATA, &mut marks);
    }
    let mut walk = Walk { marks, definition: kind == "CustomResourceDefinition" };
    let here = if (group, kind) == ("", "ConfigMap") { Part::ConfigMap } else { Part::Root };
    walk.value(body, None, here, &At::Root);
    let mut marks = walk.marks;
    marks.sort();
    marks.dedup_by(|later, earlier| later.pointer == earlier.pointer);
    marks
}

fn withhold_at(body: &mut Json<'_>, steps: &[Step], marks: &mut Vec<Mark>) {
    visit_at(body, steps, &mut String::new(), &mut |value, at| {
        if *value != Json::Null {
            *value = Json::str(WITHHELD);
            marks.push(Mark { pointer: at.to_string(), rule: code::PLACE });
        }
    });
}

/// Releases of Helm that are kept in ConfigMaps hold the values of the chart.
fn is_helm_release(group: &str, kind: &str, body: &Json<'_>) -> bool {
    group.is_empty()
        && kind == "ConfigMap"
        && (body.text(&["metadata", "name"]).is_some_and(|name| name.starts_with("sh.helm.release.v1."))
            || body.text(&["metadata", "labels", "OWNER"]) == Some("TILLER"))
}

/// True for a string that is or holds a secret by its own shape.
pub fn looks_secret(text: &str) -> bool {
    judge(text, Reading::Setting).is_some()
}

/// The way to a value; a pointer is written only where something is withheld.
enum At<'p> {
    Root,
    Key(&'p At<'p>, &'p str),
    Index(&'p At<'p>, usize),
}

impl At<'_> {
    fn pointer(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            At::Root => {}
            At::Key(parent, name) => {
                parent.write(out);
                push(out, name);
            }
            At::Index(parent, index) => {
                parent.write(out);
                push(out, &index.to_string());
            }
        }
    }
}

/// Which part of an object a value belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// the object itself
    Root,
    /// a ConfigMap itself
    ConfigMap,
    /// `metadata` of the object itself
    Metadata,
    /// fields
    Field,
    /// keys and values that somebody chose
    Setting,
}

impl Part {
    fn place(self) -> Place {
        if self == Part::Setting { Place::Setting } else { Place::Field }
    }

    /// The part that a member belongs to.
    fn below(self, name: &str) -> Part {
        match (self, name) {
            (Part::Root | Part::ConfigMap, "metadata") => Part::Metadata,
            (Part::ConfigMap, "data" | "binaryData") | (Part::Metadata, "annotations") => Part::Setting,
            (Part::Setting, _) => Part::Setting,
            _ => Part::Field,
        }
    }

    /// True for what says which item it is; it stands in the item's id too.
    fn is_identity(self, name: &str) -> bool {
        match self {
            Part::Root | Part::ConfigMap => matches!(name, "apiVersion" | "kind"),
            Part::Metadata => matches!(name, "name" | "namespace" | "uid"),
            _ => false,
        }
    }
}

struct Walk {
    marks: Vec<Mark>,
    /// descriptions of a definition's fields are words for people
    definition: bool,
}

impl Walk {
    fn mark(&mut self, value: &mut Json<'_>, at: &At<'_>, rule: &'static str) {
        *value = Json::str(WITHHELD);
        self.marks.push(Mark { pointer: at.pointer(), rule });
    }

    /// Looks at a value that stands under `name`.
    fn value(&mut self, value: &mut Json<'_>, name: Option<&str>, part: Part, at: &At<'_>) {
        match value {
            Json::Str(text) => {
                if let Some(rule) = self.string(text, name, part) {
                    self.mark(value, at, rule);
                }
            }
            Json::Int(_) | Json::Big(_) | Json::Num(_) => {
                let secret =
                    matches!(name.and_then(meaning), Some(Means::Secret | Means::Word | Means::Whole));
                if secret && name.is_some_and(is_password) {
                    self.mark(value, at, code::NAME);
                }
            }
            Json::Arr(items) => self.array(items, name, part, at),
            Json::Obj(object) => self.object(object, name, part, at),
            Json::Null | Json::Bool(_) => {}
        }
    }

    fn string(&self, text: &str, name: Option<&str>, part: Part) -> Option<&'static str> {
        if text == WITHHELD {
            return None;
        }
        if let Some(name) = name {
            if let Some(means) = meaning(name)
                && is_secret(means, text, part.place())
            {
                let machine = means == Means::Whole && !name.to_ascii_lowercase().ends_with("pass");
                return Some(if machine { code::CLOUD_INIT } else { code::NAME });
            }
            if self.definition && name == "description" {
                return judge(text, Reading::Prose);
            }
        }
        judge(text, Reading::Setting)
    }

    fn array(&mut self, items: &mut [Json<'_>], name: Option<&str>, part: Part, at: &At<'_>) {
        let options = |item: &Json<'_>| matches!(item, Json::Str(text) if text.starts_with('-'));
        if items.len() > 1 && items.iter().any(options) {
            for index in commands::secrets(items.iter().map(|item| item.as_str().unwrap_or_default())) {
                self.mark(&mut items[index], &At::Index(at, index), code::ARGUMENT);
            }
        }
        for (index, item) in items.iter_mut().enumerate() {
            self.value(item, name, part, &At::Index(at, index));
        }
    }

    fn object(&mut self, object: &mut Object<'_>, name: Option<&str>, part: Part, at: &At<'_>) {
        let (mut command, mut secret) = (0, false);
        for (key, _) in object.iter() {
            command += usize::from(key == "args" || key == "command");
            secret |= is_secret_key(key);
        }
        if secret {
            self.keys(object, at);
        }
        if command == 2 {
            self.command(object, at);
        }
        // A name or header that is given beside its value; members come in the order of their names.
        let mut given: Option<&str> = None;
        for (key, child) in object.iter_mut() {
            if part.is_identity(key) {
                continue;
            }
            let below = At::Key(at, key);
            match key {
                "value" if given.is_some() => self.value(child, given, Part::Setting, &below),
                // `password: {value: hunter2}`
                "value" | "plain" | "plaintext" | "literal" | "inline" => {
                    self.value(child, name.or(Some(key)), part.below(key), &below);
                }
                _ => self.value(child, Some(key), part.below(key), &below),
            }
            if matches!(key, "name" | "key" | "header") && given.is_none() {
                let child: &Json<'_> = child;
                given = child.as_str();
            }
        }
    }

    /// Withholds members whose names are secrets, name and value.
    fn keys(&mut self, object: &mut Object<'_>, at: &At<'_>) {
        let members = std::mem::take(object).into_members();
        let kept = members.into_iter().map(|(key, value)| {
            if is_secret_key(&key) { (WITHHELD.into(), Json::str(WITHHELD)) } else { (key, value) }
        });
        *object = kept.collect();
        let inside = At::Key(at, WITHHELD).pointer();
        self.marks.push(Mark { pointer: inside, rule: code::KEY });
    }

    /// A container's command and arguments are one command line.
    fn command(&mut self, object: &mut Object<'_>, at: &At<'_>) {
        let list = |name: &str| object.get(name).and_then(Json::as_array).unwrap_or_default();
        let (command, args) = (list("command"), list("args"));
        let split = command.len();
        let words = command.iter().chain(args).map(|word| word.as_str().unwrap_or_default());
        for index in commands::secrets(words) {
            let (name, index) = if index < split { ("command", index) } else { ("args", index - split) };
            if let Some(Json::Arr(items)) = object.get_mut(name) {
                self.mark(&mut items[index], &At::Index(&At::Key(at, name), index), code::ARGUMENT);
            }
        }
    }
}

/// True for a member's name that is a secret by its own shape.
fn is_secret_key(key: &str) -> bool {
    key.len() >= 20 && judge(key, Reading::Prose).is_some()
}

/// Names under which a number is a password and no limit.
fn is_password(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "passphrase", "pwd", "pass", "passcode"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse as read};

    fn run(group: &str, kind: &str, text: &str) -> (String, Vec<String>) {
        let mut body = read(text, &Limits::default()).unwrap().value;
        let marks = withhold(group, kind, &mut body);
        (String::from_utf8(body.canonical()).unwrap(), marks.into_iter().map(|mark| mark.pointer).collect())
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
