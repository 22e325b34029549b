//! Goal: the snapshot is the cluster: every listable resource, every object, and the server's own names and clock.

use std::collections::BTreeSet;

use nachweis_model::seal::{CollectionBasis, CollectionStatus, IdentitySource, InstantSource};
use nachweis_testkit::changed;
use nachweis_testkit::cluster::{Cluster, Options, assets, preferred};
use serde_json::{Value, json};

use super::help::{config_maps, definition, settings, settled, take};

#[test]
fn everything_that_is_served_and_nothing_of_a_secret() {
    let Some(assets) = assets() else { return };
    let mut cluster = Cluster::start(&assets, Options { audit: true, ..Options::default() });
    let admin = cluster.admin();
    admin.create(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        &definition("widgets", "Widget", &["v1", "v1beta1"], None),
    );
    cluster.wait("the definition", |api| api.get("/apis/test.example.org/v1/widgets").good());
    admin.create(
        "/apis/test.example.org/v1/namespaces/default/widgets",
        &json!({"apiVersion": "test.example.org/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {"a": 1}}),
    );
    // More than one page.
    config_maps(&cluster, "map", 1203, 10);
    cluster.kubectl(&["create", "secret", "generic", "login", "--from-literal=password=hunter2-value"]);
    let applied = cluster.home().join("applied.yaml");
    std::fs::write(
        &applied,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: applied, namespace: default}\nstringData: {p: hunter3-value}\n",
    )
    .unwrap();
    cluster.kubectl(&["apply", "-f", applied.to_str().unwrap()]);

    let mut given = Vec::new();
    let settings = settings(cluster.kubeconfig(&cluster.admin_login()));
    settled(&settings);
    let taken = super::help::take_with(&settings, &mut |event| {
        if let nachweis_collect::live::Event::Page { listing, bytes, .. } = event
            && listing.plural == "secrets"
        {
            given.extend_from_slice(bytes);
        }
    })
    .unwrap();

    let seal = &taken.kept.sealed.seal;
    assert_eq!(seal.identity_source, IdentitySource::Live);
    assert_eq!(seal.instant_source, InstantSource::ApiServer);
    let kube_system = admin.get("/api/v1/namespaces/kube-system").json();
    assert_eq!(seal.cluster.uid.as_deref(), kube_system["metadata"]["uid"].as_str());
    assert_eq!(seal.cluster.version.as_deref(), Some("v1.36.3"));
    let server = seal.server.as_ref().unwrap();
    assert!(server.readyz.as_ref().unwrap().iter().any(|check| check.name == "etcd" && check.ok));
    assert_eq!(taken.open(), Default::default());
    assert!(seal.unread.is_empty(), "{:?}", seal.unread);
    assert_eq!((&taken.denied, taken.interrupted), (&Vec::new(), None));

    // Every listable resource has a row with the count that kubectl's way of asking gives.
    let mut keys = BTreeSet::new();
    for resource in preferred(&admin) {
        let row = taken.row(&resource.key());
        keys.insert(resource.key());
        if row.status == CollectionStatus::NotCollected {
            assert!(
                ["events", "events.events.k8s.io", "leases.coordination.k8s.io"].contains(&&*row.resource)
            );
            continue;
        }
        assert_eq!((row.status, row.basis), (CollectionStatus::Complete, CollectionBasis::Collector));
        let there = admin.items(&resource.path("")).len() as u64;
        assert_eq!(row.count, there, "{}", resource.key());
        // Component statuses are asked of the components: no store has them.
        let stored = resource.key() != "componentstatuses";
        assert_eq!(row.resource_version.is_some(), stored, "{}", resource.key());
    }
    assert!(keys.contains("widgets.test.example.org"));
    assert_eq!(taken.row("configmaps").count, 1203 + admin_maps(&admin.items("/api/v1/configmaps")));
    assert_eq!(taken.row("backups.velero.io").status, CollectionStatus::NotServed);

    // Secrets came as metadata. What kubectl copied into an annotation is not sealed either.
    let arrived = String::from_utf8(given).unwrap();
    assert!(arrived.contains("PartialObjectMetadataList") && arrived.contains("\"login\""));
    assert!(!arrived.contains("aHVudGVyMi12YWx1ZQ") && !arrived.contains("hunter2"));
    let names = taken.kept.names();
    assert!(names.iter().any(|name| name == "kubernetes//Secret/default/login"), "{names:?}");
    let snapshot = taken.kept.open();
    let mut secrets = 0;
    let mut seen = |item: nachweis_snapshot::Item<'_>| -> Result<(), std::convert::Infallible> {
        let text = String::from_utf8(item.line.to_vec()).unwrap();
        assert!(!text.contains("hunter") && !text.contains("aHVudGVy"), "{text}");
        if item.id.kind == "Secret" {
            secrets += 1;
            assert!(text.contains(r#""data":"nachweis:withheld""#), "{text}");
        }
        Ok(())
    };
    snapshot.read(&|_, _| true, &mut seen).unwrap();
    assert_eq!(secrets, 2);
    assert_eq!(seal.withheld.len(), 2);

    // The same cluster, the same items; the server's own log knows of lists, single gets and reviews only.
    let before = cluster.audit().len();
    let again = take(&settings);
    assert_eq!(changed(&again.kept.bodies(), &taken.kept.bodies()), [""; 0]);
    assert_eq!(again.kept.sealed.seal.root, seal.root);
    assert_eq!(again.kept.sealed.layers[1..], taken.kept.sealed.layers[1..]);
    let log = cluster.audit();
    let ours: Vec<&Value> = log[before..]
        .iter()
        .filter(|event| event["user"]["username"] == "admin" && event["userAgent"] != "kubectl")
        .collect();
    assert!(ours.len() > 100);
    for event in ours {
        let verb = event["verb"].as_str().unwrap();
        let review = verb == "create" && event["objectRef"]["resource"] == "selfsubjectaccessreviews";
        assert!(["get", "list"].contains(&verb) || review, "{event}");
    }
}

/// ConfigMaps that the test did not make.
fn admin_maps(all: &[Value]) -> u64 {
    all.iter().filter(|map| !map["metadata"]["name"].as_str().unwrap().starts_with("map-")).count() as u64
}
