//! Random expressions on real and random items: both interpreters give the same value or the same class of error.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "common/expressions.rs"]
mod expressions;

use std::collections::BTreeMap;

use expressions::{Maker, Node};
use nachweis_canon::Json;
use nachweis_cel::{Env, ErrorKind, Key, Value as Theirs, compile};
use nachweis_reference::cel::{Class, Scope, Value, evaluate, from_json, parse};
use nachweis_testkit::{Entries, Platform, Random, example, json, seeds};

const VARIABLES: [&str; 5] = ["object", "params", "namespaceObject", "related", "asOf"];

#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Value(String),
    Error(Class),
    Refused,
}

fn ours(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("bool {value}"),
        Value::Int(value) => format!("int {value}"),
        Value::Uint(value) => format!("uint {value}"),
        Value::Double(value) => format!("double {value:?}"),
        Value::Str(text) => format!("string {text:?}"),
        Value::Withheld => "withheld".into(),
        Value::Bytes(bytes) => format!("bytes {bytes:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(ours).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let pairs = entries.iter().map(|(key, value)| format!("{}: {}", ours(key), ours(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Timestamp(..) => format!("timestamp {}", value.utc_text().unwrap()),
        Value::Duration(nanos) => format!("duration {nanos}"),
        Value::Type(name) => format!("type {name}"),
        Value::Optional(None) => "none".into(),
        Value::Optional(Some(inner)) => format!("some({})", ours(inner)),
        Value::Ip(ip) => format!("ip {ip}"),
        Value::Cidr(ip, length) => format!("cidr {ip}/{length}"),
        // Compared by what is asked of them.
        Value::Quantity(_) => "quantity".into(),
        Value::Semver(_) => "semver".into(),
    }
}

