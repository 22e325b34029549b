//! The text of `params.yaml`: one paragraph per parameter, what speaks for its value as comment.

use std::collections::BTreeMap;

use nachweis_canon::write_str;
use nachweis_model::control::{Parameter, ParameterType};
use nachweis_report::escape::{clip, visible};

use super::Asked;
use super::facts::Facts;
use super::guess::{self, Guess, Value};

/// Width of comments.
const WIDTH: usize = 100;

/// The file, and which parameters it sets, leaves open, leaves at their default.
pub struct Draft {
    pub text: String,
    pub guessed: Vec<String>,
    pub open: Vec<String>,
    pub default: Vec<String>,
}

/// Makes a guess from what the snapshot holds, where it holds enough.
type Guesser = fn(&Facts) -> Option<Guess>;

/// What is looked for besides, and the words by which a parameter for it is recognised.
const TOPICS: [(&str, &str, Guesser); 4] = [
    ("tenant", "label that says whose a namespace is", guess::tenant),
    ("registr", "registries that images come from", guess::registries),
    ("region", "regions in which nodes, backups and registries stand", guess::regions),
    ("critical", "labels of what belongs to a critical or important function", guess::critical),
];

fn guess_of(parameter: &Parameter, facts: &Facts) -> Option<Guess> {
    match parameter.name.as_str() {
        "production_namespaces" => guess::production(facts),
        "identity_provider_prefix" => guess::prefix(facts),
        "payment_path_label" => guess::payment_path(facts),
        "platform_namespaces" => {
            let default = parameter.default.as_array().into_iter().flatten();
            let default: Vec<String> = default.filter_map(|name| name.as_str().map(str::to_string)).collect();
            guess::platform(facts, &default)
        }
        name => TOPICS.iter().find(|(word, ..)| name.contains(word)).and_then(|(.., guess)| guess(facts)),
    }
}

