//! E-mail addresses inside of texts, and what only looks like one.

use std::ops::Range;

/// Bytes that are looked at before an at sign.
const LOCAL_BYTES_MAX: usize = 256;
/// Bytes of a domain.
const DOMAIN_BYTES_MAX: usize = 253;

/// The spellings of an at sign.
pub(super) const SIGNS: [&str; 5] = ["@", "%40", "%2540", "\\u0040", "&#64;"];

/// Mailboxes of a function, not of a person: RFC 2142, and what senders that read no answers call themselves.
const FUNCTIONS: &[&str] = &[
    "abuse",
    "admin",
    "administrator",
    "alert",
    "alerts",
    "bounce",
    "bounces",
    "bot",
    "contact",
    "devnull",
    "dns",
    "donotreply",
    "git",
    "help",
    "helpdesk",
    "hg",
    "hostmaster",
    "info",
    "mailerdaemon",
    "monitoring",
    "noc",
    "noreply",
    "notification",
    "notifications",
    "oncall",
    "ops",
    "postmaster",
    "privacy",
    "root",
    "sales",
    "security",
    "support",
    "webmaster",
];

/// Schemes whose logins are people as often as not. Those of databases and queues are programs.
const LOGINS: &[&str] =
    &["http", "https", "ssh", "sftp", "ftp", "git+ssh", "git+https", "ldap", "ldaps", "smb"];

/// Last labels of names that are no domains: units of systemd, services of a cluster, files.
const NO_DOMAINS: &[&str] = &[
    "automount",
    "conf",
    "css",
    "device",
    "gz",
    "html",
    "jar",
    "jpeg",
    "jpg",
    "js",
    "json",
    "lock",
    "log",
    "mount",
    "path",
    "png",
    "scope",
    "service",
    "slice",
    "socket",
    "svc",
    "svg",
    "swap",
    "tar",
    "target",
    "tgz",
    "timer",
    "tmpl",
    "txt",
    "whl",
    "yaml",
    "yml",
];

/// An address in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'t> {
    /// where what stands before the at sign lies
    pub local: Range<usize>,
    /// what is behind the at sign
    pub domain: &'t str,
    /// where the domain ends
    pub end: usize,
}

fn in_local(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '\'')
}

/// The address of a person around the at sign that lies at `sign`.
pub(super) fn around(text: &str, sign: Range<usize>) -> Option<Address<'_>> {
    let domain = domain(&text[sign.end..])?;
    let start = local(text, sign.start, text[sign.clone()].starts_with('%'))?;
    let local = &text[start..sign.start];
    let person = !is_function(local) && !is_program(domain) && !is_login_of_program(&text[..start]);
    let end = sign.end + domain.len();
    (person && !is_package(&text[..start])).then_some(Address { local: start..sign.start, domain, end })
}

/// Where what stands before the at sign begins.
fn local(text: &str, sign: usize, percent: bool) -> Option<usize> {
    let mut start = sign;
    for (at, c) in text[..sign].char_indices().rev() {
        if sign - at > LOCAL_BYTES_MAX || !(in_local(c) || percent && c == '%') {
            break;
        }
        start = at;
    }
    if percent {
        // Behind the last character in percent signs that can be in no name: `owner%3Danna%40pay.example`.
        let mut escapes = text[start..sign].match_indices('%').map(|(at, _)| start + at).rev();
        let foreign = escapes.find(|at| {
            let code = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            !code.is_some_and(|code| code >= 0x80 || in_local(char::from(code)))
        });
        if let Some(at) = foreign {
            start = text.get(at + 3..sign).map(|_| at + 3)?;
        }
    }
    // The letter of an escape such as `\n` in a text that holds JSON is none of the name.
    if text[..start].ends_with('\\') && text[start..sign].starts_with(['n', 'r', 't', 'b', 'f']) {
        start += 1;
    }
    let name = &text[start..sign];
    let begin = start + (name.len() - name.trim_start_matches(['.', '-', '\'', '+']).len());
    text[begin..sign].contains(char::is_alphanumeric).then_some(begin)
}

/// The domain at the start of a text: two labels at least, the last one of letters.
fn domain(text: &str) -> Option<&str> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
    let end = text.char_indices().find(|(at, c)| *at > DOMAIN_BYTES_MAX || !inside(*c));
    let name = text[..end.map_or(text.len(), |(at, _)| at)].trim_end_matches(['.', '-']);
    let labels: Vec<&str> = name.split('.').collect();
    let sound = |label: &&str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let last = labels.last()?.to_lowercase();
    let letters = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    let named = labels.len() >= 2
        && labels.iter().all(sound)
        && (letters || last.starts_with("xn--"))
        && !NO_DOMAINS.contains(&&*last)
        && !is_version(&labels);
    named.then_some(name)
}

