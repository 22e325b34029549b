//! Reads the recorded cases and compares a value of ours with a recorded result.

use std::path::PathBuf;

use nachweis_canon::{Json, Limits, parse};
use nachweis_cel::{CompileError, Env, ErrorKind, Key, Type, Value, compile};

pub struct Corpus {
    cases: String,
    objects: Json<'static>,
}

/// A folder of the corpora. Says loudly where it is missing; with `CI` set that is a failure.
pub fn folder(name: &str) -> Option<PathBuf> {
    let corpora = match std::env::var_os("NACHWEIS_CORPORA") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
    };
    let folder = corpora.join(name);
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the corpus is missing: {}", folder.display());
    println!("SKIPPED: there is no {}", folder.display());
    None
}

impl Corpus {
    pub fn open() -> Option<Corpus> {
        let folder = folder("conformance/kubernetes-cel")?;
        let cases = std::fs::read_to_string(folder.join("kubernetes-1.36.jsonl")).unwrap();
        let objects = std::fs::read_to_string(folder.join("objects.json")).unwrap();
        let objects = parse(&objects, &Limits::OURS).unwrap().value.into_owned();
        Some(Corpus { cases, objects })
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.cases.lines()
    }
}

pub struct Case<'c> {
    pub id: String,
    pub group: String,
    pub expr: String,
    /// `None` where our reader refuses the line, and with it the object
    line: Option<Json<'c>>,
    raw: &'c str,
    corpus: &'c Corpus,
}

/// The string behind `"name":"` in a line that is no JSON to us; such lines have no escapes there.
fn raw_member(line: &str, name: &str) -> String {
    let start = line.find(&format!("\"{name}\":\"")).map_or(0, |at| at + name.len() + 4);
    line[start..].split('"').next().unwrap_or("").to_string()
}

impl<'c> Case<'c> {
    pub fn read(corpus: &'c Corpus, raw: &'c str) -> Case<'c> {
        let line = parse(raw, &Limits { depth: 1_000, bytes: usize::MAX }).ok().map(|parsed| parsed.value);
        let member = |name: &str| match &line {
            Some(line) => line.text(&[name]).unwrap_or("").to_string(),
            None => raw_member(raw, name),
        };
        let (id, group, expr) = (member("id"), member("group"), member("expr"));
        Case { id, group, expr, line, raw, corpus }
    }

    fn document<'s>(&'s self, line: &'s Json<'c>, name: &str) -> Option<&'s Json<'c>> {
        match line.get(name) {
            Some(Json::Str(key)) => {
                let found = self.corpus.objects.get(key).unwrap_or_else(|| panic!("no object {key}"));
                Some(found)
            }
            other => other,
        }
    }

    /// `Ok` if our result is the recorded one.
    pub fn check(&self) -> Result<(), String> {
        let Some(line) = &self.line else {
            let expected = self.raw.contains("\"error\":\"object\"");
            return if expected { Ok(()) } else { Err("our reader refuses the object".into()) };
        };
        let expected = line.get("result").ok_or("no result")?;
        let wanted = expected.text(&["error"]);
        let null = Json::Null;
        let get = |name: &str| Value::from(self.document(line, name).unwrap_or(&null));
        let mut types = vec![
            ("object", Type::Dyn),
            ("oldObject", Type::Dyn),
            ("namespaceObject", namespace_type()),
            ("request", request_type()),
            ("authorizer", Type::Opaque("kubernetes.authorization.Authorizer")),
        ];
        let mut vars = vec![get("object"), Value::Null, get("namespaceObject"), Value::Null, Value::Null];
        if line.get("params").is_some() {
            types.push(("params", Type::Dyn));
            vars.push(get("params"));
        }
        let definitions = line.list(&["variables"]);
        let ours = variables(definitions, types, vars, &mut |env, vars| {
            let program = match compile(&self.expr, env) {
                Ok(program) => program,
                Err(errors) => return Err(("compile", show(&errors))),
            };
            let found = program.result_type().to_string();
            if let Some(wanted) = line.text(&["static"]).filter(|wanted| *wanted != found) {
                return Err(("static", format!("static type {found}, recorded {wanted}")));
            }
            match program.eval(vars) {
                Ok(value) => Ok(value_text(&value)),
                Err(error) if error.kind == ErrorKind::Cost => Err(("cost", error.to_string())),
                Err(error) => Err(("runtime", error.to_string())),
            }
        });
        let unordered = line.get("unordered").is_some();
        match (ours, wanted) {
            (Ok(found), None) => {
                let recorded = recorded_text(expected);
                let equal = found == recorded || unordered && sorted(&found) == sorted(&recorded);
                if equal { Ok(()) } else { Err(format!("found {found}, recorded {recorded}")) }
            }
            (Ok(found), Some(wanted)) => {
                let message = expected.text(&["message"]).unwrap_or("");
                Err(format!("found {found}, recorded error {wanted}: {message}"))
            }
            (Err(("static", message)), _) => Err(message),
            (Err((class, message)), None) => {
                Err(format!("found error {class}: {message}, recorded {}", recorded_text(expected)))
            }
            (Err((class, message)), Some(wanted)) => {
                let recorded = expected.text(&["message"]).unwrap_or("");
                // What is over the limit there is stopped for that reason here.
                let same = match recorded.starts_with("operation cancelled") {
                    true => class == "cost",
                    // A cost of ours that upstream does not charge would hide a difference.
                    false => class == wanted || wanted == "panic" && class == "runtime",
                };
                if same {
                    Ok(())
                } else {
                    Err(format!("found {class}: {message}, recorded {wanted}: {recorded}"))
                }
            }
        }
    }
}

