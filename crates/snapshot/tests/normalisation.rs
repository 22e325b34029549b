//! Rewriting every pointer of the published list leaves the root as it is; rewriting any other changes it.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Files, corpus, files, settings, try_seal};
use nachweis_canon::{Digest, Json, Object};
use nachweis_snapshot::normalisation_json;

const HARVESTER: &str = "clusters/harvester-rke2-v1.21-2022-03-22.tar.gz";
const SCALE: &str = "clusters/kwok-scale-15267-objects.json.zip";

/// The documents of all files, by file.
fn documents(files: &Files) -> Vec<(String, Vec<Json<'static>>)> {
    let limits = nachweis_yaml::Limits::default();
    let read = |bytes: &[u8]| {
        nachweis_yaml::read(bytes, &limits).map(|document| document.unwrap().value.into_owned()).collect()
    };
    files.iter().map(|(path, bytes)| (path.clone(), read(bytes))).collect()
}

fn to_files(documents: &[(String, Vec<Json<'static>>)]) -> Files {
    let text = |values: &[Json<'_>]| values.iter().map(Json::canonical).collect::<Vec<_>>().join(&b'\n');
    documents.iter().map(|(path, values)| (path.clone(), text(values))).collect()
}

/// Calls `act` on every object of a document.
fn objects(value: &mut Json<'static>, act: &mut dyn FnMut(&mut Json<'static>)) {
    if value.get("apiVersion").is_some() && value.get("items").is_none() {
        return act(value);
    }
    match value {
        Json::Arr(items) => items.iter_mut().for_each(|item| objects(item, act)),
        Json::Obj(object) => {
            for (key, member) in object.iter_mut() {
                if key == "items" || matches!(member, Json::Obj(_)) {
                    objects(member, act);
                }
            }
        }
        _ => {}
    }
}

fn root(files: &Files) -> Digest {
    try_seal(settings(), files).unwrap().sealed.seal.root
}

/// Pointers that a pattern of the list leads to, by the words of the list alone.
fn lead(value: &Json<'_>, pattern: &[&str], at: &str, out: &mut Vec<String>) {
    let Some((word, rest)) = pattern.split_first() else { return out.push(at.to_string()) };
    let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    let members: Vec<(String, &Json<'_>)> = match value {
        Json::Obj(object) => object.iter().map(|(name, child)| (name.to_string(), child)).collect(),
        Json::Arr(items) => items.iter().enumerate().map(|(n, child)| (n.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    if *word == "**" {
        lead(value, rest, at, out);
    }
    for (name, child) in &members {
        match *word {
            "**" => lead(child, pattern, &below(name), out),
            "*" => lead(child, rest, &below(name), out),
            key if key == name && matches!(value, Json::Obj(_)) => lead(child, rest, &below(name), out),
            _ => {}
        }
    }
}

fn find<'a>(value: &'a mut Json<'static>, pointer: &str) -> Option<&'a mut Json<'static>> {
    pointer.split('/').skip(1).try_fold(value, |node, word| match node {
        Json::Obj(object) => object.get_mut(&word.replace("~1", "/").replace("~0", "~")),
        Json::Arr(items) => items.get_mut(word.parse::<usize>().unwrap()),
        _ => None,
    })
}

fn other(value: &Json<'_>) -> Json<'static> {
    match value {
        Json::Str(text) => Json::str(format!("{text}x")),
        Json::Int(number) => Json::Int(number + 1),
        Json::Bool(word) => Json::Bool(!word),
        _ => Json::str("rewritten"),
    }
}

fn texts<'a>(rule: &'a Json<'_>, name: &str) -> Vec<&'a str> {
    rule.list(&[name]).iter().map(|text| text.as_str().unwrap()).collect()
}

/// Rewrites everything that a rule lets go in an object. Returns the pointers of what it rewrote.
fn rewrite(rule: &Json<'_>, body: &mut Json<'static>) -> Vec<String> {
    let version = body.text(&["apiVersion"]).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group).to_string();
    let kind = body.text(&["kind"]).unwrap_or_default().to_string();
    let fits = |row: &Json<'_>, name: &str, value: &str| {
        matches!(row.text(&[name]), Some("*")) || row.text(&[name]) == Some(value)
    };
    let meant =
        rule.list(&["kinds"]).iter().any(|row| fits(row, "group", &group) && fits(row, "kind", &kind));
    if !meant || rule.text(&["name"]).is_some_and(|name| body.text(&["metadata", "name"]) != Some(name)) {
        return Vec::new();
    }
    let pattern: Vec<&str> = rule.text(&["at"]).unwrap().split('/').skip(1).collect();
    let mut places = Vec::new();
    lead(body, &pattern, "", &mut places);
    let mut done = Vec::new();
    for place in places {
        let Some(node) = find(body, &place) else { continue };
        let all = texts(rule, "where_all");
        if !all.iter().all(|name| node.get(name).is_some()) {
            continue;
        }
        for name in texts(rule, "remove") {
            if let Some(member) = node.as_object_mut().and_then(|object| object.get_mut(name)) {
                *member = other(member);
                done.push(format!("{place}/{name}"));
            }
        }
        for name in texts(rule, "remove_annotations") {
            let annotations = node.as_object_mut().and_then(|object| object.get_mut("annotations"));
            if let Some(value) = annotations.and_then(Json::as_object_mut).and_then(|a| a.get_mut(name)) {
                *value = other(value);
                done.push(format!("{place}/annotations/{}", name.replace('/', "~1")));
            }
        }
        for name in texts(rule, "keep_reason_of") {
            let Some(Json::Obj(states)) = node.as_object_mut().and_then(|object| object.get_mut(name)) else {
                continue;
            };
            for (state, details) in states.iter_mut() {
                for (key, value) in details.as_object_mut().into_iter().flat_map(Object::iter_mut) {
                    if key != "reason" {
                        *value = other(value);
                        done.push(format!("{place}/{name}/{state}/{key}"));
                    }
                }
            }
        }
        if let (Some(_), Json::Arr(items)) = (rule.get("sort"), &mut *node) {
            items.reverse();
        }
        if let (Some(_), Json::Arr(entries)) = (rule.get("managed_fields"), &mut *node) {
            entries.iter_mut().for_each(rewrite_entry);
            entries.reverse();
            done.push(place);
        }
    }
    done
}

fn rewrite_entry(entry: &mut Json<'static>) {
    let Json::Obj(entry) = entry else { return };
    let owns = |entry: &Object<'_>, name: &str| entry.get("fieldsV1").is_some_and(|f| f.get(name).is_some());
    let more = entry
        .get("fieldsV1")
        .and_then(Json::as_object)
        .is_some_and(|fields| fields.iter().any(|(name, _)| name != "f:metadata" && name != "f:status"));
    if !more || owns(entry, "f:status") {
        entry.insert("time", Json::str("2001-01-01T00:00:00Z"));
    }
    entry.insert("apiVersion", Json::str("rewritten/v1"));
    if let Some(Json::Obj(fields)) = entry.get_mut("fieldsV1")
        && let Some(metadata) = fields.get_mut("f:metadata")
    {
        *metadata = Json::object([("f:rewritten", Json::object::<&str>([]))]);
    }
}

/// Rewrites all that the list lets go. Returns how often each rule did something.
fn rewrite_all(documents: &mut [(String, Vec<Json<'static>>)]) -> BTreeMap<String, usize> {
    let list = normalisation_json();
    let mut counts = BTreeMap::new();
    for value in documents.iter_mut().flat_map(|(_, values)| values) {
        objects(value, &mut |body| {
            for rule in list.list(&["rules"]) {
                let done = rewrite(rule, body).len();
                let name = format!("{} {}", rule.text(&["at"]).unwrap(), rule.text(&["why"]).unwrap());
                *counts.entry(name).or_insert(0) += done;
            }
        });
    }
    counts
}

#[test]
fn rewriting_the_list_in_harvester_changes_nothing() {
    let Some(path) = corpus(HARVESTER) else { return };
    let files = files(&path).0;
    let mut documents = documents(&files);
    let counts = rewrite_all(&mut documents);
    let used: Vec<_> = counts.iter().filter(|(_, count)| **count > 0).collect();
    assert!(used.len() >= 15, "{used:?}");
    assert!(used.iter().map(|(_, count)| **count).sum::<usize>() > 3_000, "{used:?}");
    assert_eq!(root(&to_files(&documents)), root(&files));
}

#[test]
fn rewriting_the_list_in_the_scale_set_changes_nothing() {
    let Some(path) = corpus(SCALE) else { return };
    let files = files(&path).0;
    let mut documents = documents(&files);
    let counts = rewrite_all(&mut documents);
    assert!(counts.values().sum::<usize>() > 100_000, "{counts:?}");
    assert_eq!(root(&to_files(&documents)), root(&files));
}

/// Every scalar of an object, by pointer.
fn scalars(value: &Json<'_>, at: &str, out: &mut Vec<String>) {
    let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match value {
        Json::Obj(object) => object.iter().for_each(|(name, child)| scalars(child, &below(name), out)),
        Json::Arr(items) => {
            items.iter().enumerate().for_each(|(n, child)| scalars(child, &below(&n.to_string()), out));
        }
        _ => out.push(at.to_string()),
    }
}

/// A small generator (splitmix64): the seed is all there is to a run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// Takes random scalars that the list does not name and rewrites one at a time.
fn rewrite_others(corpus_path: &str, times: usize, seed: u64) {
    let Some(path) = corpus(corpus_path) else { return };
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut bodies = Vec::new();
    for (_, values) in &mut documents(&files(&path).0) {
        values.iter_mut().for_each(|value| objects(value, &mut |body| bodies.push(body.clone())));
    }
    let list = normalisation_json();
    let single = |body: &Json<'static>| try_seal(settings(), &[("a.json".into(), body.canonical())]).unwrap();
    let mut done = 0;
    while done < times {
        let body = &bodies[random.below(bodies.len())];
        let before = single(body);
        if before.sealed.seal.items == 0 {
            continue; // left out
        }
        let mut named: BTreeSet<String> = BTreeSet::new();
        for rule in list.list(&["rules"]) {
            named.extend(rewrite(rule, &mut body.clone()));
        }
        named.extend(before.sealed.seal.withheld.iter().flat_map(|row| row.pointers.clone()));
        let mut all = Vec::new();
        scalars(body, "", &mut all);
        let pointer = &all[random.below(all.len())];
        let below = |name: &String| pointer == name || pointer.starts_with(&format!("{name}/"));
        let kept = ["/manager", "/operation", "/subresource"].iter().any(|end| pointer.ends_with(end));
        if named.iter().any(below) && !(pointer.starts_with("/metadata/managedFields/") && kept) {
            continue;
        }
        let mut changed = body.clone();
        let value = find(&mut changed, pointer).unwrap();
        *value = other(value);
        assert_ne!(single(&changed).sealed.seal.root, before.sealed.seal.root, "{pointer} of {body:?}");
        done += 1;
    }
}

#[test]
fn rewriting_anything_else_in_harvester_changes_the_root() {
    rewrite_others(HARVESTER, 1_000, 20_261_124);
}

#[test]
fn rewriting_anything_else_in_the_scale_set_changes_the_root() {
    rewrite_others(SCALE, 1_000, 20_261_124);
}
