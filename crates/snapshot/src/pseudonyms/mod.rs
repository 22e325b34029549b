//! `nachweis-pseudonyms/1`: names of people are replaced before anything is stored, by pseudonyms that only who has the
//! key can make again.
//!
//! Every string becomes a function of itself, its place and the key, never of other objects: names that two objects share
//! stay shared, and two declarations are equal afterwards exactly if they were equal before. Prefixes of identity providers,
//! domains and names of programs stay, because verdicts follow from them. What the rules are: `spec/snapshot.md`.

mod address;
mod config;
mod places;
mod text;
mod user;
mod walk;

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use nachweis_model::seal::{self, Seal};
use sha2::Sha256;

use crate::withhold::{WITHHELD, percent};

/// Name of the rules, as the seal names them.
pub const FORMAT: &str = "nachweis-pseudonyms/1";
/// What every pseudonym begins with.
const START: &[u8] = b"person-";
/// Letters and digits of a pseudonym behind that: 80 bits.
const LETTERS: usize = 16;
/// Bytes of a key at least.
pub const KEY_BYTES_MIN: usize = 32;

/// Code of what names people and cannot be rewritten, among the codes of what is withheld.
const PERSON: &str = "person";

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The key is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortKey;

/// Makes pseudonyms with one key.
#[derive(Clone)]
pub struct Pseudonyms {
    mac: Hmac<Sha256>,
    prefixes: Vec<String>,
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonyms(key {})", self.key_id())
    }
}

impl Pseudonyms {
    /// Pseudonyms of a key of [`KEY_BYTES_MIN`] bytes or more.
    pub fn new(key: &[u8]) -> Result<Self, ShortKey> {
        let mac = Hmac::new_from_slice(key).ok().filter(|_| key.len() >= KEY_BYTES_MIN).ok_or(ShortKey)?;
        Ok(Pseudonyms { mac, prefixes: Vec::new() })
    }

    /// Keeps these prefixes of users too, such as the one that an overlay names.
    #[must_use]
    pub fn keeping(mut self, prefixes: impl IntoIterator<Item = String>) -> Self {
        self.prefixes.extend(prefixes.into_iter().filter(|prefix| !Self::keeps(prefix)));
        self.prefixes.sort();
        self
    }

    /// True if names keep a prefix without being told of it; true for an empty one.
    pub fn keeps(prefix: &str) -> bool {
        prefix.is_empty()
            || user::prefix(&format!("{prefix}x"), &[]) == prefix.len()
            || user::is_program(prefix)
    }

