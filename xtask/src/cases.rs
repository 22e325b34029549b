//! Runs the cases of the controls, and the example, through the same rooms as the program does.

use std::collections::BTreeMap;

use nachweis_evaluate::relations;
use nachweis_evaluate::{Inputs, assess};
use nachweis_model::Instant;
use nachweis_model::assessment::{Assessment, Finding};
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::control::Control;
use nachweis_oci::{Manifest, MemoryStore, media};
use nachweis_snapshot::{FileSpool, Ingest, Resources, Settings, Snapshot};
use serde::Deserialize;
use serde_json::Value;

use crate::files::{self, Files};
use crate::{example, release};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: String,
    covered: Option<u64>,
    total: Option<u64>,
    reasons: Option<BTreeMap<String, u64>>,
    excluded: Option<BTreeMap<String, u64>>,
    counts: Option<BTreeMap<String, u64>>,
    #[serde(default)]
    params: BTreeMap<String, Value>,
    as_of: Option<Instant>,
}

fn catalogue() -> Catalogue {
    let instant = "2026-11-24T00:00:00Z".parse().unwrap();
    release::catalogue(&files::root().join("catalog"), "0.0.0", instant).unwrap()
}

/// Seals files as if they lay in one folder, and assesses them.
fn run(input: &Files, catalogue: &Catalogue, overlay: &Overlay, as_of: Option<Instant>) -> Assessment {
    let store = MemoryStore::new();
    let settings = Settings { threads: 1, ..Settings::new("2026-11-20T06:00:00Z".parse().unwrap(), "cases") };
    let spool = FileSpool::new(std::io::Cursor::new(Vec::new()));
    let mut ingest = Ingest::new(settings, Resources::built_in(), spool);
    for (path, content) in input {
        ingest.entry(path, content.clone());
    }
    let sealed = ingest.finish(&store).unwrap();
    let manifest = Manifest { layers: sealed.layers.clone(), ..Manifest::artifact(media::SNAPSHOT) };
    let snapshot = Snapshot::open(&store, &manifest).unwrap();
    assert!(snapshot.seal().unread.is_empty(), "{:?}", snapshot.seal().unread);
    let as_of = as_of.unwrap_or(snapshot.seal().collected_to);
    assess(&Inputs { evidence: &snapshot, catalogue, overlay, packs: &[], as_of }).unwrap()
}

fn finding<'a>(assessment: &'a Assessment, control: &str) -> &'a Finding {
    assessment.findings.iter().find(|finding| finding.control == control).unwrap()
}

fn lengths(ranges: &BTreeMap<String, nachweis_model::Ranges>) -> BTreeMap<String, u64> {
    ranges.iter().map(|(code, items)| (code.clone(), items.len())).collect()
}

/// What differs between a case's finding and what its file expects.
fn differences(expected: &Expected, found: &Finding) -> Vec<String> {
    let mut out = Vec::new();
    let mut check = |what: &str, wanted: Option<String>, got: String| {
        if wanted.as_ref().is_some_and(|wanted| *wanted != got) {
            out.push(format!("{what}: expected {}, found {got}", wanted.unwrap_or_default()));
        }
    };
    check("verdict", Some(expected.verdict.clone()), found.verdict.as_str().to_string());
    check("covered", expected.covered.map(|n| n.to_string()), found.covered.to_string());
    check("total", expected.total.map(|n| n.to_string()), found.total.to_string());
    let map = |map: &BTreeMap<String, u64>| format!("{map:?}");
    check("reasons", expected.reasons.as_ref().map(map), map(&found.reasons));
    check("excluded", expected.excluded.as_ref().map(map), map(&lengths(&found.excluded)));
    check("counts", expected.counts.as_ref().map(map), map(&found.counts));
    out
}

