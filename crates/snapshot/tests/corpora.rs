//! Real clusters: the numbers that are known of them from outside.
#![allow(clippy::unwrap_used)]

mod common;

use common::{complete, corpus, files, seal, settings};
use nachweis_model::seal::{IdentitySource, InstantSource};
use nachweis_snapshot::coverage::{Coverage, Scope};

const HARVESTER: &str = "clusters/harvester-rke2-v1.21-2022-03-22.tar.gz";
const MOJ: &str = "clusters/moj-live-2026-01-30.tar.gz";
const SCALE: &str = "clusters/kwok-scale-15267-objects.json.zip";

#[test]
fn harvester() {
    let Some(path) = corpus(HARVESTER) else { return };
    let (files, unread) = files(&path);
    assert_eq!(unread, []);
    let kept = seal(settings(), &files);
    let seal = &kept.sealed.seal;
    // 1,246 documents, 10 of them second listings: 1,236 items, 80 of them left out.
    assert_eq!(seal.items, 1156);
    assert_eq!(seal.kinds.len(), 83);
    let left_out: Vec<_> = seal.left_out.iter().map(|row| (&*row.group, &*row.kind, row.count)).collect();
    assert_eq!(
        left_out,
        [
            ("", "Event", 9),
            ("coordination.k8s.io", "Lease", 11),
            ("metrics.k8s.io", "NodeMetrics", 1),
            ("metrics.k8s.io", "PodMetrics", 59),
        ]
    );
    assert_eq!(seal.items + left_out.iter().map(|row| row.2).sum::<u64>(), 1236);
    let alias = &seal.aliases[..];
    assert_eq!(alias.len(), 1);
    assert_eq!((&*alias[0].group, &*alias[0].kind), ("extensions", "Ingress"));
    let ids = kept.ids();
    assert_eq!(
        ids[alias[0].item as usize],
        "kubernetes/networking.k8s.io/Ingress/cattle-system/rancher-expose"
    );
    assert_eq!(seal.conflicts, []);
    assert_eq!(seal.unread, []);
    assert_eq!(seal.defaulted_namespaces, 0);
    assert_eq!(seal.identity_source, IdentitySource::Dump);
    assert_eq!(seal.cluster.version.as_deref(), Some("v1.21.7+rke2r1"));
    assert!(seal.cluster.uid.is_some());
}

#[test]
fn harvester_knows_its_own_instant() {
    let Some(path) = corpus(HARVESTER) else { return };
    let kept = seal(nachweis_snapshot::Settings { at: None, ..settings() }, &files(&path).0);
    assert_eq!(kept.sealed.seal.instant_source, InstantSource::DumpMetadata);
    assert_eq!(kept.sealed.seal.collected_to.to_string(), "2022-03-22T23:49:32Z");
}

#[test]
fn harvester_closes_no_namespaced_kind() {
    let Some(path) = corpus(HARVESTER) else { return };
    let kept = seal(settings(), &files(&path).0);
    let snapshot = kept.open();
    let namespaces = snapshot.namespaces().unwrap();
    assert_eq!(namespaces.len(), 18);
    let coverage = Coverage::new(snapshot.seal(), namespaces);
    for cluster in ["namespaces", "nodes", "clusterroles.rbac.authorization.k8s.io"] {
        assert!(coverage.closed(cluster, Scope::Cluster), "{cluster}");
    }
    let mut closed = 0;
    for row in snapshot.seal().collections.iter().filter(|row| row.scope != "*") {
        assert!(!coverage.closed(&row.resource, Scope::Cluster), "{}", row.resource);
        closed += u32::from(coverage.closed_in(&row.resource, &row.scope));
    }
    assert!(closed > 500, "{closed}");
    assert!(
        coverage.closed_in("pods", "longhorn-system") && !coverage.closed_in("pods", "cattle-fleet-system")
    );
    assert_eq!(coverage.open_namespaces("pods").len(), 8);
    // An empty list was collected and is empty.
    let row = kept.row("horizontalpodautoscalers.autoscaling", "cattle-dashboards").unwrap();
    assert_eq!((row.status.as_str(), row.count), ("complete", 0));
    assert_eq!(kept.status("leases.coordination.k8s.io", "kube-system"), "partial");
    assert_eq!(kept.status("customresourcedefinitions.apiextensions.k8s.io", "*"), "none");
}

#[test]
fn moj() {
    let Some(path) = corpus(MOJ) else { return };
    let (files, _) = files(&path);
    let kept = seal(settings(), &files);
    let seal = &kept.sealed.seal;
    assert_eq!(seal.items, 10_651);
    assert_eq!(seal.identity_source, IdentitySource::Declared);
    let unread: Vec<_> = seal.unread.iter().map(|u| (&*u.file, &*u.reason)).collect();
    assert_eq!(unread, [("monitoring/oidc-components-secret.yaml", "git-crypt")]);
    let coverage = Coverage::new(seal, kept.open().namespaces().unwrap());
    assert!(seal.collections.iter().all(|row| !coverage.closed(&row.resource, Scope::Cluster)));
    // 21 CronJobs, 12 ServiceMonitors and 3 ConfigMaps name no namespace.
    assert_eq!(seal.defaulted_namespaces, 36);
    let ids = kept.ids();
    let conflicts: Vec<_> = seal.conflicts.iter().map(|c| (&*ids[c.item as usize], c.bodies.len())).collect();
    assert!(conflicts.contains(&("kubernetes/batch/CronJob/default/check-certs-expiry", 3)), "{conflicts:?}");
}

#[test]
fn moj_is_closed_by_the_operator_only_if_every_file_is_accounted_for() {
    let Some(path) = corpus(MOJ) else { return };
    let (files, _) = files(&path);
    let mut declared = complete(&["all"]);
    let kept = seal(declared.clone(), &files);
    assert_eq!(kept.status("networkpolicies.networking.k8s.io", "*"), "partial");
    let detail = kept.row("networkpolicies.networking.k8s.io", "*").unwrap().detail.clone().unwrap();
    assert!(detail.contains("monitoring/oidc-components-secret.yaml"), "{detail}");
    let closed = kept.sealed.seal.collections.iter().filter(|row| row.status.closes()).count();
    assert_eq!(closed, 0);

    declared.ignore = vec!["monitoring/oidc-components-secret.yaml".into()];
    let kept = seal(declared, &files);
    assert!(kept.sealed.seal.unread[0].ignored);
    for resource in [
        "networkpolicies.networking.k8s.io",
        "namespaces",
        "limitranges",
        "networkpolicies.projectcalico.org",
    ] {
        assert_eq!(kept.status(resource, "*"), "complete", "{resource}");
    }
    for made in ["pods", "nodes", "replicasets.apps", "endpointslices.discovery.k8s.io", "backups.velero.io"]
    {
        assert_eq!(kept.status(made, "*"), "none", "{made}");
    }
}

#[test]
fn scale() {
    let Some(path) = corpus(SCALE) else { return };
    let kept = seal(settings(), &files(&path).0);
    assert_eq!(kept.sealed.seal.items, 15_267);
    assert_eq!(kept.sealed.seal.kinds.len(), 7);
    assert_eq!(kept.sealed.seal.unread, []);
    let pods = kept.row("pods", "*").unwrap();
    assert_eq!((pods.count, pods.status.as_str()), (14_651, "partial"));
}
