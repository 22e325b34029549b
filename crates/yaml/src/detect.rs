//! What stands where a manifest should stand: cipher text, programs, templates.

use memchr::memmem;
use nachweis_canon::{Json, clear_blocks};

use crate::unread::Reason;

/// A file that is recognised by its first bytes.
pub(crate) fn by_signature(bytes: &[u8]) -> Option<(Reason, &'static str)> {
    const SIGNATURES: &[(&[u8], Reason, &str)] = &[
        (
            b"\0GITCRYPT\0",
            Reason::GitCrypt,
            "encrypted by git-crypt: unlock the repository before reading it",
        ),
        (b"age-encryption.org/v1", Reason::Age, "encrypted by age: decrypt it before reading"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----", Reason::Age, "encrypted by age: decrypt it before reading"),
        (b"-----BEGIN PGP MESSAGE-----", Reason::Pgp, "an OpenPGP message: decrypt it before reading"),
        (b"$ANSIBLE_VAULT;", Reason::AnsibleVault, "encrypted by ansible-vault: decrypt it before reading"),
        (
            b"version https://git-lfs.github.com/spec/",
            Reason::GitLfs,
            "a pointer of Git LFS: fetch the file itself",
        ),
        (b"\x1f\x8b", Reason::Binary, "a gzip stream"),
        (b"PK\x03\x04", Reason::Binary, "a zip archive"),
        (b"\x28\xb5\x2f\xfd", Reason::Binary, "a zstd stream"),
        (b"\x7fELF", Reason::Binary, "a program"),
        (b"\x89PNG", Reason::Binary, "an image"),
        (b"%PDF-", Reason::Binary, "a PDF document"),
    ];
    SIGNATURES
        .iter()
        .find(|(signature, ..)| bytes.starts_with(signature))
        .map(|(_, reason, detail)| (*reason, *detail))
}

/// A document that parses but is no statement about a cluster: cipher text of sops, a template with quoted actions.
pub(crate) fn by_value(value: &Json<'_>, text: &str) -> Option<(Reason, String)> {
    let object = value.as_object()?;
    if let Some(sops) = object.get("sops").and_then(Json::as_object)
        && sops.contains("mac")
        && sops.contains("version")
    {
        return Some((Reason::Sops, "encrypted by sops: decrypt it before reading".into()));
    }
    memmem::find(text.as_bytes(), b"{{")?;
    // No name or kind can hold a brace, so here an action is one that was not rendered.
    let identity: [&[&str]; 4] =
        [&["apiVersion"], &["kind"], &["metadata", "name"], &["metadata", "namespace"]];
    let named = identity.iter().any(|path| value.text(path).is_some_and(|text| text.contains("{{")));
    (named || has_helm_action(value)).then(|| (Reason::HelmTemplate, TEMPLATE_HINT.into()))
}

/// What to do about a template.
pub(crate) const TEMPLATE_HINT: &str =
    "a template that is not rendered: read the output of `helm template` or `kustomize build` instead";

/// True if a text that is no YAML looks like a template.
pub(crate) fn looks_like_template(text: &str) -> bool {
    text.contains("{{") || text.lines().any(|line| line.trim_start().starts_with("{%"))
}

/// True if a one-line string holds an action that only Helm knows. Strings of several lines are left alone: a
/// ConfigMap may carry a whole chart. So are `{{ $labels.pod }}`, `{{ .password }}` and the like, which belong to
/// alerts, ExternalSecrets, ApplicationSets.
fn has_helm_action(value: &Json<'_>) -> bool {
    match value {
        // Most strings have no brace at all, which is seen before any search begins.
        Json::Str(text) if memchr::memchr(b'{', text.as_bytes()).is_none() => false,
        Json::Str(text) => !text.contains('\n') && text.split("{{").skip(1).any(is_helm_action),
        Json::Arr(items) => items.iter().any(has_helm_action),
        Json::Obj(object) => object.iter().any(|(_, value)| has_helm_action(value)),
        _ => false,
    }
}

fn is_helm_action(rest: &str) -> bool {
    let action = rest.split("}}").next().unwrap_or(rest);
    [".Values.", ".Release.", ".Chart.", ".Capabilities."].iter().any(|root| action.contains(root))
        || action.trim_start_matches(['-', ' ']).starts_with("include \"")
}

/// The first byte of a character that YAML does not allow, with the character's code point. All but tab and line
/// ends of the C0 controls, DEL, all but NEL of the C1 controls, U+FFFE and U+FFFF.
pub(crate) fn forbidden_character(text: &str) -> Option<(usize, u32)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(step) = first_suspect(&bytes[at..]) {
        at += step;
        let c = text[at..].chars().next()?;
        let allowed = matches!(c, '\u{85}' | '\u{A0}'..='\u{FFFD}') || c > '\u{FFFF}';
        if !allowed {
            return Some((at, u32::from(c)));
        }
        at += c.len_utf8();
    }
    None
}

/// True for bytes with which a forbidden character may start.
fn is_suspect(byte: u8) -> bool {
    let control = (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
    control | (byte == 0x7F) | (byte == 0xC2) | (byte == 0xEF)
}

/// Where the first suspect byte lies.
fn first_suspect(bytes: &[u8]) -> Option<usize> {
    let start = clear_blocks::<32>(bytes, is_suspect);
    bytes[start..].iter().position(|&byte| is_suspect(byte)).map(|at| start + at)
}