#[test]
fn every_case_of_every_control_gives_what_it_expects() {
    let catalogue = catalogue();
    let controls = files::root().join("catalog/controls");
    let mut cases = 0;
    let mut wrong = Vec::new();
    for control in &catalogue.controls {
        let alone = Catalogue { controls: vec![control.clone()], ..catalogue.clone() };
        for case in std::fs::read_dir(controls.join(&control.id).join("cases")).unwrap() {
            let folder = case.unwrap().path();
            let expected: Expected = files::yaml(&folder.join("expected.yaml")).unwrap();
            let overlay = Overlay { params: expected.params.clone(), ..Overlay::default() };
            let assessment =
                run(&files::read_folder(&folder.join("input")).unwrap(), &alone, &overlay, expected.as_of);
            let found = differences(&expected, finding(&assessment, &control.id));
            let name = folder.strip_prefix(&controls).unwrap().display().to_string();
            wrong.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
            cases += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 50, "{cases} cases");
}

/// The committed example and its overlay.
fn example() -> (Files, Overlay) {
    let folder = files::root().join(example::FOLDER);
    let overlay = nachweis_catalog::overlay(&files::read_folder(&folder.join("overlay")).unwrap()).unwrap();
    (files::read_folder(&folder.join("dump")).unwrap(), overlay)
}

fn row(found: &Finding) -> String {
    let failing = found.groups.as_ref().map(|groups| format!(" in {}", groups.failing.join(" ")));
    let verdict = found.verdict.as_str();
    format!(
        "{} {verdict} {}/{}{} {:?}",
        found.control,
        found.covered,
        found.total,
        failing.unwrap_or_default(),
        found.reasons
    )
}

/// The ten rows of the issue that asked for the example, and two more, exactly.
#[test]
fn the_example_gives_the_published_figures() {
    let (dump, overlay) = example();
    let assessment = run(&dump, &catalogue(), &overlay, None);
    let rows: Vec<String> = assessment.findings.iter().map(row).collect();
    let expected = [
        "addon-sboms satisfied 4/4 {}",
        "audit-policy-levels satisfied 1/1 {}",
        "binding-subjects satisfied 40/40 {}",
        "mesh-mtls-strict not-satisfied 18/30 in tenant-aurora tenant-borealis tenant-cygnus {\"mode-permissive\": 12}",
        "network-policy-coverage not-satisfied 24/36 {\"not-selected\": 12}",
        "operator-image-digests satisfied 15/15 {}",
        "payment-path-budgets satisfied 4/4 {}",
        "privileged-containers satisfied 36/36 {}",
        "production-image-tags satisfied 33/33 {}",
        "resource-limits not-satisfied 35/36 {\"no-memory-limit\": 1}",
        "restore-tested not-satisfied 0/0 {\"no-restore-on-record\": 1}",
        "secret-wildcard-roles not-satisfied 35/37 {\"wildcard-on-everything\": 1, \"wildcard-on-secrets\": 1}",
    ];
    assert_eq!(rows.join("\n"), expected.join("\n"));
    let restore = finding(&assessment, "restore-tested");
    assert_eq!(restore.counts, BTreeMap::from([("backups".to_string(), 13), ("restores".to_string(), 0)]));
}

/// Replaces the first place below `after` in one file.
fn edit(files: &mut Files, file: &str, after: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[file].clone()).unwrap();
    let start = text.find(after).unwrap_or_else(|| panic!("{file} has no `{after}`"));
    let at =
        start + text[start..].find(from).unwrap_or_else(|| panic!("{file} has no `{from}` after `{after}`"));
    let changed = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
    files.insert(file.to_string(), changed.into_bytes());
}

/// Fails unless exactly the row of this control differs.
fn only(before: &Assessment, after: &Assessment, control: &str) {
    for (old, new) in before.findings.iter().zip(&after.findings) {
        assert_eq!(
            row(old) != row(new),
            old.control == control,
            "changed for {control}: {}\nnow {}",
            row(old),
            row(new)
        );
    }
}

