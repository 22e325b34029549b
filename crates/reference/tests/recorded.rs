//! The reference's interpreter against the recorded answers of Kubernetes 1.36: an independent check of the judge.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use nachweis_canon::{Json, Limits, parse as json};
use nachweis_reference::cel::{Class, Scope, Value, evaluate, from_json, parse};
use nachweis_testkit::corpus;

/// Ids of lines that the reference answers otherwise, each with its reason.
const EXCEPTIONS: &str = include_str!("recorded-exceptions.txt");

#[derive(Debug, PartialEq)]
enum Answer {
    Value(String),
    Error,
    Refused,
    NotCovered,
}

/// A value in one line.
fn text(value: &Value) -> Option<String> {
    let list = |items: Vec<Option<String>>| items.into_iter().collect::<Option<Vec<String>>>();
    Some(match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("bool {value}"),
        Value::Int(value) => format!("int {value}"),
        Value::Uint(value) => format!("uint {value}"),
        Value::Double(value) if value.is_nan() => "double NaN".into(),
        Value::Double(value) => format!("double {:x}", value.to_bits()),
        Value::Str(text) => format!("string {text:?}"),
        Value::Bytes(bytes) => format!("bytes {bytes:?}"),
        Value::List(items) => format!("[{}]", list(items.iter().map(text).collect())?.join("\u{1}")),
        Value::Map(entries) => {
            let pairs = entries.iter().map(|(key, value)| Some(format!("{}: {}", text(key)?, text(value)?)));
            let mut pairs = list(pairs.collect())?;
            pairs.sort();
            format!("{{{}}}", pairs.join("\u{1}"))
        }
        Value::Timestamp(..) => format!("timestamp {}", value.utc_text()?),
        Value::Duration(nanos) => format!("duration {nanos}ns"),
        Value::Type(name) => format!("type {name}"),
        Value::Optional(None) => "none".into(),
        Value::Optional(Some(inner)) => format!("some({})", text(inner)?),
        Value::Ip(ip) => format!("ip {ip}"),
        Value::Cidr(ip, length) => format!("cidr {ip}/{length}"),
        // Their texts are not covered.
        Value::Quantity(_) | Value::Semver(_) | Value::Withheld => return None,
    })
}

/// Bytes behind base64.
fn bytes(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in text.chars().filter(|c| *c != '=') {
        bits = bits << 6 | u32::try_from(DIGITS.find(digit).unwrap()).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 255) as u8);
        }
    }
    out
}

fn recorded(result: &Json<'_>) -> Option<String> {
    let value = || result.text(&["value"]).unwrap_or("");
    let list = |items: Vec<Option<String>>| items.into_iter().collect::<Option<Vec<String>>>();
    Some(match result.text(&["type"])? {
        "null" => "null".into(),
        "bool" => format!("bool {}", result.get("value")?.as_bool()?),
        "double" => match value() {
            "NaN" => "double NaN".into(),
            "Infinity" => format!("double {:x}", f64::INFINITY.to_bits()),
            "-Infinity" => format!("double {:x}", f64::NEG_INFINITY.to_bits()),
            text => format!("double {:x}", text.parse::<f64>().unwrap().to_bits()),
        },
        "string" => format!("string {:?}", value()),
        "bytes" => format!("bytes {:?}", bytes(value())),
        "list" => {
            let items = result.list(&["value"]).iter().map(recorded).collect();
            format!("[{}]", list(items)?.join("\u{1}"))
        }
        "map" => {
            let pairs = result.list(&["value"]).iter().filter_map(Json::as_array);
            let pairs = pairs.map(|pair| Some(format!("{}: {}", recorded(&pair[0])?, recorded(&pair[1])?)));
            let mut pairs = list(pairs.collect())?;
            pairs.sort();
            format!("{{{}}}", pairs.join("\u{1}"))
        }
        "optional" => match result.get("value") {
            None | Some(Json::Null) => "none".into(),
            Some(inner) => format!("some({})", recorded(inner)?),
        },
        "quantity" | "url" | "semver" | "format" => return None,
        of => format!("{of} {}", value()),
    })
}

fn answer(expr: &str, scope: &Scope) -> Answer {
    let Ok(tree) = parse(expr) else { return Answer::Refused };
    match evaluate(&tree, scope) {
        Ok(value) => text(&value).map_or(Answer::NotCovered, Answer::Value),
        Err(fault) if fault.class == Class::NotCovered => Answer::NotCovered,
        Err(_) => Answer::Error,
    }
}

