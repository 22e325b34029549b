//! The example goes around: what is declared is applied to a real API server, and what that returns says the same.
//!
//! The shipped dump is such a recording, so the comparison runs without a server too.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod round_trip;

use nachweis_testkit::cluster::{Options as ClusterOptions, assets, example_cluster, manifests, raise};
use nachweis_testkit::{
    Entries, Kept, Options, example, example_manifests, example_overlay, example_stand_ins, resolve, seal,
    seal_live,
};
use round_trip::{compare, verdicts};

/// Where the served object may differ from the declared one: kinds, and pointers with `+` for added, `~` for changed,
/// `-` for removed. `*` stands for any kind and for elements of lists.
const SERVED: &[(&str, &str)] = &[
    ("Namespace", "+/spec"),
    (
        "CronJob CustomResourceDefinition DaemonSet Deployment Job Namespace PersistentVolume PersistentVolumeClaim Pod PodDisruptionBudget ResourceQuota Service StatefulSet",
        "+/status",
    ),
    ("DaemonSet Deployment PersistentVolumeClaim Pod", "+/metadata/annotations"),
    ("*", "+/metadata/creationTimestamp"),
    ("PersistentVolume PersistentVolumeClaim", "+/metadata/finalizers"),
    ("*", "+/metadata/uid"),
    ("Service", "+/spec/allocateLoadBalancerNodePorts"),
    ("Job", "+/spec/completionMode"),
    ("Pod", "+/spec/enableServiceLinks"),
    ("Service", "+/spec/externalTrafficPolicy"),
    ("Job", "+/spec/manualSelector"),
    ("Pod", "+/spec/nodeName"),
    ("StatefulSet", "+/spec/persistentVolumeClaimRetentionPolicy"),
    ("Job", "+/spec/podReplacementPolicy"),
    ("Pod", "+/spec/preemptionPolicy"),
    ("Pod", "+/spec/priority"),
    ("CSIDriver", "+/spec/requiresRepublish"),
    ("StatefulSet", "+/spec/revisionHistoryLimit"),
    ("CSIDriver", "+/spec/seLinuxMount"),
    ("Job", "+/spec/selector"),
    ("Pod", "+/spec/serviceAccount"),
    ("Pod", "+/spec/tolerations"),
    ("Pod", "+/spec/volumes"),
    ("Node", "+/status/daemonEndpoints"),
    ("Node", "+/metadata/labels/beta.kubernetes.io~1arch"),
    ("Node", "+/metadata/labels/beta.kubernetes.io~1os"),
    ("Pod", "+/metadata/labels/topology.kubernetes.io~1region"),
    ("Pod", "+/metadata/labels/topology.kubernetes.io~1zone"),
    ("PersistentVolume", "+/spec/claimRef/uid"),
    ("CronJob", "+/spec/jobTemplate/metadata"),
    ("MutatingWebhookConfiguration", "+/webhooks/*/reinvocationPolicy"),
    ("Job Pod Secret", "+/metadata/ownerReferences/*/uid"),
    ("Pod", "+/spec/containers/*/volumeMounts"),
    ("LimitRange", "+/spec/limits/*/default"),
    ("LimitRange", "+/spec/limits/*/defaultRequest"),
    ("Service", "+/spec/ports/*/nodePort"),
    ("DaemonSet Deployment Job StatefulSet", "+/spec/template/spec/serviceAccount"),
    ("DaemonSet", "+/spec/updateStrategy/rollingUpdate/maxSurge"),
    ("StatefulSet", "+/spec/volumeClaimTemplates/*/status"),
    ("Job", "+/spec/template/metadata/labels/batch.kubernetes.io~1controller-uid"),
    ("Job", "+/spec/template/metadata/labels/batch.kubernetes.io~1job-name"),
    ("Job", "+/spec/template/metadata/labels/controller-uid"),
    ("Job", "+/spec/template/metadata/labels/job-name"),
    ("Pod", "+/spec/containers/*/resources/limits/cpu"),
    ("CronJob", "+/spec/jobTemplate/spec/template/spec/serviceAccount"),
    ("Deployment StatefulSet", "+/spec/template/spec/containers/*/livenessProbe/failureThreshold"),
    ("Deployment StatefulSet", "+/spec/template/spec/containers/*/livenessProbe/successThreshold"),
    ("Deployment StatefulSet", "+/spec/template/spec/containers/*/readinessProbe/failureThreshold"),
    ("Deployment StatefulSet", "+/spec/template/spec/containers/*/readinessProbe/successThreshold"),
];

fn declared() -> Kept {
    let mut entries = Entries::read(&example_manifests());
    let dump = Entries::read(&example());
    // The evidence beside the objects is the same.
    entries.files.extend(dump.files.into_iter().filter(|(path, _)| path.starts_with("evidence/")));
    let at = "2026-11-24T10:00:00Z".parse().unwrap();
    seal(&entries, &Options { at: Some(at), ..Options::default() }.complete(&["all"])).unwrap()
}

#[test]
fn the_shipped_dump_says_what_its_manifests_say() {
    let (declared, dump) = (declared(), seal(&Entries::read(&example()), &Options::default()).unwrap());
    compare(&declared.bodies(), &dump.bodies(), SERVED);
    verdicts(&declared, &dump, &example_overlay());
}

#[test]
fn a_new_recording_says_the_same_and_gives_the_same_table() {
    let Some(assets) = assets() else { return };
    let cluster = example_cluster(&assets, ClusterOptions::default());
    raise(&cluster, &manifests(&example_manifests()), &manifests(&example_stand_ins()));
    let shipped = Entries::read(&example());
    let evidence: Vec<_> =
        shipped.files.iter().filter(|(path, _)| path.starts_with("evidence/")).cloned().collect();
    let (declared, live) = (declared(), seal_live(&cluster.kubeconfig(&cluster.admin_login()), &evidence));
    // The recording is without it, as `kubectl get` shows objects.
    let served = [SERVED, &[("*", "+/metadata/managedFields")]].concat();
    compare(&declared.bodies(), &live.bodies(), &served);
    verdicts(&declared, &live, &example_overlay());

    // The table of the shipped recording comes again; names of pods differ.
    let shipped = seal(&shipped, &Options::default()).unwrap();
    let table = |kept: &Kept| -> Vec<(String, String)> {
        let rows = resolve(&kept.assess(&example_overlay()), &kept.names());
        rows.into_iter().map(|(control, row)| (control, row.short())).collect()
    };
    let of_objects = |table: Vec<(String, String)>| -> Vec<(String, String)> {
        // Bills of materials and the audit policy are declared beside the cluster, without a row that closes them here.
        table
            .into_iter()
            .filter(|(control, _)| control != "addon-sboms" && control != "audit-policy-levels")
            .collect()
    };
    assert_eq!(of_objects(table(&live)), of_objects(table(&shipped)));
}
