//! The named formats of Kubernetes: `format.dns1123Label().validate('x')`.

use std::sync::Arc;

use crate::error::Fault;
use crate::eval::Outcome;
use crate::functions::text;
use crate::opaque::Opaque;
use crate::signatures::Func;
use crate::time::Timestamp;
use crate::url::Url;
use crate::value::Value;

const NAMES: [(Func, &str); 13] = [
    (Func::FormatDns1123Label, "dns1123Label"),
    (Func::FormatDns1123Subdomain, "dns1123Subdomain"),
    (Func::FormatDns1035Label, "dns1035Label"),
    (Func::FormatQualifiedName, "qualifiedName"),
    (Func::FormatDns1123LabelPrefix, "dns1123LabelPrefix"),
    (Func::FormatDns1123SubdomainPrefix, "dns1123SubdomainPrefix"),
    (Func::FormatDns1035LabelPrefix, "dns1035LabelPrefix"),
    (Func::FormatLabelValue, "labelValue"),
    (Func::FormatUri, "uri"),
    (Func::FormatUuid, "uuid"),
    (Func::FormatByte, "byte"),
    (Func::FormatDate, "date"),
    (Func::FormatDatetime, "datetime"),
];

pub(crate) fn call<'a>(func: Func, args: &[Value<'a>]) -> Outcome<'a> {
    match func {
        Func::FormatNamed => {
            let wanted = text(&args[0])?;
            let found = NAMES.iter().find(|(_, name)| *name == wanted);
            Ok(found.map_or(Value::Optional(None), |(_, name)| Value::some(format(name))))
        }
        Func::Validate => {
            let Value::Opaque(own) = &args[0] else { return Err(Fault::no_overload()) };
            let Opaque::Format(name) = **own else { return Err(Fault::no_overload()) };
            let problems = validate(name, text(&args[1])?);
            if problems.is_empty() {
                return Ok(Value::Optional(None));
            }
            Ok(Value::some(Value::list(problems.into_iter().map(Value::str).collect())))
        }
        _ => match NAMES.iter().find(|(known, _)| *known == func) {
            Some((_, name)) => Ok(format(name)),
            None => Err(Fault::other("internal error: a function has no rule")),
        },
    }
}

fn format<'a>(name: &'static str) -> Value<'a> {
    Value::Opaque(Arc::new(Opaque::Format(name)))
}

fn validate(name: &str, value: &str) -> Vec<String> {
    match name {
        "dns1123Label" => dns1123_label(value),
        "dns1123LabelPrefix" => dns1123_label(&masked(value)),
        "dns1123Subdomain" => dns1123_subdomain(value),
        "dns1123SubdomainPrefix" => dns1123_subdomain(&masked(value)),
        "dns1035Label" => dns1035_label(value),
        "dns1035LabelPrefix" => dns1035_label(&masked(value)),
        "qualifiedName" => qualified_name(value),
        "labelValue" => label_value(value),
        "uri" => Url::check(value).err().map(|fault| fault.into_error().message).into_iter().collect(),
        "uuid" => unless(is_uuid(value), "does not match the UUID format"),
        "byte" => unless(is_base64(value), "invalid base64"),
        "date" => unless(is_date(value), "invalid date"),
        _ => unless(is_datetime(value), "invalid datetime"),
    }
}

fn unless(fine: bool, message: &str) -> Vec<String> {
    if fine { Vec::new() } else { vec![message.to_string()] }
}

/// A name that a suffix will be put behind may end in a dash.
fn masked(value: &str) -> String {
    match value.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let kept: String = rest.chars().take(rest.chars().count() - 1).collect();
            kept + "a"
        }
        _ => value.to_string(),
    }
}

fn too_long(value: &str, most: usize) -> Option<String> {
    (value.len() > most).then(|| format!("must be no more than {most} characters"))
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL_1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const NAME_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/// Letters and digits, dashes only inside.
fn is_label(value: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    !value.is_empty()
        && value.bytes().all(|b| plain(b) || b == b'-')
        && !value.starts_with('-')
        && !value.ends_with('-')
}

fn is_name(value: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    edge(value.bytes().next())
        && edge(value.bytes().last())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The message that Kubernetes gives, with its examples and the expression that it checks.
fn rule(text: &str, examples: &[&str], pattern: &str) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{text} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}

fn dns1123_label(value: &str) -> Vec<String> {
    let text = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                start and end with an alphanumeric character";
    let wrong = (!is_label(value)).then(|| rule(text, &["my-name", "123-abc"], LABEL));
    too_long(value, 63).into_iter().chain(wrong).collect()
}

fn dns1123_subdomain(value: &str) -> Vec<String> {
    let text = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                and must start and end with an alphanumeric character";
    let wrong = (!value.split('.').all(is_label)).then(|| rule(text, &["example.com"], SUBDOMAIN));
    too_long(value, 253).into_iter().chain(wrong).collect()
}

fn dns1035_label(value: &str) -> Vec<String> {
    let text = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                alphabetic character, and end with an alphanumeric character";
    let fine = is_label(value) && value.starts_with(|c: char| c.is_ascii_lowercase());
    let wrong = (!fine).then(|| rule(text, &["my-name", "abc-123"], LABEL_1035));
    too_long(value, 63).into_iter().chain(wrong).collect()
}

fn qualified_name(value: &str) -> Vec<String> {
    let examples = ["MyName", "my.name", "123-abc"];
    let mut problems = Vec::new();
    let name = match value.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_string());
            } else {
                problems
                    .extend(dns1123_subdomain(prefix).into_iter().map(|text| format!("prefix part {text}")));
            }
            name
        }
        _ => {
            let text = rule(NAME_RULE, &examples, NAME);
            return vec![format!(
                "a valid label key {text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_string());
    }
    problems.extend(too_long(name, 63).map(|text| format!("name part {text}")));
    if !is_name(name) {
        problems.push(format!("name part {}", rule(NAME_RULE, &examples, NAME)));
    }
    problems
}

fn label_value(value: &str) -> Vec<String> {
    let text = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
                must start and end with an alphanumeric character";
    let fine = value.is_empty() || is_name(value);
    let wrong = (!fine).then(|| rule(text, &["MyValue", "my_value", "12345"], &format!("({NAME})?")));
    too_long(value, 63).into_iter().chain(wrong).collect()
}

fn is_uuid(value: &str) -> bool {
    let groups: Vec<&str> = value.split('-').collect();
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    match groups[..] {
        [whole] => whole.len() == 32 && hex(whole),
        _ => {
            groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
                && groups.iter().all(|group| hex(group))
        }
    }
}

fn is_base64(value: &str) -> bool {
    let digits = value.trim_end_matches('=');
    let padding = value.len() - digits.len();
    !value.is_empty()
        && value.len().is_multiple_of(4)
        && padding <= 2
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

fn is_date(value: &str) -> bool {
    value.len() == 10 && Timestamp::parse(&format!("{value}T00:00:00Z")).is_some()
}

fn is_datetime(value: &str) -> bool {
    Timestamp::parse(&value.replace('t', "T").replace('z', "Z")).is_some()
}
