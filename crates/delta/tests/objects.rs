//! Objects and collections: what is gone is told from what is only not seen.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Held, diff, found, mirrors, platform};
use nachweis_canon::Json;
use nachweis_delta::{Class, Fate, Presence};
use nachweis_model::seal::CollectionStatus;
use nachweis_testkit::{Platform, json};

const POLICIES: &str = "networkpolicies.networking.k8s.io";

fn without_policies(status: Option<&'static str>) -> Platform {
    let mut platform = platform();
    assert!(platform.remove_where(|object| object.text(&["kind"]) == Some("NetworkPolicy")) > 0);
    match status {
        None => platform.recount(),
        Some(status) => {
            for row in platform.rows().unwrap() {
                if row.text(&["resource"]) == Some(POLICIES) {
                    let members = row.as_object_mut().unwrap();
                    members.insert("status", Json::str(status));
                    members.insert("count", Json::Int(0));
                }
            }
        }
    }
    platform
}

#[test]
fn a_kind_that_is_not_collected_any_more_is_not_removed() {
    let old = Held::of(&platform());
    for (status, sealed) in [("denied", CollectionStatus::Denied), ("error", CollectionStatus::Error)] {
        let new = Held::of(&without_policies(Some(status)));
        let delta = diff(&old, &new);
        assert!(delta.objects.vanished > 0);
        assert!(delta.objects.items.iter().all(|object| object.fate == Fate::NotSeen), "{status}");
        let row = delta.objects.kinds.iter().find(|kind| kind.resource == POLICIES).unwrap();
        assert_eq!((row.removed, row.not_seen), (0, delta.objects.vanished));
        let change = delta.objects.collections.iter().find(|row| row.resource == POLICIES).unwrap();
        assert_eq!((change.old, change.new), (CollectionStatus::Complete, sealed));
        let back = diff(&new, &old);
        assert!(back.objects.items.iter().all(|object| object.fate == Fate::NewlySeen));
        mirrors(&old, &new);
    }
    let emptied = diff(&old, &Held::of(&without_policies(None)));
    assert!(emptied.objects.items.iter().all(|object| object.fate == Fate::Removed));
    assert!(emptied.objects.collections.is_empty());
    assert_eq!(found(&emptied, "network-policy-coverage").class, Class::Changed);
}

#[test]
fn items_that_appeared_vanished_and_changed_are_told_apart() {
    let old = Held::of(&platform());
    let mut changed = platform();
    let pods: Vec<_> = changed
        .of_kind("Pod")
        .into_iter()
        .filter(|place| changed.object(*place).text(&["metadata", "namespace"]) == Some("payments"))
        .collect();
    let mut twin = changed.object(pods[0]).clone();
    let metadata = nachweis_testkit::at(&mut twin, "/metadata").unwrap().as_object_mut().unwrap();
    metadata.insert("name", Json::str("twin"));
    metadata.insert("uid", Json::str("0b0e7a1c-3f0f-4b7e-8d3f-3b0d5f6f7a11"));
    changed.edit(pods[1], |pod| {
        nachweis_testkit::set(
            pod,
            "/spec/containers/0",
            "image",
            Json::str("registry.pay.example/api:latest"),
        );
    });
    changed.remove(pods[2]);
    changed.add("namespaces/payments/twin.yaml", vec![twin]);
    changed.recount();
    let new = Held::of(&changed);
    let delta = diff(&old, &new);
    assert_eq!((delta.objects.appeared, delta.objects.vanished, delta.objects.changed), (1, 1, 1));
    let tags = found(&delta, "production-image-tags");
    let mut seen: Vec<(Presence, &str, &str)> =
        tags.items.iter().map(|item| (item.presence, item.old.word(), item.new.word())).collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            (Presence::Appeared, "outside", "covered"),
            (Presence::Vanished, "covered", "outside"),
            (Presence::Changed, "covered", "uncovered"),
        ]
    );
    let paths = delta.objects.items.iter().find_map(|object| object.paths.as_ref()).unwrap();
    assert_eq!(paths.changes.len(), 1);
    assert_eq!(paths.changes[0].pointer, "/spec/containers/0/image");
    assert_eq!(paths.changes[0].new.as_ref().unwrap().text, "\"registry.pay.example/api:latest\"");
    mirrors(&old, &new);
}

#[test]
fn secret_values_are_not_in_a_delta() {
    let secret = |key: &str| {
        let text = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"payments","name":"db"},"data":{"KEY":"aHVudGVyMg=="}}"#;
        json(&text.replace("KEY", key))
    };
    let (mut before, mut after) = (platform(), platform());
    before.add("namespaces/payments/db.yaml", vec![secret("password")]);
    after.add("namespaces/payments/db.yaml", vec![secret("passphrase")]);
    let (old, new) = (Held::of(&before), Held::of(&after));
    let delta = diff(&old, &new);
    let paths = delta.objects.items[0].paths.as_ref().unwrap();
    assert_eq!(paths.changes.len(), 2);
    for change in &paths.changes {
        assert!(change.pointer.starts_with("/data/pass"));
        assert!(change.old.iter().chain(&change.new).all(|shown| shown.withheld && shown.text.is_empty()));
    }
    let bytes = nachweis_canon::canonical_bytes(&delta);
    assert!(!String::from_utf8(bytes).unwrap().contains("aHVudGVyMg"));
    mirrors(&old, &new);
}