fn sorted(list: &str) -> Vec<&str> {
    let mut items: Vec<&str> = list.trim_matches(['[', ']']).split('\u{1}').collect();
    items.sort_unstable();
    items
}

#[test]
fn kubernetes_1_36() {
    let Some(folder) = corpus("conformance/kubernetes-cel") else { return };
    let lines = std::fs::read_to_string(folder.join("kubernetes-1.36.jsonl")).unwrap();
    let objects = std::fs::read_to_string(folder.join("objects.json")).unwrap();
    let objects = json(&objects, &Limits::OURS).unwrap().value.into_owned();
    let known: BTreeMap<&str, &str> = EXCEPTIONS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    let (mut equal, mut left_out, mut all) = (0, BTreeMap::<&str, u32>::new(), 0);
    let mut wrong = Vec::new();
    let mut met = 0;
    for raw in lines.lines() {
        all += 1;
        // What our JSON reader refuses is no case for an interpreter.
        let Ok(line) = json(raw, &Limits { depth: 1_000, bytes: usize::MAX }) else {
            *left_out.entry("refused by the JSON reader").or_default() += 1;
            continue;
        };
        let line = line.value;
        let id = line.text(&["id"]).unwrap();
        let document = |name: &str| match line.get(name) {
            Some(Json::Str(key)) => from_json(objects.get(key).unwrap()),
            Some(other) => from_json(other),
            None => Value::Null,
        };
        let mut variables = vec![
            ("object".to_string(), document("object")),
            ("oldObject".to_string(), Value::Null),
            ("namespaceObject".to_string(), document("namespaceObject")),
            ("request".to_string(), Value::Null),
            ("authorizer".to_string(), Value::Null),
        ];
        if line.get("params").is_some() {
            variables.push(("params".into(), document("params")));
        }
        let mut fields: Vec<(String, Value)> = Vec::new();
        for definition in line.list(&["variables"]) {
            let mut inner = variables.clone();
            let so_far = fields.iter().map(|(name, value)| (name.as_str(), value.clone()));
            inner.push(("variables".into(), Value::of_map(so_far)));
            let tree = parse(definition.text(&["expression"]).unwrap());
            if let Some(Ok(value)) = tree.ok().map(|tree| evaluate(&tree, &Scope::new(inner))) {
                fields.push((definition.text(&["name"]).unwrap().to_string(), value));
            }
        }
        let so_far = fields.iter().map(|(name, value)| (name.as_str(), value.clone()));
        variables.push(("variables".into(), Value::of_map(so_far)));
        let expr = line.text(&["expr"]).unwrap();
        let found = answer(expr, &Scope::new(variables));
        let result = line.get("result").unwrap();
        let message = result.text(&["message"]).unwrap_or("");
        let right = match (result.text(&["error"]), &found) {
            (_, Answer::NotCovered) => {
                *left_out.entry("not covered").or_default() += 1;
                continue;
            }
            // The interpreter has no static types, and no costs.
            (Some("compile"), Answer::Value(_) | Answer::Error) => {
                *left_out.entry("static types").or_default() += 1;
                continue;
            }
            (Some(_), _) if message.starts_with("operation cancelled") => {
                *left_out.entry("costs").or_default() += 1;
                continue;
            }
            (Some("compile"), found) => *found == Answer::Refused,
            (Some(_), found) => *found == Answer::Error,
            (None, found) => match recorded(result) {
                None => {
                    *left_out.entry("not covered").or_default() += 1;
                    continue;
                }
                Some(recorded) => match found {
                    Answer::Value(found) => {
                        *found == recorded
                            || line.get("unordered").is_some() && sorted(found) == sorted(&recorded)
                    }
                    _ => false,
                },
            },
        };
        match (right, known.get(id)) {
            (true, None) => equal += 1,
            (false, Some(_)) => met += 1,
            (true, Some(_)) => wrong.push(format!("{id} is equal now: take it off the list")),
            (false, None) => {
                wrong.push(format!("{id} `{expr}`: {found:?}, recorded {:?} {message:?}", recorded(result)))
            }
        }
    }
    println!("{all} lines: {equal} equal, {met} listed exceptions, left out: {left_out:?}");
    let first: Vec<String> = wrong.iter().take(200).cloned().collect();
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), first.join("\n"));
    assert_eq!(met, known.len(), "an exception names no line");
}
