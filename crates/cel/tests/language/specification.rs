//! The cases of the CEL specification. Kubernetes decides where the two differ; such cases stand in
//! `cel-spec.txt`, by file, with the reason. Cases about protocol buffers and about libraries that Kubernetes
//! does not have are left out by rule.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_cel::{Env, Key, Type, Value, compile};

use crate::recorded::{folder, value_text};
use crate::textproto::{Message, Node, read};

/// Files that are wholly about what the dialect does not have.
const LEFT_OUT: [&str; 9] = [
    "block_ext",
    "encoders_ext",
    "enums",
    "math_ext",
    "proto2",
    "proto2_ext",
    "proto3",
    "unknowns",
    "wrappers",
];

fn value(message: &Message) -> Option<Value<'static>> {
    let (kind, node) = message.0.first()?;
    let text = || message.text(kind);
    Some(match kind.as_str() {
        "null_value" => Value::Null,
        "bool_value" => Value::Bool(text() == "true"),
        "int64_value" => Value::Int(text().parse().ok()?),
        "uint64_value" => Value::Uint(text().parse().ok()?),
        "double_value" => Value::Double(match text().to_lowercase().as_str() {
            "inf" | "infinity" => f64::INFINITY,
            "-inf" | "-infinity" => f64::NEG_INFINITY,
            other => other.parse().ok()?,
        }),
        "string_value" => Value::from(text()),
        "bytes_value" => match node {
            Node::Text(bytes) => Value::Bytes(bytes.as_slice().into()),
            _ => return None,
        },
        "type_value" => Value::Type(text().into()),
        "list_value" => {
            let items = node.message()?.messages("values").map(value).collect::<Option<Vec<_>>>()?;
            Value::list(items)
        }
        "map_value" => {
            let mut entries = Vec::new();
            for entry in node.message()?.messages("entries") {
                let key = match value(entry.get("key")?.message()?)? {
                    Value::Bool(key) => Key::Bool(key),
                    Value::Int(key) => Key::Int(key),
                    Value::Uint(key) => Key::Uint(key),
                    Value::Str(key) => Key::Str(key),
                    _ => return None,
                };
                entries.push((key, value(entry.get("value")?.message()?)?));
            }
            Value::map(entries).ok()?
        }
        _ => return None,
    })
}

fn type_of(message: &Message) -> Option<Type> {
    let (kind, node) = message.0.first()?;
    match (kind.as_str(), message.text(kind).as_str()) {
        ("primitive", "BOOL") => Some(Type::Bool),
        ("primitive", "INT64") => Some(Type::Int),
        ("primitive", "UINT64") => Some(Type::Uint),
        ("primitive", "DOUBLE") => Some(Type::Double),
        ("primitive", "STRING") => Some(Type::String),
        ("primitive", "BYTES") => Some(Type::Bytes),
        ("dyn", _) => Some(Type::Dyn),
        ("null", _) => Some(Type::Null),
        ("list_type", _) => {
            Some(Type::list(node.message()?.messages("elem_type").next().map_or(Some(Type::Dyn), type_of)?))
        }
        ("map_type", _) => {
            let inner = |name: &str| node.message()?.messages(name).next().map_or(Some(Type::Dyn), type_of);
            Some(Type::map(inner("key_type")?, inner("value_type")?))
        }
        _ => None,
    }
}

/// `None` for cases that we leave out, else whether ours is the result.
fn check(test: &Message) -> Option<Result<(), String>> {
    let expr = test.text("expr");
    let about_protocol_buffers = !test.text("container").is_empty()
        || expr.contains("TestAllTypes")
        || expr.contains("google.protobuf.") && expr.contains('{');
    if about_protocol_buffers || test.text("check_only") == "true" {
        return None;
    }
    let mut types = Vec::new();
    for declared in test.messages("type_env") {
        let of = declared.get("ident")?.message()?.get("type").and_then(Node::message);
        types.push((declared.text("name"), of.map_or(Some(Type::Dyn), type_of)?));
    }
    let mut bound = BTreeMap::new();
    for binding in test.messages("bindings") {
        let inner = binding.get("value")?.message()?.get("value")?.message()?;
        bound.insert(binding.text("key"), value(inner)?);
        if !types.iter().any(|(name, _)| *name == binding.text("key")) {
            types.push((binding.text("key"), Type::Dyn));
        }
    }
    let declared: Vec<(&str, Type)> = types.iter().map(|(name, of)| (name.as_str(), of.clone())).collect();
    let vars: Vec<Value<'_>> =
        types.iter().map(|(name, _)| bound.get(name).cloned().unwrap_or(Value::Null)).collect();
    let env = Env::typed(&declared).with_bindings();
    let compiled = compile(&expr, &env);
    let found = match &compiled {
        Err(errors) => Err(format!("compile: {}", errors[0])),
        Ok(program) => program.eval(&vars).map(|value| value_text(&value)).map_err(|error| error.to_string()),
    };
    let wanted = if test.get("eval_error").is_some() {
        None
    } else {
        let result = match test.messages("typed_result").next() {
            Some(typed) => typed.get("result")?.message()?,
            None => match test.get("value") {
                Some(node) => node.message()?,
                // The default result of a case is true.
                None => &Message(vec![("bool_value".into(), Node::Word("true".into()))]),
            },
        };
        Some(value_text(&value(result)?))
    };
    Some(match (found, wanted) {
        (Ok(found), Some(wanted)) if found == wanted => Ok(()),
        (Err(_), None) => Ok(()),
        (found, wanted) => Err(format!("found {found:?}, the specification has {wanted:?}")),
    })
}

fn differences() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cel-spec.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" | ").unwrap()).map(|(id, reason)| (id.into(), reason.into())).collect()
}

#[test]
fn the_cases_of_the_specification() {
    let Some(folder) = folder("conformance/cel-spec") else { return };
    let known = differences();
    let (mut used, mut failed, mut counts) = (BTreeSet::new(), Vec::new(), (0, 0));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file = read(&std::fs::read_to_string(&path).unwrap());
        for section in file.messages("section") {
            for test in section.messages("test") {
                let id = format!("{name}/{}/{}", section.text("name"), test.text("name"));
                let result = if LEFT_OUT.contains(&name.as_str()) { None } else { check(test) };
                match result {
                    None => counts.1 += 1,
                    Some(Ok(())) => {
                        counts.0 += 1;
                        assert!(!known.contains_key(&id), "{id} passes, it is no difference");
                    }
                    Some(Err(_)) if known.contains_key(&id) => {
                        used.insert(id);
                    }
                    Some(Err(why)) => failed.push(format!("{id} | {} | {why}", test.text("expr"))),
                }
            }
        }
    }
    println!("{} cases agree, {} differ as listed, {} are left out", counts.0, used.len(), counts.1);
    let unknown: Vec<_> = known.keys().filter(|id| !used.contains(*id)).collect();
    assert!(unknown.is_empty(), "differences that are no case: {unknown:?}");
    if let Ok(path) = std::env::var("CEL_DIFFERENCES") {
        std::fs::write(path, failed.join("\n")).unwrap();
    }
    assert!(
        failed.is_empty(),
        "{} cases differ, among them\n{}",
        failed.len(),
        failed[..failed.len().min(40)].join("\n")
    );
}
