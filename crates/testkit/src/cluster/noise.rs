//! What moves in a cluster without a real change, made to move: every pointer of the published normalisation list.

use std::collections::BTreeSet;

use nachweis_snapshot::normalisation_json;
use serde_json::{Value, json};

use super::{Api, Resource};

/// Writers at a time.
const LANES: usize = 4;

/// Rewrites pointers of the normalisation list in the objects of one cluster.
pub struct Noise {
    rules: Vec<Value>,
    /// resource and path of each object that some rule speaks of
    objects: Vec<(Resource, String)>,
    /// numbers of the rules that rewrote something
    pub moved: BTreeSet<usize>,
}

impl Noise {
    /// Everything in the cluster that some rule speaks of.
    pub fn new(api: &Api) -> Self {
        let list: Value = serde_json::from_slice(&normalisation_json().canonical()).unwrap();
        let rules = list["rules"].as_array().unwrap().clone();
        let mut objects = Vec::new();
        let left_out = |resource: &Resource| {
            let of = json!({"apiVersion": resource.version, "kind": resource.kind, "metadata": {}});
            fits(&json!({"kinds": list["left_out"]}), &of)
        };
        for resource in super::preferred(api).into_iter().filter(|resource| !left_out(resource)) {
            for mut object in api.items(&resource.path("")) {
                object["kind"] = resource.kind.clone().into();
                object["apiVersion"] = resource.version.clone().into();
                // A rule for any kind alone makes no object of interest: one of each kind is enough.
                let special = rules.iter().any(|rule| fits(rule, &object) && rule["kinds"][0]["kind"] != "*");
                let known =
                    objects.iter().any(|(other, _): &(Resource, String)| other.key() == resource.key());
                if special || !known && object["metadata"]["namespace"] == "default" {
                    objects.push((resource.clone(), resource.path_of(&object)));
                }
            }
        }
        Noise { rules, objects, moved: BTreeSet::new() }
    }

    /// The rules that no round has moved, but for those of order and of managed fields, which move by themselves.
    pub fn still(&self) -> Vec<String> {
        let idle = |(index, rule): &(usize, &Value)| {
            !self.moved.contains(index) && rule.get("sort").is_none() && rule.get("managed_fields").is_none()
        };
        self.rules.iter().enumerate().filter(idle).map(|(_, rule)| rule.to_string()).collect()
    }

    /// Writes everything again and again, each time with other values.
    ///
    /// # Panics
    /// Where the server refuses.
    pub fn rounds(&mut self, api: &Api, rounds: usize) {
        let (rules, objects) = (&self.rules, &self.objects);
        let moved: Vec<BTreeSet<usize>> = std::thread::scope(|scope| {
            let lane = |lane: usize| {
                let mine = objects.iter().skip(lane).step_by(LANES);
                mine.flat_map(|(resource, path)| {
                    (0..rounds).flat_map(|number| write(api, rules, resource, path, number))
                })
                .collect()
            };
            let lanes: Vec<_> = (0..LANES).map(|number| scope.spawn(move || lane(number))).collect();
            lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
        });
        self.moved.extend(moved.into_iter().flatten());
    }
}

/// Gives one object the values of a round. Returns the numbers of the rules that moved something.
fn write(api: &Api, rules: &[Value], resource: &Resource, path: &str, number: usize) -> BTreeSet<usize> {
    let mut object = api.get(path).json();
    object["kind"] = resource.kind.clone().into();
    object["apiVersion"] = resource.version.clone().into();
    // Who writes comes under the version that was read; nobody else writes these objects.
    let version = object["metadata"]["resourceVersion"].clone();
    let fitting: Vec<usize> = (0..rules.len()).filter(|index| fits(&rules[*index], &object)).collect();
    let moved = fitting.into_iter().filter(|index| apply(&rules[*index], &mut object, number)).collect();
    object["metadata"]["resourceVersion"] = version;
    // Agents write under a name of their own, which tells their writes from those of whoever made the object.
    let parts: &[&str] = if resource.status { &["", "/status"] } else { &[""] };
    for part in parts {
        let body = object.to_string().into_bytes();
        let reply =
            api.call("PUT", &format!("{path}{part}?fieldManager=noise"), "application/json", body).unwrap();
        assert!(reply.good(), "PUT {path}{part}: {}", reply.text());
        object["metadata"]["resourceVersion"] = reply.json()["metadata"]["resourceVersion"].clone();
    }
    moved
}