/// Goal: a row depends on the objects that it speaks of, and on no other. Method: change one object, compare all rows.
#[test]
fn a_change_of_one_object_changes_one_row() {
    let (dump, overlay) = example();
    let catalogue = catalogue();
    let before = run(&dump, &catalogue, &overlay, None);
    let portal = "tenants/portal:5.9.3";
    let mut changed = dump.clone();
    let bill = String::from_utf8(dump["evidence/sboms/coredns.cdx.json"].clone()).unwrap();
    let digest = bill.split("\"content\": \"").nth(1).unwrap()[..64].to_string();
    changed.insert("evidence/sboms/coredns.cdx.json".into(), bill.replace(&digest, &"0".repeat(64)).into());
    only(&before, &run(&changed, &catalogue, &overlay, None), "addon-sboms");
    let changes = [
        (
            "audit-policy-levels",
            "evidence/audit-policy.yaml",
            "with request and response",
            "RequestResponse",
            "Metadata",
        ),
        (
            "binding-subjects",
            "cluster/clusterrolebindings.rbac.authorization.k8s.io.yaml",
            "",
            "oidc:internal-audit",
            "internal-audit",
        ),
        (
            "mesh-mtls-strict",
            "namespaces/tenant-cygnus/peerauthentications.security.istio.io.yaml",
            "",
            "PERMISSIVE",
            "STRICT",
        ),
        (
            "network-policy-coverage",
            "namespaces/tenant-borealis/networkpolicies.networking.k8s.io.yaml",
            "podSelector",
            "portal",
            "webhook-relay-2",
        ),
        (
            "operator-image-digests",
            "namespaces/kube-system/deployments.apps.yaml",
            "public.ecr.aws/karpenter",
            "@sha256:",
            "-",
        ),
        (
            "payment-path-budgets",
            "namespaces/payments/poddisruptionbudgets.policy.yaml",
            "minAvailable",
            "2",
            "0",
        ),
        ("production-image-tags", "namespaces/tenant-aurora/pods.yaml", "", portal, "tenants/portal:latest"),
        (
            "secret-wildcard-roles",
            "namespaces/tenant-borealis/roles.rbac.authorization.k8s.io.yaml",
            "verbs",
            "*",
            "get",
        ),
    ];
    for (control, file, after, from, to) in changes {
        let mut changed = dump.clone();
        edit(&mut changed, file, after, from, to);
        let after = run(&changed, &catalogue, &overlay, None);
        for (old, new) in before.findings.iter().zip(&after.findings) {
            assert_eq!(
                row(old) != row(new),
                old.control == control,
                "{file}: {}\nnow {}",
                row(old),
                row(new)
            );
        }
    }
    // A restore that completed, and the index that counts it.
    let mut changed = dump.clone();
    let restore = "apiVersion: velero.io/v1\nkind: Restore\nmetadata: {name: drill, namespace: velero, uid: 5a0c1d50-0000-4000-8000-000000000001}\n\
        status: {phase: Completed, completionTimestamp: \"2026-10-01T08:00:00Z\"}\n";
    changed.insert("namespaces/velero/restores.velero.io.yaml".into(), restore.into());
    let mut index: Value = serde_json::from_slice(&changed["collections.json"]).unwrap();
    let rows = index["collections"].as_array_mut().unwrap();
    rows.iter_mut().find(|row| row["resource"] == "restores.velero.io").unwrap()["count"] = 1.into();
    changed.insert("collections.json".into(), serde_json::to_vec(&index).unwrap());
    let after = run(&changed, &catalogue, &overlay, None);
    only(&before, &after, "restore-tested");
    assert_eq!(finding(&after, "restore-tested").verdict.as_str(), "satisfied");
}

/// Goal: what was not handed in is never success. Method: take one file of every kind away that a control reads.
#[test]
fn a_removed_file_leaves_no_control_that_reads_its_kind_satisfied() {
    let (dump, overlay) = example();
    let catalogue = catalogue();
    let reads =
        |control: &Control, resource: &str| control.reads.iter().any(|read| read.resource == resource);
    let resource_of = |file: &str| -> String {
        match file {
            "evidence/audit-policy.yaml" => "policies.audit.k8s.io".into(),
            file if file.ends_with(".cdx.json") => "boms.cyclonedx.org".into(),
            file => file.rsplit('/').next().unwrap_or_default().trim_end_matches(".yaml").into(),
        }
    };
    let mut tried = std::collections::BTreeSet::new();
    for file in dump.keys() {
        let resource = resource_of(file);
        let readers: Vec<&Control> =
            catalogue.controls.iter().filter(|control| reads(control, &resource)).collect();
        if readers.is_empty() || !tried.insert(resource.clone()) {
            continue;
        }
        let mut fewer = dump.clone();
        fewer.remove(file);
        let assessment = run(&fewer, &catalogue, &overlay, None);
        for control in readers {
            let found = finding(&assessment, &control.id);
            let verdict = found.verdict.as_str();
            assert!(["indeterminate", "not-satisfied"].contains(&verdict), "without {file}: {}", row(found));
            assert!(
                found.missing.iter().any(|missing| missing.resource == resource),
                "without {file}: {} does not name it",
                control.id
            );
        }
    }
    assert!(tried.len() > 20, "{tried:?}");
}