    /// Tells keys apart and leads back to none: 32 hexadecimal digits.
    pub fn key_id(&self) -> String {
        self.tag("key id", "")[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn tag(&self, purpose: &str, text: &str) -> [u8; 32] {
        let mut mac = self.mac.clone();
        for part in [FORMAT, "\0", purpose, "\0", text] {
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// The pseudonym of a name.
    fn person(&self, name: &str) -> String {
        let tag = self.tag("person", name);
        let bits = tag[..10].iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
        let letter = |at: usize| char::from(ALPHABET[(bits >> (5 * (LETTERS - 1 - at)) & 31) as usize]);
        "person-".chars().chain((0..LETTERS).map(letter)).collect()
    }

    /// The name of a user, with a pseudonym for the part that is the person's. `None` where it stays: names of the system,
    /// of programs, service accounts.
    pub fn user(&self, name: &str) -> Option<String> {
        // A common name with an address in it, `anna muster (anna@pay.example)`, is the person's as a whole. What mail
        // writes, `Anna Muster <anna@pay.example>`, is read by its parts.
        let spoken = name.contains(char::is_whitespace) && name.contains('@') && !name.contains('<');
        if spoken && !user::is_program(name) && !name.contains("person-") && !name.contains(WITHHELD) {
            let (prefix, rest) = name.split_at(user::prefix(name, &self.prefixes));
            return Some(format!("{prefix}{}", self.person(rest)));
        }
        if let Some(changed) = self.text(name) {
            return Some(changed);
        }
        if name == WITHHELD || user::is_program(name) || address::belongs_to_program(name) {
            return None;
        }
        let (prefix, rest) = name.split_at(user::prefix(name, &self.prefixes));
        let (local, domain) = rest.split_at(rest.find('@').filter(|at| *at > 0).unwrap_or(rest.len()));
        let stays = user::is_program(local) || is_pseudonym(local) || address::belongs_to_program(rest);
        (!stays).then(|| format!("{prefix}{}{domain}", self.person(rest)))
    }

    /// The value of a field that holds one person or several.
    fn people(&self, text: &str) -> Option<String> {
        let is_other = text.starts_with('#')
            || text.contains("://")
            || text.bytes().all(|b| !b.is_ascii_alphabetic() && b.is_ascii());
        if is_other {
            return self.text(text);
        }
        let mut changed = false;
        let parts = text.split_inclusive([',', ';', '\n']).map(|part| {
            let end = part.trim_end_matches([',', ';', '\n', ' ']).len();
            let start = end - part[..end].trim_start().len();
            match self.user(&part[start..end]) {
                Some(pseudonym) => {
                    changed = true;
                    format!("{}{pseudonym}{}", &part[..start], &part[end..])
                }
                None => part.to_string(),
            }
        });
        let out: String = parts.collect();
        changed.then_some(out)
    }

    /// The name of an object, in its own body and wherever another one refers to it.
    pub fn name(&self, group: &str, kind: &str, name: &str) -> Option<String> {
        if places::is_person(group, kind, name) { self.user(name) } else { self.text(name) }
    }

    /// Replaces the people in what the seal says beside the items, and notes that it happened.
    pub(crate) fn seal(&self, seal: &mut Seal, people: u64) {
        let change = |text: &mut String| {
            if let Some(changed) = self.text(text) {
                *text = changed;
            }
        };
        seal.cluster.name.iter_mut().for_each(change);
        for origin in &mut seal.origins {
            change(&mut origin.folder);
            origin.name.iter_mut().for_each(change);
        }
        seal.collections.iter_mut().filter_map(|row| row.detail.as_mut()).for_each(change);
        for unread in &mut seal.unread {
            change(&mut unread.file);
            change(&mut unread.detail);
        }
        for duplicate in &mut seal.duplicate_keys {
            change(&mut duplicate.file);
            change(&mut duplicate.key);
        }
        for conflict in &mut seal.conflicts {
            conflict.files.iter_mut().for_each(change);
            conflict.files.sort();
        }
        seal.origins.sort();
        seal.unread.sort();
        seal.duplicate_keys.sort();
        seal.pseudonyms = Some(seal::Pseudonyms {
            format: FORMAT.into(),
            key: self.key_id(),
            people,
            prefixes: self.prefixes.clone(),
        });
    }
}

/// True for what one of these keys made.
fn is_pseudonym(text: &str) -> bool {
    let letters = text.as_bytes().strip_prefix(START);
    letters.is_some_and(|letters| letters.len() == LETTERS && letters.iter().all(|b| ALPHABET.contains(b)))
}

/// The pseudonyms in the bytes of an object.
pub fn pseudonyms_in(bytes: &[u8]) -> impl Iterator<Item = &str> {
    memchr::memmem::find_iter(bytes, START).filter_map(|at| {
        let whole = std::str::from_utf8(bytes.get(at..at + START.len() + LETTERS)?).ok()?;
        is_pseudonym(whole).then_some(whole)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::withhold::Mark;
    use nachweis_canon::{Limits, parse};

    /// A key for tests.
    pub(super) fn key() -> Pseudonyms {
        Pseudonyms::new(&[7; 32]).unwrap()
    }

    fn run(group: &str, kind: &str, text: &str) -> String {
        let mut body = parse(text, &Limits::default()).unwrap().value;
        key().body(group, kind, &mut body, &mut Vec::new());
        String::from_utf8(body.canonical()).unwrap()
    }

    #[test]
    fn pseudonyms_are_published_arithmetic() {
        let anna = key().person("anna@pay.example");
        assert!(is_pseudonym(&anna), "{anna}");
        // HMAC-SHA256 of `nachweis-pseudonyms/1\0person\0anna@pay.example` with 32 bytes of 7, the first 80 bits in base32.
        assert_eq!(anna, "person-n4tkhiu2oj6cnk7k");
        assert_eq!(key().key_id(), "d7ac68b8000c61b3c0d6044da0aba8da");
        assert_eq!(key().text("anna@PAY.example").unwrap(), format!("{anna}@PAY.example"));
        assert_ne!(Pseudonyms::new(&[8; 32]).unwrap().person("anna@pay.example"), anna);
        assert_eq!(Pseudonyms::new(&[7; 31]).unwrap_err(), ShortKey);
        assert!(!format!("{:?}", key()).contains("7, 7"));
    }

    #[test]
    fn nothing_is_replaced_twice() {
        let once = key().user("oidc:anna@pay.example").unwrap();
        assert_eq!(key().user(&once), None);
        let plain = key().user("oidc:anna").unwrap();
        assert!(plain.starts_with("oidc:person-"));
        assert_eq!(key().user(&plain), None);
    }

    #[test]
    fn subjects_and_fields() {
        let anna = key().person("anna");
        let text = r#"{"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"oidc:anna"},
            {"kind":"Group","name":"oidc:anna"},{"kind":"ServiceAccount","name":"anna"},{"kind":"User","name":"system:kube-scheduler"}],
            "metadata":{"name":"anna","labels":{"created-by":"anna"},"annotations":{"x.example/created-by":"anna","owner":"anna"}}}"#;
        let expected = text
            .replace(
                r#""name":"oidc:anna"},
            {"kind":"Group""#,
                &format!(
                    r#""name":"oidc:{anna}"}},
            {{"kind":"Group""#
                ),
            )
            .replace(r#""x.example/created-by":"anna""#, &format!(r#""x.example/created-by":"{anna}""#));
        let expected = parse(&expected, &Limits::default()).unwrap().value.canonical();
        assert_eq!(
            run("rbac.authorization.k8s.io", "RoleBinding", text),
            String::from_utf8(expected).unwrap()
        );
    }

    #[test]
    fn prefixes_stay_in_front_of_addresses_too() {
        let anna = key().person("anna@pay.example");
        let corp = key().keeping(["corp-".to_string()]);
        for (pseudonyms, name) in
            [(&key(), "oidc-"), (&key(), "keycloak_"), (&corp, "corp-"), (&corp, "corp-oidc-")]
        {
            let sealed = pseudonyms.user(&format!("{name}anna@pay.example")).unwrap();
            assert_eq!(sealed, format!("{name}{anna}@pay.example"));
            assert_eq!(pseudonyms.user(&sealed), None, "nothing is replaced twice");
        }
    }

    #[test]
    fn a_common_name_is_the_persons_as_a_whole() {
        for name in ["Anna Muster (anna@pay.example)", "anna muster, anna@pay.example"] {
            let sealed = key().user(name).unwrap();
            assert!(is_pseudonym(&sealed), "{sealed}");
        }
        let mail = key().user("Anna Muster <anna@pay.example>").unwrap();
        assert!(mail.ends_with("@pay.example>") && !mail.contains("nna"), "{mail}");
    }

    #[test]
    fn accounts_of_argo_cd_and_their_marks_agree() {
        let id = key().person("annamuster");
        for (kind, name, known) in [
            ("ConfigMap", "argocd-cm", true),
            ("Secret", "argocd-secret", true),
            ("ConfigMap", "app", false),
            ("Secret", "app", false),
        ] {
            let text = format!(
                r#"{{"data":{{"accounts.annamuster.password":"nachweis:withheld"}},"metadata":{{"name":"{name}"}}}}"#
            );
            let mut body = parse(&text, &Limits::default()).unwrap().value;
            let mut marks = vec![Mark { pointer: "/data/accounts.annamuster.password".into(), rule: "name" }];
            key().body("", kind, &mut body, &mut marks);
            let member =
                if known { format!("accounts.{id}.password") } else { "accounts.annamuster.password".into() };
            assert_eq!(body.text(&["data", &member]), Some(WITHHELD), "{kind} {name}");
            assert_eq!(marks[0].pointer, format!("/data/{member}"), "{kind} {name}");
        }
    }

    #[test]
    fn what_cannot_be_rewritten_is_withheld() {
        let text = r#"{"binaryData":{"a@x.example":"bWFpbCBhbm5hQHBheS5leGFtcGxl"},"metadata":{"name":"m"}}"#;
        let mut body = parse(text, &Limits::default()).unwrap().value;
        let mut marks = vec![Mark { pointer: "/data/b@x.example".into(), rule: "name" }];
        key().body("", "ConfigMap", &mut body, &mut marks);
        let [a, b] = ["a@x.example", "b@x.example"].map(|name| key().text(name).unwrap());
        assert_eq!(body.text(&["binaryData", &a]), Some(WITHHELD));
        let pointers: Vec<&str> = marks.iter().map(|mark| mark.pointer.as_str()).collect();
        assert_eq!(pointers, [format!("/binaryData/{a}"), format!("/data/{b}")]);
        let request = r#"{"metadata":{"name":"anna"},"spec":{"request":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNU","username":"kubernetes-admin"}}"#;
        let sealed = run("certificates.k8s.io", "CertificateSigningRequest", request);
        assert!(
            !sealed.contains("anna") && sealed.contains(WITHHELD) && sealed.contains("kubernetes-admin"),
            "{sealed}"
        );
    }
}
