//! The example goes around: what is declared is applied to a real API server, and what that returns says the same.
//!
//! The shipped dump is such a recording, so the comparison runs without a server too: nobody changes the description or
//! the dump alone.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod round_trip;
#[path = "round_trip/example.rs"]
mod served;

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_model::Instant;
use nachweis_testkit::cluster::{assets, platform_cluster, raise};
use nachweis_testkit::fintech::{Manifests, manifests, record};
use nachweis_testkit::{
    Bodies, Entries, Kept, Options, example, example_overlay, kind, resolve, seal, seal_live,
};
use round_trip::{Difference, compare, verdicts};
use served::{LIVE, MADE, SERVED};

fn declared(platform: &Manifests, at: Instant) -> Kept {
    seal(&platform.entries(), &Options { at: Some(at), ..Options::default() }.complete(&["all"])).unwrap()
}

/// The same without pods of operators: where no pod is declared, templates stand for pods.
fn templates(platform: &Manifests, at: Instant) -> Kept {
    let objects = platform.objects.iter().filter(|object| object["kind"] != "Pod").cloned().collect();
    declared(
        &Manifests {
            objects,
            stand_ins: Vec::new(),
            cluster: String::new(),
            documents: platform.documents.clone(),
        },
        at,
    )
}

fn member<'j>(body: &'j Json<'static>, words: &[&str]) -> &'j Json<'static> {
    body.at(words).unwrap_or(&Json::Null)
}

/// The id of an object's controller.
fn controller(id: &str, body: &Json<'static>) -> Option<String> {
    let namespace = id.split('/').nth(3)?;
    body.list(&["metadata", "ownerReferences"]).iter().find_map(|owner| {
        let (version, kind) = (owner.text(&["apiVersion"])?, owner.text(&["kind"])?);
        let group = version.split_once('/').map_or("", |(group, _)| group);
        Some(format!("kubernetes/{group}/{kind}/{namespace}/{}", owner.text(&["name"])?))
    })
}

/// For each pod and replica set the declared object whose template it was made from.
fn made_by(declared: &Bodies, served: &Bodies) -> BTreeMap<String, String> {
    let mut made = BTreeMap::new();
    for (id, body) in served.iter().filter(|(id, _)| ["Pod", "ReplicaSet"].contains(&kind(id))) {
        let mut owner = controller(id, body);
        while let Some(next) =
            owner.as_ref().filter(|id| !declared.contains_key(*id)).and_then(|id| served.get(id))
        {
            owner = controller(owner.as_ref().unwrap(), next);
        }
        if let Some(owner) = owner.filter(|_| !declared.contains_key(id)) {
            made.insert(id.clone(), owner);
        }
    }
    made
}

/// The declared items, and for what was made from a template what that says.
fn with_templates(mut declared: Bodies, made: &BTreeMap<String, String>, served: &Bodies) -> Bodies {
    for (id, owner) in made {
        let template = member(&declared[owner], &["spec", "template"]);
        let mut body = served[id].clone();
        let members = body.as_object_mut().unwrap();
        if kind(id) == "Pod" {
            members.remove("status");
            members.insert("spec", member(template, &["spec"]).clone());
            let metadata = members.get_mut("metadata").unwrap().as_object_mut().unwrap();
            metadata.insert("labels", member(template, &["metadata", "labels"]).clone());
            metadata.remove("annotations");
        } else {
            members.remove("status");
            let spec = members.get_mut("spec").unwrap().as_object_mut().unwrap();
            spec.insert("template", template.clone());
        }
        declared.insert(id.clone(), body);
    }
    declared
}

