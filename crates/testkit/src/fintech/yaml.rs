//! Writes values as YAML, keys sorted, every text that could be read as something else in quotes. Lists and maps
//! stand on one line where they fit there, else in blocks.

use serde_json::Value;

/// Length up to which a list or map stands on one line.
const LINE: usize = 100;

/// The value as one YAML document.
pub fn document(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    block(value, 0, &mut out);
    out.into_bytes()
}

fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in sorted(members) {
                pad(indent, out);
                out.push_str(&scalar(key));
                out.push(':');
                after(member, indent, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                pad(indent, out);
                out.push('-');
                match item {
                    Value::Object(members) if !members.is_empty() && short(item).is_none() => {
                        let mut nested = String::new();
                        block(item, indent + 2, &mut nested);
                        out.push(' ');
                        out.push_str(&nested[indent + 2..]);
                    }
                    _ => after(item, indent, indent + 2, out),
                }
            }
        }
        _ => {
            pad(indent, out);
            out.push_str(&inline(value));
            out.push('\n');
        }
    }
}

/// What follows a key or a dash: on the same line where it fits, else as a block below.
fn after(value: &Value, indent: usize, items_at: usize, out: &mut String) {
    match short(value) {
        Some(line) => {
            out.push(' ');
            out.push_str(&line);
            out.push('\n');
        }
        None => {
            out.push('\n');
            block(value, if value.is_array() { items_at } else { indent + 2 }, out);
        }
    }
}

/// The value on one line, if it fits there.
fn short(value: &Value) -> Option<String> {
    let line = inline(value);
    let plain = !value.is_object() && !value.is_array();
    (plain || line.len() <= LINE).then_some(line)
}

fn sorted(members: &serde_json::Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(key, _)| *key);
    members
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Object(members) => {
            let members = sorted(members).into_iter();
            let members: Vec<_> =
                members.map(|(key, member)| format!("{}: {}", scalar(key), inline(member))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A text as a plain scalar if nobody can take it for another type, else in JSON quotes, which YAML reads alike.
fn scalar(text: &str) -> String {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let simple = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/:@".contains(&byte));
    if starts && simple && !text.ends_with(':') && !words.contains(&text.to_lowercase().as_str()) {
        text.to_string()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let value = json!({
            "a": [{"b": 1, "c": ["x", "no", "0x1f", "1.5", "a: b", "#", "", "8"]}, [], {}, [1, [2]]],
            "on": null, "s": {"x": 1, "y": "a:b", "z": {}}, "long": {"a": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "b": "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}, "t": "2026-11-20T06:00:00Z", "m": {"n": {"o": "line\nbreak \"q\""}}, "~": true,
        });
        let back: Value = super::super::parse(&document(&value)).unwrap();
        assert_eq!(back, value);
    }
}
