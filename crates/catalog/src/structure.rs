//! The shape of a file, by the JSON Schema that editors use too.
//!
//! The schema's vocabulary is the one that the files `catalog/*.schema.json` use: `type`, `const`, `enum`, `required`,
//! `properties`, `additionalProperties: false`, `items`, `minItems`, `minLength`, `pattern`, `anyOf`, `$ref` into
//! `$defs`. A test refuses any other word.

use nachweis_yaml::Step;
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::near::nearest;

/// The schema of a control file.
pub(crate) const CONTROL: &str = include_str!("../../../catalog/control.schema.json");
/// The schema of an overlay's params.yaml.
pub(crate) const PARAMS: &str = include_str!("../../../catalog/params.schema.json");
/// The schema of an overlay's exemptions.yaml.
pub(crate) const EXEMPTIONS: &str = include_str!("../../../catalog/exemptions.schema.json");

/// Something in the file's shape that cannot be so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub path: Vec<Step>,
    /// true where the key is meant, not the value
    pub key: bool,
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
}

/// Finds every flaw, and gives the value mended: what cannot be is replaced by something that can be read, so that
/// the rest of the file is judged in the same run.
pub(crate) fn check(value: &Value, schema: &str) -> Result<(Vec<Flaw>, Value), String> {
    let schema: Value = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    let mut checker = Checker { root: &schema, flaws: Vec::new(), path: Vec::new() };
    let mended = checker.visit(value, &schema);
    Ok((checker.flaws, mended))
}

struct Checker<'s> {
    root: &'s Value,
    flaws: Vec<Flaw>,
    path: Vec<Step>,
}

fn word(schema: &Value, key: &str) -> String {
    schema[key].as_str().unwrap_or_default().to_string()
}

/// What a value is called in a message.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

impl<'s> Checker<'s> {
    fn flaw(&mut self, code: &'static str, message: String, help: Option<String>) {
        self.flaws.push(Flaw { path: self.path.clone(), key: false, code, message, help });
    }