fn show(errors: &[CompileError]) -> String {
    errors.iter().map(|error| error.to_string()).collect::<Vec<_>>().join("; ")
}

type Evaluate<'f> = &'f mut dyn FnMut(&Env, &[Value<'_>]) -> Result<String, (&'static str, String)>;

/// Evaluates the variables of a policy in order, then the expression. One that fails is a field that fails.
fn variables(
    definitions: &[Json<'_>],
    types: Vec<(&str, Type)>,
    vars: Vec<Value<'_>>,
    then: Evaluate<'_>,
) -> Result<String, (&'static str, String)> {
    let mut fields: Vec<(&str, Type)> = Vec::new();
    let mut programs = Vec::new();
    for definition in definitions {
        let name = definition.text(&["name"]).unwrap_or("");
        let mut all = types.clone();
        all.push(("variables", Type::object("kubernetes.variables", fields.clone())));
        let program = compile(definition.text(&["expression"]).unwrap_or(""), &Env::typed(&all));
        let of = program.as_ref().map_or(Type::Dyn, |program| match program.result_type() {
            // Upstream declares variables of such types as dyn.
            Type::Optional(_) | Type::Opaque(_) | Type::Type(_) => Type::Dyn,
            other => other.clone(),
        });
        fields.retain(|(known, _)| *known != name);
        fields.push((name, of));
        programs.push((name, program));
    }
    let mut values: Vec<(Key<'_>, Value<'_>)> = Vec::new();
    for (name, program) in &programs {
        values.retain(|(key, _)| !matches!(key, Key::Str(known) if known == name));
        let mut all = vars.clone();
        all.push(Value::map(values.clone()).unwrap());
        if let Ok(Ok(value)) = program.as_ref().map(|program| program.eval(&all)) {
            values.push((Key::Str((*name).into()), value));
        }
    }
    let (mut types, mut vars) = (types, vars);
    if !definitions.is_empty() {
        types.push(("variables", Type::object("kubernetes.variables", fields)));
        vars.push(Value::map(values).unwrap());
    }
    then(&Env::typed(&types), &vars)
}

fn namespace_type() -> Type {
    let strings = || Type::map(Type::String, Type::String);
    let metadata = Type::object(
        "kubernetes.NamespaceMetadata",
        vec![
            ("name", Type::String),
            ("generateName", Type::String),
            ("namespace", Type::String),
            ("labels", strings()),
            ("annotations", strings()),
            ("UID", Type::String),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::String),
            ("finalizers", Type::list(Type::String)),
        ],
    );
    let spec = Type::object("kubernetes.NamespaceSpec", vec![("finalizers", Type::list(Type::String))]);
    let condition = Type::object(
        "kubernetes.NamespaceCondition",
        vec![
            ("status", Type::String),
            ("type", Type::String),
            ("lastTransitionTime", Type::Timestamp),
            ("message", Type::String),
            ("reason", Type::String),
        ],
    );
    let status = Type::object(
        "kubernetes.NamespaceStatus",
        vec![("conditions", Type::list(condition)), ("phase", Type::String)],
    );
    Type::object("kubernetes.Namespace", vec![("metadata", metadata), ("spec", spec), ("status", status)])
}

fn request_type() -> Type {
    let kind = |name: &str, third: &'static str| {
        Type::object(name, vec![("group", Type::String), ("version", Type::String), (third, Type::String)])
    };
    let user = Type::object(
        "kubernetes.UserInfo",
        vec![
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", Type::list(Type::String)),
            ("extra", Type::map(Type::String, Type::list(Type::String))),
        ],
    );
    Type::object(
        "kubernetes.AdmissionRequest",
        vec![
            ("kind", kind("kubernetes.GroupVersionKind", "kind")),
            ("resource", kind("kubernetes.GroupVersionResource", "resource")),
            ("subResource", Type::String),
            ("requestKind", kind("kubernetes.GroupVersionKind", "kind")),
            ("requestResource", kind("kubernetes.GroupVersionResource", "resource")),
            ("requestSubResource", Type::String),
            ("name", Type::String),
            ("namespace", Type::String),
            ("operation", Type::String),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

/// A value in one line, the same for ours and for recorded ones.
pub fn value_text(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => format!("bool {value}"),
        Value::Int(value) => format!("int {value}"),
        Value::Uint(value) => format!("uint {value}"),
        Value::Double(value) => format!("double {}", double_text(*value)),
        Value::Str(text) => format!("string {:?}", &**text),
        Value::Bytes(bytes) => format!("bytes {}", base64(bytes)),
        Value::List(items) => list_text(items.iter().map(value_text).collect()),
        Value::Map(map) => {
            map_text(map.iter().map(|(key, value)| (key_text(key), value_text(value))).collect())
        }
        Value::Json(json) => json_text(json),
        Value::Timestamp(at) => format!("timestamp {}", Value::Timestamp(at.utc())),
        Value::Duration(nanos) => format!("duration {nanos}ns"),
        Value::Type(name) => format!("type {name}"),
        Value::Optional(None) => "none".into(),
        Value::Optional(Some(inner)) => format!("some({})", value_text(inner)),
        other => format!("{} {other}", other.type_name()),
    }
}

fn key_text(key: &Key<'_>) -> String {
    match key {
        Key::Bool(value) => format!("bool {value}"),
        Key::Int(value) => format!("int {value}"),
        Key::Uint(value) => format!("uint {value}"),
        Key::Str(text) => format!("string {:?}", &**text),
        _ => unreachable!(),
    }
}

fn list_text(items: Vec<String>) -> String {
    format!("[{}]", items.join("\u{1}"))
}

fn map_text(mut entries: Vec<(String, String)>) -> String {
    entries.sort();
    let entries: Vec<_> = entries.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", entries.join("\u{1}"))
}

fn sorted(list: &str) -> Vec<&str> {
    let mut items: Vec<_> = list.trim_matches(['[', ']']).split('\u{1}').collect();
    items.sort_unstable();
    items
}

fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    format!("{:x}", value.to_bits())
}

fn json_text(json: &Json<'_>) -> String {
    match json {
        Json::Null => "null".into(),
        Json::Bool(value) => format!("bool {value}"),
        Json::Int(value) => format!("int {value}"),
        Json::Big(digits) => format!("double {}", double_text(digits.parse().unwrap())),
        Json::Num(value) => format!("double {}", double_text(*value)),
        Json::Str(text) => format!("string {:?}", &**text),
        Json::Arr(items) => list_text(items.iter().map(json_text).collect()),
        Json::Obj(object) => map_text(
            object.iter().map(|(key, value)| (format!("string {key:?}"), json_text(value))).collect(),
        ),
    }
}

fn recorded_text(result: &Json<'_>) -> String {
    let of = result.text(&["type"]).unwrap_or("?");
    let text = || result.text(&["value"]).unwrap_or("");
    match of {
        "null" => "null".into(),
        "bool" => format!("bool {}", result.get("value").and_then(Json::as_bool).unwrap()),
        "double" => format!("double {}", double_text(recorded_double(text()))),
        "string" => format!("string {:?}", text()),
        "list" => list_text(result.list(&["value"]).iter().map(recorded_text).collect()),
        "map" => {
            let pairs = result.list(&["value"]).iter().filter_map(Json::as_array);
            map_text(pairs.map(|pair| (recorded_text(&pair[0]), recorded_text(&pair[1]))).collect())
        }
        "optional" => match result.get("value") {
            Some(Json::Null) | None => "none".into(),
            Some(inner) => format!("some({})", recorded_text(inner)),
        },
        "quantity" => format!("kubernetes.Quantity {}", text()),
        "ip" => format!("net.IP {}", text()),
        "cidr" => format!("net.CIDR {}", text()),
        "url" => format!("kubernetes.URL {}", text()),
        "semver" => format!("kubernetes.Semver {}", text()),
        "format" => format!("kubernetes.NamedFormat {}", text()),
        of => format!("{of} {}", text()),
    }
}

fn recorded_double(text: &str) -> f64 {
    match text {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        text => text.parse().unwrap(),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]);
            out.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    out
}