/// Takes everything of a resource away and says so in the index.
fn emptied(dump: &Files, resource: &str, holds: impl Fn(&str) -> bool) -> Files {
    let mut files: Files =
        dump.iter().filter(|(name, _)| !holds(name)).map(|(n, c)| (n.clone(), c.clone())).collect();
    let mut index: Value = serde_json::from_slice(&files["collections.json"]).unwrap();
    let rows = index["collections"].as_array_mut().unwrap();
    rows.iter_mut().find(|row| row["resource"] == resource).unwrap()["count"] = 0.into();
    files.insert("collections.json".into(), serde_json::to_vec(&index).unwrap());
    files
}

/// What is known not to exist is a finding, and no gap in the evidence.
#[test]
fn an_emptied_list_is_not_satisfied() {
    let (dump, overlay) = example();
    let catalogue = catalogue();
    for (control, resource, file, expected) in [
        (
            "audit-policy-levels",
            "policies.audit.k8s.io",
            "audit-policy.yaml",
            "not-satisfied 0/0 {\"no-audit-policy\": 1}",
        ),
        (
            "restore-tested",
            "backups.velero.io",
            "backups.velero.io.yaml",
            "not-satisfied 0/0 {\"no-restore-on-record\": 1}",
        ),
        (
            "network-policy-coverage",
            "networkpolicies.networking.k8s.io",
            "networkpolicies.networking.k8s.io.yaml",
            "not-satisfied 0/36 {\"not-selected\": 36}",
        ),
    ] {
        let files = emptied(&dump, resource, |name| name.ends_with(file));
        let assessment = run(&files, &catalogue, &overlay, None);
        assert_eq!(row(finding(&assessment, control)), format!("{control} {expected}"));
    }
}

/// A policy counts where an agent acts on it: one that does not is seen, one whose DaemonSet is gone is not.
#[test]
fn policies_without_an_enforcer_cover_nothing() {
    let (dump, overlay) = example();
    let catalogue = catalogue();
    let coverage =
        |files: &Files| row(finding(&run(files, &catalogue, &overlay, None), "network-policy-coverage"));

    let mut off = dump.clone();
    for content in off.values_mut() {
        let text = String::from_utf8(content.clone()).unwrap();
        *content = text.replace("--enable-network-policy=true", "--enable-network-policy=false").into();
    }
    let expected =
        "network-policy-coverage not-satisfied 0/36 {\"enforcement-inactive\": 24, \"not-selected\": 12}";
    assert_eq!(coverage(&off), expected);

    let mut gone = dump.clone();
    let file = "namespaces/kube-system/daemonsets.apps.yaml";
    let text = String::from_utf8(gone[file].clone()).unwrap();
    let items: Vec<&str> = text.split("\n- ").collect();
    let kept: Vec<&str> =
        items.iter().copied().filter(|item| !item.contains("\n    name: aws-node\n")).collect();
    assert_eq!(kept.len() + 1, items.len());
    gone.insert(file.into(), kept.join("\n- ").into());
    let expected =
        "network-policy-coverage not-satisfied 0/36 {\"enforcement-not-seen\": 24, \"not-selected\": 12}";
    assert_eq!(coverage(&gone), expected);
}

/// Without the index nothing is closed, so no share and no absence is established.
#[test]
fn without_its_index_the_example_satisfies_nothing() {
    let (mut dump, overlay) = example();
    dump.remove("collections.json");
    let assessment = run(&dump, &catalogue(), &overlay, None);
    for found in &assessment.findings {
        assert!(["indeterminate", "not-satisfied"].contains(&found.verdict.as_str()), "{}", row(found));
    }
    assert_eq!(finding(&assessment, "restore-tested").verdict.as_str(), "indeterminate");
}

/// `reads` names everything that a control's relations look at, in the same versions.
#[test]
fn controls_declare_what_their_relations_look_at() {
    for control in &catalogue().controls {
        let text = serde_json::to_string(control).unwrap();
        let used =
            relations::ALL.iter().filter(|relation| text.contains(&format!("related.{}", relation.name)));
        for look in used.flat_map(|relation| relation.looks) {
            let read = control.reads.iter().find(|read| read.resource == look.resource);
            let read = read.unwrap_or_else(|| panic!("{} does not read {}", control.id, look.resource));
            assert_eq!(read.versions, look.versions, "{} {}", control.id, look.resource);
        }
    }
}