fn fits(rule: &Value, object: &Value) -> bool {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    rule["kinds"].as_array().unwrap().iter().any(|row| {
        (row["group"] == "*" || row["group"] == group)
            && (row["kind"] == "*" || row["kind"] == object["kind"])
    }) && rule.get("name").is_none_or(|name| *name == object["metadata"]["name"])
}

/// Gives everything that a rule lets go another value. True if there was something, or if it could be added.
fn apply(rule: &Value, object: &mut Value, number: usize) -> bool {
    let texts = |name: &str| -> Vec<String> {
        rule[name].as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_string()).collect()
    };
    let at: Vec<&str> = rule["at"].as_str().unwrap().split('/').skip(1).collect();
    let mut moved = false;
    visit(object, &at, &mut |node| {
        let Some(members) = node.as_object_mut() else {
            if let (Some(true), Value::Array(items)) = (rule["sort"].as_bool(), node) {
                items.reverse();
            }
            return;
        };
        for name in texts("remove_annotations") {
            // `kubectl` would read its own annotation back.
            if !members.contains_key("annotations") {
                members.insert("annotations".into(), json!({}));
            }
            members["annotations"][name] = format!("round {number}").into();
            moved = true;
        }
        let all = texts("where_all");
        if all.iter().all(|name| members.contains_key(name)) {
            for name in texts("remove") {
                if let Some(value) = members.get_mut(&name) {
                    // The server sets these itself with every write.
                    moved |= ["resourceVersion", "generation", "selfLink"].contains(&name.as_str())
                        || change(value, number);
                    if !all.is_empty() {
                        change(value, number);
                    }
                }
            }
        }
        for name in texts("keep_reason_of") {
            for (_, state) in members.get_mut(&name).and_then(Value::as_object_mut).into_iter().flatten() {
                let Some(state) = state.as_object_mut() else { continue };
                for (_, value) in state.iter_mut().filter(|(key, _)| *key != "reason") {
                    moved |= change(value, number);
                }
            }
        }
    });
    moved
}

/// Another value of the same form: times stay times, numbers numbers.
fn change(value: &mut Value, number: usize) -> bool {
    match value {
        Value::String(text) if text.len() == 20 && text.ends_with('Z') => {
            *text = format!("2026-11-24T{:02}:{:02}:00Z", number / 60 % 24, number % 60);
        }
        Value::String(text) if text.starts_with("containerd://") => {}
        // Quantities and identities stay what they are in form.
        Value::String(text) if text.ends_with("Gi") => *text = format!("{}Gi", number + 1),
        Value::String(text) if text.parse::<u64>().is_ok() => *text = (1000 + number).to_string(),
        Value::String(text) => *text = format!("round {number}"),
        Value::Number(figure) => *figure = (number + 1).into(),
        Value::Array(items) => items.iter_mut().for_each(|item| _ = change(item, number)),
        Value::Object(members) => members.iter_mut().for_each(|(_, member)| _ = change(member, number)),
        Value::Bool(_) | Value::Null => return false,
    }
    true
}

fn visit(node: &mut Value, at: &[&str], act: &mut dyn FnMut(&mut Value)) {
    let Some((word, rest)) = at.split_first() else { return act(node) };
    if *word == "**" {
        visit(node, rest, act);
    }
    let below = if *word == "**" { at } else { rest };
    let any = ["*", "**"].contains(word);
    match node {
        Value::Object(members) => {
            for (_, child) in members.iter_mut().filter(|(name, _)| any || name == word) {
                visit(child, below, act);
            }
        }
        Value::Array(items) if any => items.iter_mut().for_each(|item| visit(item, below, act)),
        _ => {}
    }
}