/// `1.2.3-beta.rc`, `v1.2`: numbers of two levels.
fn is_version(labels: &[&str]) -> bool {
    let first = labels[0].strip_prefix('v').unwrap_or(labels[0]);
    first.bytes().all(|b| b.is_ascii_digit()) && labels[1].starts_with(|c: char| c.is_ascii_digit())
}

/// True for a mailbox of a function, with a tag behind `+` or without.
pub(super) fn is_function(local: &str) -> bool {
    let name = local.split('+').next().unwrap_or(local);
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    FUNCTIONS.contains(&&*plain) || name.ends_with("[bot]") || plain.starts_with("noreply")
}

/// True for the account of a program, and for mailboxes of a function.
pub(super) fn belongs_to_program(name: &str) -> bool {
    name.split_once('@').is_some_and(|(local, domain)| is_function(local) || is_program(domain))
}

/// Domains of accounts of programs, and of names that use the at sign for something else.
fn is_program(domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    let below = |parent: &str| domain == parent || domain.ends_with(&format!(".{parent}"));
    below("gserviceaccount.com") || below("k8s.io") || below("kubernetes.io") || below("cluster.local")
}

/// True behind `postgres://` and the like: the login of a program.
fn is_login_of_program(before: &str) -> bool {
    let Some(rest) = before.strip_suffix("://") else { return false };
    let scheme = rest.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().unwrap_or_default();
    !LOGINS.contains(&&*scheme.to_ascii_lowercase())
}

/// True inside of a package URL, whose at sign stands before a version.
fn is_package(before: &str) -> bool {
    let from = before.len().saturating_sub(LOCAL_BYTES_MAX);
    let from = (from..=before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(before.len());
    let word = before[from..].rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | ','));
    word.clone().next().is_some_and(|word| word.starts_with("pkg:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(&str, &str)> {
        SIGNS.iter().find_map(|sign| {
            let at = text.find(sign)?;
            around(text, at..at + sign.len()).map(|address| (&text[address.local], address.domain))
        })
    }

    #[test]
    fn addresses_of_people() {
        for (text, local, domain) in [
            ("anna@pay.example", "anna", "pay.example"),
            ("oidc:anna.muster@pay.example", "anna.muster", "pay.example"),
            ("mail Anna.Muster+k8s@Pay.Example, please.", "Anna.Muster+k8s", "Pay.Example"),
            ("see <o'brien@pay.example>.", "o'brien", "pay.example"),
            ("'anna@pay.example'", "anna", "pay.example"),
            ("owner%3Danna%40pay.example&x", "anna", "pay.example"),
            ("x=anna%2Bops%40pay.example", "anna%2Bops", "pay.example"),
            (r#"{\"by\":\"anna\u0040pay.example\"}"#, "anna", "pay.example"),
            (r"line\nanna@pay.example", "anna", "pay.example"),
            ("anna&#64;pay.example", "anna", "pay.example"),
            ("jürgen@müller.example", "jürgen", "müller.example"),
            ("jo@xn--mller-kva.example", "jo", "xn--mller-kva.example"),
            ("12345+anna@users.noreply.github.com", "12345+anna", "users.noreply.github.com"),
            ("https://anna@dev.example/org", "anna", "dev.example"),
            ("ssh://anna@git.example:2222/x", "anna", "git.example"),
            ("anna@git.example:repo.git", "anna", "git.example"),
            ("li@163.com", "li", "163.com"),
        ] {
            assert_eq!(found(text), Some((local, domain)), "{text}");
        }
    }

    #[test]
    fn what_is_no_person() {
        for text in [
            "git@github.com:org/repo.git",
            "ssh://git@github.com/org/repo",
            "noreply@pay.example",
            "No-Reply@pay.example",
            "no_reply+42@pay.example",
            "support@pay.example",
            "backup@payments.iam.gserviceaccount.com",
            "123-compute@developer.gserviceaccount.com",
            "lodash@4.17.21",
            "@angular/core@17.0.0-rc.x",
            "foo@v1.2.3-rc.x",
            "foo@1.2.3-beta.rc",
            "pkg:npm/%40scope/name@next.release",
            "registry.example/app@sha256:9f86d081884c7d659a2feaa0c55ad015",
            "actions/checkout@v4",
            "getty@tty1.service",
            "user@1000.slice",
            "icon@2x.png",
            "status@networking.k8s.io",
            "HEAD@{1}",
            "a @ b.example",
            "@pay.example",
            "anna@localhost",
            "kubernetes-admin@kubernetes",
            "postgresql://app@db.pay.example/x",
            "amqp://api@queue.pay.example",
            "db@pg-rw.payments.svc",
            "x@api.payments.svc.cluster.local",
            "anna@-pay.example",
            "anna@pay..example",
            "100%40x",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