    fn resolve(&self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            Some(name) => &self.root["$defs"][name],
            None => schema,
        }
    }

    fn visit(&mut self, value: &Value, schema: &'s Value) -> Value {
        let schema = self.resolve(schema);
        if let Some(wanted) = schema.get("const") {
            if value != wanted {
                let found =
                    value.as_str().map_or_else(|| kind(value).to_string(), |text| format!("`{text}`"));
                let wanted = wanted.as_str().unwrap_or_default();
                self.flaw("value-unknown", format!("{found} stands here"), Some(format!("write `{wanted}`")));
            }
            return wanted.clone();
        }
        if let Some(words) = schema["enum"].as_array() {
            return self.choice(value, words);
        }
        if let Some(ways) = schema["anyOf"].as_array() {
            return self.any(value, ways);
        }
        match word(schema, "type").as_str() {
            "object" => self.object(value, schema),
            "array" => self.array(value, schema),
            "string" => self.string(value, schema),
            _ => value.clone(),
        }
    }

    fn choice(&mut self, value: &Value, words: &[Value]) -> Value {
        if words.contains(value) {
            return value.clone();
        }
        let known: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        let found = value.as_str().map_or_else(|| kind(value).to_string(), |text| format!("`{text}`"));
        let near = value.as_str().and_then(|text| nearest(text, known.iter().copied()));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        self.flaw("value-unknown", format!("{found} is none of {}", known.join(", ")), help);
        words.first().cloned().unwrap_or(Value::Null)
    }

    fn any(&mut self, value: &Value, ways: &'s [Value]) -> Value {
        let before = self.flaws.len();
        for way in ways {
            self.flaws.truncate(before);
            let mended = self.visit(value, way);
            if self.flaws.len() == before {
                return mended;
            }
        }
        value.clone()
    }

    fn typed(&mut self, wanted: &str, value: &Value, schema: &'s Value) -> Value {
        self.flaw("value-type", format!("expected {wanted}, found {}", kind(value)), None);
        self.blank(schema)
    }

    /// Something that fits the schema.
    fn blank(&self, schema: &'s Value) -> Value {
        let schema = self.resolve(schema);
        if let Some(only) = schema.get("const").or_else(|| schema["enum"].get(0)) {
            return only.clone();
        }
        match word(schema, "type").as_str() {
            "object" => {
                let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let members = required.map(|key| (key.to_string(), self.blank(&schema["properties"][key])));
                Value::Object(members.collect())
            }
            "array" => json!([]),
            "string" => json!(""),
            _ => Value::Null,
        }
    }

    fn object(&mut self, value: &Value, schema: &'s Value) -> Value {
        let Some(members) = value.as_object() else { return self.typed("a mapping", value, schema) };
        let Some(properties) = schema["properties"].as_object() else { return value.clone() };
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut out = Map::new();
        for (key, member) in members {
            self.path.push(Step::Key(key.clone()));
            if let Some(schema) = properties.get(key) {
                out.insert(key.clone(), self.visit(member, schema));
            } else {
                let free =
                    properties.keys().map(String::as_str).filter(|known| !members.contains_key(*known));
                let near = nearest(key, free);
                self.unknown_key(key, near, properties);
                // The value under the key that was meant is judged like any other.
                if let Some(near) = near {
                    let mended = self.visit(member, &properties[near]);
                    out.insert(near.to_string(), mended);
                }
            }
            self.path.pop();
        }
        for key in required.into_iter().filter(|key| !out.contains_key(*key)).collect::<Vec<_>>() {
            self.missing_key(key, members);
            out.insert(key.to_string(), self.blank(&properties[key]));
        }
        Value::Object(out)
    }

    fn unknown_key(&mut self, key: &str, near: Option<&str>, properties: &Map<String, Value>) {
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "keys here are {}",
                properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
            ),
        };
        let message = format!("there is no key `{key}` here");
        self.flaws.push(Flaw {
            path: self.path.clone(),
            key: true,
            code: "key-unknown",
            message,
            help: Some(help),
        });
    }

    fn missing_key(&mut self, key: &str, members: &Map<String, Value>) {
        let within = self.path.iter().rev().find_map(|step| match step {
            Step::Key(name) => Some(name.clone()),
            Step::Item(_) => None,
        });
        let (code, message, help) = match (key, within.as_deref()) {
            ("en" | "de", Some(name)) => {
                let language = if key == "de" { "German" } else { "English" };
                (
                    "text-missing",
                    format!("the {language} text of `{name}` is missing"),
                    format!("add `{key}:`"),
                )
            }
            ("unit", Some("parameters")) => {
                let name = members.get("name").and_then(Value::as_str).unwrap_or_default();
                let help = "add `unit:`, such as `days`, `labels` or `namespaces`";
                ("unit-missing", format!("the parameter `{name}` has no unit"), help.to_string())
            }
            _ => ("key-missing", format!("the key `{key}` is missing"), format!("add `{key}:`")),
        };
        self.path.push(Step::Key(key.to_string()));
        self.flaw(code, message, Some(help));
        self.path.pop();
    }

    fn array(&mut self, value: &Value, schema: &'s Value) -> Value {
        let Some(items) = value.as_array() else { return self.typed("a list", value, schema) };
        if (items.len() as u64) < schema["minItems"].as_u64().unwrap_or(0) {
            self.flaw("list-empty", "the list is empty".into(), None);
        }
        let mut out = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            self.path.push(Step::Item(at));
            out.push(self.visit(item, &schema["items"]));
            self.path.pop();
        }
        Value::Array(out)
    }

    fn string(&mut self, value: &Value, schema: &'s Value) -> Value {
        let Some(text) = value.as_str() else {
            let quoted = matches!(value, Value::Bool(_) | Value::Number(_));
            let found = kind(value);
            let help = quoted.then(|| format!("put it in quotes: `'{value}'`"));
            self.flaw("value-type", format!("expected a text, found {found}"), help);
            return if quoted { json!(value.to_string()) } else { json!("") };
        };
        if text.trim().is_empty() && schema.get("minLength").is_some() {
            self.flaw("text-missing", "the text is empty".into(), None);
        }
        if let Some(pattern) = schema["pattern"].as_str()
            && !Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
        {
            self.flaw("value-form", format!("`{text}` has not the form `{pattern}`"), None);
        }
        value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word that the checker does not know would be a rule that nobody applies.
    #[test]
    fn the_schema_uses_no_word_that_is_not_applied() {
        const APPLIED: [&str; 13] = [
            "type",
            "const",
            "enum",
            "required",
            "properties",
            "additionalProperties",
            "items",
            "minItems",
            "minLength",
            "pattern",
            "anyOf",
            "$ref",
            "$defs",
        ];
        const PROSE: [&str; 5] = ["$schema", "$id", "title", "description", "default"];
        fn visit(schema: &Value, bad: &mut Vec<String>) {
            let Some(members) = schema.as_object() else { return };
            for (key, member) in members {
                match key.as_str() {
                    "properties" | "$defs" => {
                        member.as_object().unwrap().values().for_each(|inner| visit(inner, bad))
                    }
                    "anyOf" => member.as_array().unwrap().iter().for_each(|inner| visit(inner, bad)),
                    "items" => visit(member, bad),
                    "additionalProperties" => assert_eq!(member, &json!(false)),
                    "type" => assert!(["object", "array", "string"].contains(&member.as_str().unwrap())),
                    "pattern" => assert!(Regex::new(member.as_str().unwrap()).is_ok(), "{member}"),
                    key if APPLIED.contains(&key) || PROSE.contains(&key) => {}
                    key => bad.push(key.to_string()),
                }
            }
        }
        let mut bad = Vec::new();
        for schema in [CONTROL, PARAMS, EXEMPTIONS] {
            visit(&serde_json::from_str(schema).unwrap(), &mut bad);
        }
        assert_eq!(bad, Vec::<String>::new());
    }

    #[test]
    fn a_mended_value_can_be_read_as_a_control() {
        for value in [
            json!({}),
            json!([]),
            json!(null),
            json!({"titel": {"en": 1}, "reads": [{}], "parameters": [3, {}]}),
        ] {
            let (flaws, mended) = check(&value, CONTROL).unwrap();
            assert!(!flaws.is_empty());
            serde_json::from_value::<nachweis_model::control::Control>(mended).unwrap();
        }
    }
}