/// A text in double quotes where YAML would take it for anything else.
pub(super) fn scalar(text: &str) -> String {
    let safe = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._/".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&&*text.to_ascii_lowercase());
    if safe {
        return text.to_string();
    }
    let mut out = Vec::new();
    write_str(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// The value as one line of YAML, where it has the type that the parameter wants.
fn yaml(value: &Value, kind: ParameterType) -> Option<String> {
    match (value, kind) {
        (Value::Text(text), ParameterType::String) => Some(format!("\"{text}\"")),
        (Value::List(items), ParameterType::StringList) => {
            Some(format!("[{}]", items.iter().map(|item| scalar(item)).collect::<Vec<_>>().join(", ")))
        }
        (Value::Map(members), ParameterType::StringMap) => {
            let pairs = members.iter().map(|(key, value)| format!("{}: {}", scalar(key), scalar(value)));
            Some(format!("{{{}}}", pairs.collect::<Vec<_>>().join(", ")))
        }
        _ => None,
    }
}

/// What a person would put there.
fn example(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Integer => "0",
        ParameterType::String => "\"...\"",
        ParameterType::StringList => "[first, second]",
        ParameterType::StringMap => "{label: value}",
        ParameterType::Boolean => "true",
    }
}

/// Comment lines of at most the width, broken at spaces.
fn comment(text: &str, indent: &str, out: &mut String) {
    let mut line = String::new();
    // Lines that go on stand below the first one's text.
    let mut indent = indent.to_string();
    for word in visible(&clip(text, 2_000)).split(' ') {
        if !line.is_empty() && line.chars().count() + word.chars().count() + 1 > WIDTH {
            out.push_str(&format!("  # {indent}{line}\n"));
            indent = " ".repeat(indent.len());
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(&format!("  # {indent}{line}\n"));
}

/// Evidence, and what else was seen.
fn reasons(guess: &Guess, out: &mut String) {
    for line in &guess.evidence {
        comment(line, "evidence: ", out);
    }
    for line in &guess.others {
        comment(line, "also seen: ", out);
    }
}

/// The overlay's file for a catalogue and what was seen.
pub fn draft(version: &str, asked: &BTreeMap<String, Asked>, facts: &Facts) -> Draft {
    let mut draft = Draft { text: String::new(), guessed: Vec::new(), open: Vec::new(), default: Vec::new() };
    let mut body = String::new();
    for (name, asked) in asked {
        let place = parameter(name, asked, facts, &mut body);
        match place {
            Place::Guessed => draft.guessed.push(name.clone()),
            Place::Open => draft.open.push(name.clone()),
            Place::Default => draft.default.push(name.clone()),
        }
    }
    let named = |word: &str| asked.keys().any(|name| name.contains(word));
    let rest: Vec<_> = TOPICS.iter().filter(|(word, ..)| !named(word)).collect();
    if !rest.is_empty() {
        body.push_str(
            "\n  # Seen besides. No control of this catalogue asks for it; a control of your own may.\n",
        );
        for (_, title, guess) in rest {
            body.push_str("  #\n");
            match guess(facts) {
                None => comment(&format!("{title}: nothing seen"), "", &mut body),
                Some(guess) => {
                    let value = match &guess.value {
                        Value::Nothing => String::new(),
                        Value::Text(text) => format!(": {text}"),
                        Value::List(items) => format!(": {}", items.join(", ")),
                        Value::Map(members) => {
                            let pairs = members.iter().map(|(key, value)| format!("{key}={value}"));
                            format!(": {}", pairs.collect::<Vec<_>>().join(", "))
                        }
                    };
                    comment(&format!("{title}{value}"), "", &mut body);
                    reasons(&guess, &mut body);
                }
            }
        }
    }
    let empty = draft.guessed.is_empty();
    draft.text = format!(
        "# Guesses from a snapshot, for review: each value stands below what speaks for it.\n\
         # Catalogue {version}. A line that begins with # sets nothing; take the # away to set it{}.\n\
         format: nachweis-params/1\nparams:{}\n{body}",
        if empty { ", and the braces behind params" } else { "" },
        if empty { " {}" } else { "" },
    );
    draft
}

/// The default as one line of YAML.
fn default(parameter: &Parameter) -> String {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), scalar);
    match parameter.default.as_array() {
        Some(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", ")),
        None => text(&parameter.default),
    }
}

enum Place {
    Guessed,
    Open,
    Default,
}

fn parameter(name: &str, asked: &Asked, facts: &Facts, out: &mut String) -> Place {
    let parameter = &asked.parameter;
    out.push('\n');
    let title = parameter.title.as_ref().map_or(name, |title| title.en.as_str());
    comment(&format!("{title} ({})", parameter.unit), "", out);
    comment(&format!("asked by {}", asked.controls.join(", ")), "", out);
    let guess = guess_of(parameter, facts);
    let value = guess.as_ref().and_then(|guess| yaml(&guess.value, parameter.kind));
    if let Some(guess) = &guess {
        reasons(guess, out);
    }
    let has_default = !parameter.default.is_null();
    match (value, has_default) {
        (Some(value), false) => {
            out.push_str(&format!("  {name}: {value}\n"));
            Place::Guessed
        }
        (None, false) => {
            comment(
                "nothing was seen that shows it; until it is set, these controls are indeterminate",
                "",
                out,
            );
            comment(&parameter.source.en, "", out);
            out.push_str(&format!("  # {name}: {}\n", example(parameter.kind)));
            Place::Open
        }
        // Whoever changes a default changes what is asked: a person has to, and verifications show it.
        (value, true) => {
            comment(&format!("default: {}", parameter.source.en), "", out);
            if value.is_some() {
                comment(
                    "another value than the default ends a verification with 4 until the reader accepts this overlay",
                    "",
                    out,
                );
            }
            let shown = value.unwrap_or_else(|| default(parameter));
            out.push_str(&format!("  # {name}: {shown}\n"));
            Place::Default
        }
    }
}
