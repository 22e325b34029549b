//! What runs: network-policy agents on a node (`related.enforcers`), images of an add-on (`related.images`).

use std::collections::BTreeSet;

use nachweis_canon::Json;
use serde_json::Value;

use super::{Data, controller, is_finished};
use crate::cel::{holds_mark, is_mark};
use crate::world::World;

fn rows<'d>(data: &'d Data, file: &str, list: &str) -> impl Iterator<Item = &'d Value> {
    data.get(file).and_then(|data| data.get(list)).and_then(Value::as_array).into_iter().flatten()
}

fn texts<'d>(row: &'d Value, name: &str) -> Vec<&'d str> {
    row.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Repository and tag of an image.
fn split_image(image: &str) -> (String, String) {
    let image = image.split('@').next().unwrap_or_default();
    let (folder, name) = match image.rsplit_once('/') {
        Some((folder, name)) => (format!("{folder}/"), name),
        None => (String::new(), image),
    };
    let (name, tag) = name.split_once(':').unwrap_or((name, ""));
    (format!("{folder}{name}"), tag.to_string())
}

fn ends_with_one(repository: &str, suffixes: &[&str]) -> bool {
    suffixes.iter().any(|suffix| format!("/{repository}").ends_with(&format!("/{suffix}")))
}

/// An argument in one of its spellings: `--a=b`, `--a b`, and `--a` alone for `--a=true`.
fn has_argument(words: &[&str], wanted: &str) -> bool {
    let (flag, value) = wanted.split_once('=').unwrap_or((wanted, ""));
    (0..words.len()).any(|at| {
        let next = words.get(at + 1).filter(|next| !next.starts_with('-'));
        words[at] == wanted
            || (wanted.contains('=') && words[at] == flag && *next.unwrap_or(&"true") == value)
    })
}

fn command(container: &Json<'_>) -> Vec<String> {
    let words = ["command", "args"].into_iter().flat_map(|list| container.list(&[list]));
    words.filter_map(|word| word.as_str().map(str::to_string)).collect()
}

/// Pairs of name and value; a variable of the row is given the same way.
fn has_variable(container: &Json<'_>, wanted: &Value, value: impl Fn(&str) -> bool) -> bool {
    container.list(&["env"]).iter().any(|variable| {
        variable.text(&["name"]) == wanted["name"].as_str() && variable.text(&["value"]).is_some_and(&value)
    })
}

/// True where one container meets every condition of the row. `settings`: arguments and environment count.
fn fits(container: &Json<'_>, pattern: &Value, settings: bool) -> bool {
    let (repository, tag) = split_image(container.text(&["image"]).unwrap_or_default());
    let name = container.text(&["name"]).unwrap_or_default();
    let (suffixes, names) = (texts(pattern, "container_image_suffix"), texts(pattern, "container_name"));
    let tagged = |field: &str, holds: fn(&str, &str) -> bool| match pattern[field].as_str() {
        Some(limit) => !tag.is_empty() && holds(&tag, limit),
        None => true,
    };
    let same_program = (suffixes.is_empty() || ends_with_one(&repository, &suffixes))
        && (names.is_empty() || names.contains(&name))
        && tagged("image_tag_from", |tag, limit| tag >= limit)
        && tagged("image_tag_before", |tag, limit| tag < limit);
    if !settings {
        return same_program;
    }
    let words = command(container);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let variables = |list: &str| pattern[list].as_array().cloned().unwrap_or_default();
    let given =
        |wanted: &Value| has_variable(container, wanted, |value| Some(value) == wanted["value"].as_str());
    let forbidden = texts(pattern, "forbids_args");
    // A mark may stand for what the row forbids.
    let may_hide = (!forbidden.is_empty() && words.iter().any(|word| is_mark(word)))
        || variables("forbids_env").iter().any(|wanted| has_variable(container, wanted, is_mark));
    same_program
        && !may_hide
        && texts(pattern, "requires_args").iter().all(|wanted| has_argument(&words, wanted))
        && !forbidden.iter().any(|wanted| has_argument(&words, wanted))
        && variables("requires_env").iter().all(given)
        && !variables("forbids_env").iter().any(given)
}