fn theirs(value: &Theirs<'_>) -> String {
    match value {
        Theirs::Null => "null".into(),
        Theirs::Bool(value) => format!("bool {value}"),
        Theirs::Int(value) => format!("int {value}"),
        Theirs::Uint(value) => format!("uint {value}"),
        Theirs::Double(value) => format!("double {value:?}"),
        Theirs::Str(text) => format!("string {:?}", &**text),
        Theirs::Bytes(bytes) => format!("bytes {bytes:?}"),
        Theirs::List(items) => format!("[{}]", items.iter().map(theirs).collect::<Vec<_>>().join(", ")),
        Theirs::Map(map) => {
            let key = |key: &Key<'_>| match key {
                Key::Bool(key) => format!("bool {key}"),
                Key::Int(key) => format!("int {key}"),
                Key::Uint(key) => format!("uint {key}"),
                Key::Str(key) => format!("string {:?}", &**key),
                _ => unreachable!(),
            };
            let pairs = map.iter().map(|(k, value)| format!("{}: {}", key(k), theirs(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Theirs::Json(json) => ours(&from_json(json)),
        Theirs::Timestamp(at) => format!("timestamp {}", Theirs::Timestamp(at.utc())),
        Theirs::Duration(nanos) => format!("duration {nanos}"),
        Theirs::Type(name) => format!("type {}", &**name),
        Theirs::Optional(None) => "none".into(),
        Theirs::Optional(Some(inner)) => format!("some({})", theirs(inner)),
        Theirs::Quantity(_) => "quantity".into(),
        other => match other.type_name() {
            "net.IP" => format!("ip {other}"),
            "net.CIDR" => format!("cidr {other}"),
            "kubernetes.Semver" => "semver".into(),
            name => format!("{name} {other}"),
        },
    }
}

/// What both answer: theirs, ours. `None`: the reference does not cover it.
fn ask(expr: &str, documents: &[Json<'static>; 4]) -> Option<(Answer, Answer)> {
    let as_of = (1_795_500_000, 500_000_000);
    let their_answer = match compile(expr, &Env::new(&VARIABLES)) {
        Err(_) => Answer::Refused,
        Ok(program) => {
            let mut values: Vec<Theirs<'_>> = documents.iter().map(Theirs::from).collect();
            values.push(Theirs::timestamp(as_of.0, as_of.1));
            match program.eval(&values) {
                Ok(value) => Answer::Value(theirs(&value)),
                Err(error) => Answer::Error(match error.kind {
                    ErrorKind::Withheld => Class::Withheld,
                    ErrorKind::NoSuchKey => Class::NoSuchKey,
                    ErrorKind::NoOverload => Class::NoOverload,
                    ErrorKind::Overflow => Class::Overflow,
                    ErrorKind::Conversion => Class::Conversion,
                    ErrorKind::Cost => return None,
                    _ => Class::Other,
                }),
            }
        }
    };
    let our_answer = match parse(expr) {
        Err(_) => Answer::Refused,
        Ok(tree) => {
            let mut variables: Vec<(String, Value)> = VARIABLES
                .iter()
                .zip(documents)
                .map(|(name, json)| (name.to_string(), from_json(json)))
                .collect();
            variables.push(("asOf".into(), Value::timestamp(as_of.0, as_of.1)));
            match evaluate(&tree, &Scope::new(variables)) {
                Ok(value) => Answer::Value(ours(&value)),
                Err(fault) if fault.class == Class::NotCovered => return None,
                Err(fault) => Answer::Error(fault.class),
            }
        }
    };
    Some((their_answer, our_answer))
}

/// True where the two differ. What the type checker refuses is not compared: the reference has none.
fn differ(answers: &(Answer, Answer)) -> bool {
    answers.0 != Answer::Refused && answers.0 != answers.1
}

fn objects() -> Vec<Json<'static>> {
    let platform = Platform::new(&Entries::read(&example()));
    platform.files.iter().flat_map(|file| file.objects().cloned().collect::<Vec<_>>()).collect()
}

/// Any JSON.
fn value(random: &mut Random, depth: usize) -> Json<'static> {
    match random.below(if depth == 0 { 7 } else { 9 }) {
        0 => Json::Null,
        1 => Json::Bool(random.one_in(2)),
        2 => Json::Int(*random.pick(&[0, 1, -1, 3, 80, i64::MAX, i64::MIN])),
        3 => Json::Num(*random.pick(&[0.5, -2.25, 1e21, 9e18])),
        4 => Json::Big("18446744073709551616".into()),
        5 => Json::str(*random.pick(&[
            "",
            "a",
            "name",
            "ä€😀",
            "10m",
            "1.2.3",
            "10.0.0.1",
            "2026-01-01T00:00:00Z",
            "1h",
        ])),
        6 => Json::str(*random.pick(&["nachweis:withheld", "***HIDDEN***"])),
        7 => Json::Arr((0..random.below(4)).map(|_| value(random, depth - 1)).collect()),
        _ => {
            let keys = ["name", "image", "a", "labels", "metadata", "a.b/c"];
            let members = (0..random.below(4)).map(|_| (*random.pick(&keys), value(random, depth - 1)));
            Json::object(members.collect::<Vec<_>>())
        }
    }
}

/// Replaces some values of a document.
fn disturb(json: &mut Json<'static>, random: &mut Random) {
    if random.one_in(60) {
        *json = value(random, 3);
    }
    match json {
        Json::Arr(items) => items.iter_mut().for_each(|item| disturb(item, random)),
        Json::Obj(members) => members.iter_mut().for_each(|(_, member)| disturb(member, random)),
        _ => {}
    }
}

/// The expression and the documents of a seed.
fn pair(seed: u64, objects: &[Json<'static>]) -> (Node, [Json<'static>; 4]) {
    let mut random = Random::new(seed);
    let mut object = if random.one_in(5) { value(&mut random, 4) } else { random.pick(objects).clone() };
    if random.one_in(2) {
        disturb(&mut object, &mut random);
    }
    let params = json(r#"{"days":7,"names":["kube-system","a"],"labels":{"app":"web","name":"a"}}"#);
    let namespace = match random.one_in(4) {
        true => Json::Null,
        false => json(r#"{"metadata":{"name":"a","labels":{"team":"a","secret":"nachweis:withheld"}}}"#),
    };
    let related = json(r#"{"list":[{"name":"a","ready":true},{"name":"b","ready":false}]}"#);
    let node = Maker::new(&mut random, &object).any();
    (node, [object, params, namespace, related])
}

#[test]
fn a_hundred_thousand_pairs() {
    let objects = objects();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut wrong: BTreeMap<String, (u32, String)> = BTreeMap::new();
    let count = std::env::var("NACHWEIS_PAIRS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    for seed in seeds(count) {
        let (node, documents) = pair(seed, &objects);
        let expr = node.text();
        let Some(answers) = ask(&expr, &documents) else {
            *counts.entry("not covered").or_default() += 1;
            continue;
        };
        let what = match &answers.0 {
            Answer::Refused => "refused by the type checker",
            Answer::Error(_) => "errors",
            Answer::Value(_) => "values",
        };
        *counts.entry(what).or_default() += 1;
        if differ(&answers) {
            let class = match &answers {
                (Answer::Error(a), Answer::Error(b)) => format!("{a:?} / {b:?}"),
                (Answer::Error(a), _) => format!("{a:?} / value"),
                (_, Answer::Error(b)) => format!("value / {b:?}"),
                _ => "values".into(),
            };
            let bad = |text: &str| ask(text, &documents).is_some_and(|answers| differ(&answers));
            let seen = wrong.entry(class.clone()).or_default();
            seen.0 += 1;
            if seen.0 <= 6 {
                let small = node.shrink(&bad).text();
                let answers = ask(&small, &documents).unwrap();
                let object = String::from_utf8(documents[0].canonical()).unwrap();
                let object: String = object
                    .chars()
                    .take(if seeds(100_000).end - seeds(100_000).start == 1 { 9999 } else { 0 })
                    .collect();
                seen.1 += &format!(
                    "  seed {seed}: {small}\n    {:.300?}\n    {:.300?} {object}\n",
                    answers.0, answers.1
                );
            }
        }
    }
    println!("{counts:?}; NACHWEIS_SEED=n replays one");
    let text: Vec<String> = wrong.iter().map(|(class, (n, text))| format!("{class}: {n}\n{text}")).collect();
    assert!(
        wrong.is_empty(),
        "{counts:?}\nevaluator / reference differ; NACHWEIS_SEED=n replays one\n{}",
        text.join("")
    );
}