/// Everything that is served and not declared has its row, and every row is needed.
fn nothing_else(declared: &Bodies, served: &Bodies) {
    let fits = |pattern: &str, id: &str| {
        let (pattern, id): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), id.split('/').collect());
        pattern.len() == id.len()
            && pattern.iter().zip(&id).all(|(word, part)| match word.strip_suffix('*') {
                Some(prefix) => part.starts_with(prefix),
                None => word == part,
            })
    };
    let mut used = BTreeSet::new();
    let mut unknown = Vec::new();
    for id in served.keys().filter(|id| !declared.contains_key(*id)) {
        match MADE.iter().position(|(pattern, _)| fits(pattern, id)) {
            Some(row) => _ = used.insert(row),
            None => unknown.push(id.clone()),
        }
    }
    assert!(unknown.is_empty(), "{} are served, and nobody says why:\n{}", unknown.len(), unknown.join("\n"));
    let idle: Vec<_> = (0..MADE.len()).filter(|row| !used.contains(row)).map(|row| MADE[row]).collect();
    assert!(idle.is_empty(), "rows without an object: {idle:#?}");
}

/// Compares what is declared with what was served, and the verdicts on both.
fn round_trip(platform: &Manifests, served: &Kept, lists: &[&[Difference]]) {
    let at = served.sealed.seal.collected_to;
    let (declared, bodies) = (declared(platform, at).bodies(), served.bodies());
    let made = made_by(&declared, &bodies);
    let pods = made.keys().filter(|id| kind(id) == "Pod").count();
    assert_eq!(pods, 101, "pods made from templates");
    nothing_else(&declared, &bodies);
    compare(&with_templates(declared, &made, &bodies), &bodies, lists);
    let compared = verdicts(&templates(platform, at), served, &example_overlay(), &made);
    // Both sides speak of pods, roles and operators; of the others one side is still indeterminate.
    for (control, least) in
        [("privileged-containers", 100), ("secret-wildcard-roles", 37), ("binding-subjects", 40)]
    {
        assert!(compared[control] >= least, "{control}: {compared:?}");
    }
}

fn table(kept: &Kept) -> Vec<(String, String)> {
    let rows = resolve(&kept.assess(&example_overlay()), &kept.names());
    rows.into_iter().map(|(control, row)| (control, row.short())).collect()
}

fn shipped() -> Kept {
    seal(&Entries::read(&example()), &Options::default()).unwrap()
}

#[test]
fn the_shipped_dump_says_what_its_description_says() {
    let shipped = shipped();
    let system = &shipped.bodies()["kubernetes//Namespace//kube-system"];
    let born = system.text(&["metadata", "creationTimestamp"]).unwrap().parse().unwrap();
    round_trip(&manifests(born), &shipped, &[SERVED]);
}

#[test]
fn nothing_in_the_shipped_dump_is_younger_than_it() {
    let shipped = shipped();
    let at = shipped.sealed.seal.collected_to;
    for (id, body) in &shipped.bodies() {
        let created = body.text(&["metadata", "creationTimestamp"]);
        assert!(created.is_none_or(|created| created.parse::<Instant>().unwrap() <= at), "{id}: {created:?}");
    }
    let bytes: usize = Entries::read(&example()).files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 1_500_000, "{bytes} bytes");
}

#[test]
fn a_new_recording_says_the_same() {
    let Some(assets) = assets() else { return };
    let (cluster, platform) = platform_cluster(&assets);
    raise(&cluster, &platform);
    let live = seal_live(&cluster.kubeconfig(&cluster.admin_login()), &platform.documents);
    let recording = record(&cluster, &platform);
    drop(cluster);
    round_trip(&platform, &live, &[SERVED, LIVE]);
    // Nothing closes the documents that lie beside a live cluster.
    let of_objects = |kept: &Kept| -> Vec<_> {
        let beside = ["addon-sboms", "audit-policy-levels"];
        table(kept).into_iter().filter(|(control, _)| !beside.contains(&control.as_str())).collect()
    };
    assert_eq!(of_objects(&live), of_objects(&shipped()));

    let files = recording.files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect();
    let recorded = seal(&Entries { files, unread: Vec::new() }, &Options::default()).unwrap();
    assert_eq!(recorded.names(), live.names());
    compare(&recorded.bodies(), &live.bodies(), &[LIVE]);
    assert_eq!(table(&recorded), table(&shipped()));
}
