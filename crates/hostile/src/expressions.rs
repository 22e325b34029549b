//! Expressions: the language that checks are written in.

use std::sync::LazyLock;

use nachweis_canon::{Json, Limits, parse_bytes};
use nachweis_cel::{COST_LIMIT, Env, ErrorKind, Key, Type, Value as Theirs, compile};
use nachweis_reference::cel::{Class, Scope, Value, evaluate, from_json, parse};

/// The variables of an expression, in the order of the documents that [`ask`] takes; `asOf` is fixed.
pub const VARIABLES: [&str; 5] = ["object", "params", "namespaceObject", "related", "asOf"];

/// What an evaluator says of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// a value, in one spelling for both
    Value(String),
    /// an error of this class
    Error(Class),
    /// it does not compile
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

/// What both answer: the evaluator that decides, then the reference. `None`: the reference does not cover it, or the
/// expression costs too much.
pub fn ask(expr: &str, documents: &[Json<'static>; 4]) -> Option<(Answer, Answer)> {
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
pub fn differ(answers: &(Answer, Answer)) -> bool {
    answers.0 != Answer::Refused && answers.0 != answers.1
}

static DOCUMENTS: LazyLock<[Json<'static>; 4]> = LazyLock::new(|| {
    [
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"b","labels":{"app":"web","a.b/c":""},
        "creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"replicas":3,"share":0.5,"token":"nachweis:withheld",
        "containers":[{"name":"x","image":"r/a:1.2.3","ports":[80,443],"cpu":"10m","memory":"1Gi"}],"big":18446744073709551616},
        "ips":["10.0.0.1","::1"],"none":null,"yes":true}"#,
        r#"{"days":7,"names":["kube-system","a"],"labels":{"app":"web","name":"a"}}"#,
        r#"{"metadata":{"name":"a","labels":{"team":"a","secret":"nachweis:withheld"}}}"#,
        r#"{"list":[{"name":"a","ready":true},{"name":"b","ready":false}]}"#,
    ]
    .map(nachweis_testkit::json)
});

/// An expression, and after a NUL byte the object that it looks at. It compiles or is refused at a place of its own,
/// its evaluation ends within the limit of costs, and the second evaluator answers the same.
pub fn cel(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let Ok(expr) = std::str::from_utf8(parts.next().unwrap_or_default()) else { return };
    let mut documents = DOCUMENTS.clone();
    if let Some(Ok(object)) = parts.next().map(|text| parse_bytes(text, &Limits::default())) {
        documents[0] = object.value.into_owned();
    }
    let typed = Env::typed(&[
        ("object", Type::object("Object", vec![("name", Type::String), ("items", Type::list(Type::Int))])),
        ("params", Type::map(Type::String, Type::Dyn)),
        ("namespaceObject", Type::Dyn),
        ("related", Type::Dyn),
        ("asOf", Type::Timestamp),
    ]);
    for env in [Env::new(&VARIABLES), typed] {
        match compile(expr, &env) {
            Err(errors) => assert!(!errors.is_empty()),
            Ok(program) => {
                let mut values: Vec<Theirs<'_>> = documents.iter().map(Theirs::from).collect();
                values.push(Theirs::timestamp(1_795_500_000, 0));
                let (value, cost) = program.eval_with_cost(&values);
                assert!(value.is_err() || cost <= COST_LIMIT, "{cost}");
                assert_eq!(program.eval(&values).is_ok(), value.is_ok(), "the same again");
                program.explain(&values);
            }
        }
    }
    if let Some(answers) = ask(expr, &documents) {
        assert!(!differ(&answers), "{expr}\n{answers:#?}");
    }
}