/// True where a workload runs what the row describes.
fn matches(row: &Value, kind: &str, body: &Json<'_>, settings: bool) -> bool {
    let pattern = &row["match"];
    let containers = body.list(&["spec", "template", "spec", "containers"]);
    let runs = |suffixes: &[&str]| {
        let mut images = containers.iter().filter_map(|container| container.text(&["image"]));
        images.any(|image| ends_with_one(&split_image(image).0, suffixes))
    };
    let with = texts(pattern, "with_image_suffix");
    pattern["workload_kind"].as_str() == Some(kind)
        && (with.is_empty() || runs(&with))
        && !runs(&texts(pattern, "without_image_suffix"))
        && containers.iter().any(|container| fits(container, pattern, settings))
}

fn has_hidden_settings(body: &Json<'_>) -> bool {
    body.list(&["spec", "template", "spec", "containers"]).iter().any(|container| {
        ["command", "args", "env"].iter().any(|list| container.get(list).is_some_and(holds_mark))
    })
}

/// True for a workload of some row whose arguments or environment are withheld in part.
pub(super) fn hides_settings(kind: &str, body: &Json<'_>, data: &Data) -> bool {
    has_hidden_settings(body)
        && rows(data, "network-policy-enforcers", "enforcers").any(|row| matches(row, kind, body, false))
}

/// Whether a row enforces in this cluster. A row that some workload could switch off enforces only where that
/// workload was seen not to do so.
fn enforces(world: &World, data: &Data, row: &Value) -> bool {
    let mut on = row["enforces"].as_bool() == Some(true);
    let id = row["id"].as_str().unwrap_or_default();
    for other in rows(data, "network-policy-enforcers", "enforcers") {
        if !texts(other, "overrides").contains(&id) {
            continue;
        }
        let mut seen_not_to = false;
        for (kind, resource) in [("DaemonSet", "daemonsets.apps"), ("Deployment", "deployments.apps")] {
            for body in world.of(resource).filter_map(|thing| thing.body(&["v1"])) {
                if matches(other, kind, body, true) {
                    return false;
                }
                seen_not_to |= matches(other, kind, body, false) && !has_hidden_settings(body);
            }
        }
        on &= seen_not_to;
    }
    on
}

/// True where an enforcer may run on the node that no workload shows.
fn may_hide_enforcer(world: &World, data: &Data, name: &str) -> bool {
    let Some(node) = world.of("nodes").find(|thing| thing.id.name == name).and_then(|t| t.body(&["v1"]))
    else {
        return false;
    };
    rows(data, "network-policy-enforcers", "hidden_enforcers").any(|row| {
        let version = node.text(&["status", "nodeInfo", "kubeletVersion"]).unwrap_or_default();
        let by_version =
            row["node"]["kubelet_version_contains"].as_str().is_some_and(|part| version.contains(part));
        let label = &row["node"]["label"];
        let by_label = label["name"]
            .as_str()
            .is_some_and(|name| node.text(&["metadata", "labels", name]) == label["value"].as_str());
        let off = &row["off_if_node_annotation_contains"];
        let is_off = off["name"].as_str().is_some_and(|name| {
            let text = node.text(&["metadata", "annotations", name]).unwrap_or_default();
            off["text"].as_str().is_some_and(|part| text.contains(part))
        });
        (by_version || by_label) && !is_off
    })
}

/// Agents on a pod's node: pods that a DaemonSet owns which runs what a row describes.
pub(super) fn enforcers(world: &World, data: &Data, pod: &Json<'_>) -> Json<'static> {
    let node = pod.text(&["spec", "nodeName"]).unwrap_or_default();
    let mut out = Vec::new();
    for thing in world.of("pods").filter(|_| !node.is_empty() && !is_mark(node)) {
        let Some(agent) = thing.body(&["v1"]) else { continue };
        if agent.text(&["spec", "nodeName"]) != Some(node) {
            continue;
        }
        let Some((kind, name)) = controller(agent).filter(|(kind, _)| kind == "DaemonSet") else { continue };
        let owner = world.within("daemonsets.apps", &thing.id.namespace).find(|owner| owner.id.name == name);
        let Some(owner) = owner.and_then(|owner| owner.body(&["v1"])) else { continue };
        let mut all = rows(data, "network-policy-enforcers", "enforcers");
        let Some(row) = all.find(|row| matches(row, &kind, owner, true)) else { continue };
        let enforces = enforces(world, data, row);
        // An idle agent does not show that nothing enforces where another one may run unseen.
        if !enforces && may_hide_enforcer(world, data, node) {
            continue;
        }
        let ready = agent.list(&["status", "conditions"]).iter().any(|condition| {
            condition.text(&["type"]) == Some("Ready") && condition.text(&["status"]) == Some("True")
        });
        let text = |name: &str| Json::str(row[name].as_str().unwrap_or_default().to_string());
        out.push(Json::object([
            ("id", text("id")),
            ("name", text("name")),
            ("enforces", Json::Bool(enforces)),
            ("ready", Json::Bool(ready)),
            ("daemonset", Json::str(format!("{}/{name}", thing.id.namespace))),
        ]));
    }
    Json::Arr(out)
}

/// The `sha256:` digest at the end of a text.
fn digest_of(text: &str) -> Option<String> {
    let hex = text.rsplit_once("sha256:")?.1;
    (hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| format!("sha256:{hex}"))
}

/// Digests that the main component of a CycloneDX document names.
fn described(bom: &Json<'_>) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let Some(component) = bom.at(&["metadata", "component"]) else { return out };
    for hash in component.list(&["hashes"]) {
        if hash.text(&["alg"]) == Some("SHA-256")
            && let Some(hex) = hash.text(&["content"])
        {
            out.insert(format!("sha256:{}", hex.to_ascii_lowercase()));
        }
    }
    for field in ["version", "purl"] {
        let text = component.text(&[field]).unwrap_or_default().replace("%3A", ":").replace("%3a", ":");
        out.extend(text.split(['?', '#']).next().and_then(digest_of));
    }
    out
}

/// True for an add-on whose workloads the data file knows.
pub(super) fn is_known_addon(data: &Data, name: &str) -> bool {
    rows(data, "eks-addons", "addons").any(|row| row["addon"].as_str() == Some(name))
}

/// Images of the running pods of an add-on's workloads.
pub(super) fn images(world: &World, data: &Data, addon: &Json<'_>) -> Json<'static> {
    let name = addon.text(&["spec", "name"]).unwrap_or_default();
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    let row = rows(data, "eks-addons", "addons").find(|row| row["addon"].as_str() == Some(name));
    for workload in row.and_then(|row| row["workloads"].as_array()).into_iter().flatten() {
        let namespace = row.and_then(|row| row["namespace"].as_str()).unwrap_or_default();
        let kind = workload["kind"].as_str().unwrap_or_default();
        let name = workload["name"].as_str().unwrap_or_default();
        let resource = if kind == "DaemonSet" { "daemonsets.apps" } else { "deployments.apps" };
        let mut here = world.within(resource, namespace);
        if !here.any(|thing| thing.id.name == name && thing.body(&["v1"]).is_some()) {
            continue;
        }
        for pod in world.within("pods", namespace).filter_map(|thing| thing.body(&["v1"])) {
            if is_finished(pod) || owner(world, namespace, pod) != Some((kind.to_string(), name.to_string()))
            {
                continue;
            }
            for list in ["initContainerStatuses", "containerStatuses"] {
                for status in pod.list(&["status", list]) {
                    if let Some(digest) = status.text(&["imageID"]).and_then(digest_of) {
                        found.insert((status.text(&["image"]).unwrap_or_default().to_string(), digest));
                    }
                }
            }
        }
    }
    let records = found.into_iter().map(|(image, digest)| {
        let boms = world.of("boms.cyclonedx.org").filter_map(|thing| thing.body(&["v1"]));
        let sboms = boms.filter(|bom| described(bom).contains(&digest)).count();
        Json::object([
            ("image", Json::str(image)),
            ("digest", Json::str(digest)),
            ("sboms", Json::Int(i64::try_from(sboms).unwrap_or(i64::MAX))),
        ])
    });
    Json::Arr(records.collect())
}

/// The workload that owns a pod: its controller, or the controller of its ReplicaSet.
fn owner(world: &World, namespace: &str, pod: &Json<'_>) -> Option<(String, String)> {
    let (kind, name) = controller(pod)?;
    if kind != "ReplicaSet" {
        return Some((kind, name));
    }
    let set = world.within("replicasets.apps", namespace).find(|thing| thing.id.name == name);
    let above = set.and_then(|set| set.body(&["v1"])).and_then(controller);
    Some(above.unwrap_or((kind, name)))
}
