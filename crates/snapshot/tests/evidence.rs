//! `--evidence`: files of which the operator says what they are.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Kept, inline, seal, settings};
use nachweis_model::seal::CollectionBasis;
use nachweis_model::{EVIDENCE, EvidenceKind};
use nachweis_oci::MemoryStore;
use nachweis_snapshot::{Ingest, Resources};

const POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n";
const KUBELET: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const AUDIT: &str = "policies.audit.k8s.io";

fn with(evidence: &[(&str, &str)], files: &[(&str, &str)]) -> Kept {
    let store = MemoryStore::new();
    let mut ingest = Ingest::new(settings(), Resources::built_in(), Vec::new());
    for (path, text) in files {
        ingest.entry(path, text.as_bytes().to_vec());
    }
    for (name, text) in evidence {
        assert!(ingest.evidence(name, text.as_bytes().to_vec()), "{name}");
    }
    let sealed = ingest.finish(&store).unwrap();
    let kept = Kept { store, sealed };
    assert_eq!(kept.open().check(), Vec::new());
    kept
}

#[test]
fn the_one_audit_policy_closes_its_kind() {
    let kept = with(&[("audit-policy", POLICY)], &[("broken.yaml", "a: [")]);
    assert_eq!(kept.ids(), ["file/audit.k8s.io/Policy//evidence%2Faudit-policy"]);
    let row = kept.row(AUDIT, "*").unwrap();
    assert_eq!((row.status.as_str(), row.basis, row.count), ("complete", CollectionBasis::Operator, 1));
    let plain = seal(settings(), &inline(&[("audit-policy.yaml", POLICY)]));
    assert_eq!(plain.status(AUDIT, "*"), "partial", "a file that lies around closes nothing");
}

#[test]
fn what_every_node_has_stays_open() {
    let kept = with(&[("kubelet/a", KUBELET), ("kubelet/b", KUBELET)], &[]);
    assert_eq!(kept.ids().len(), 2);
    assert_eq!(kept.status("kubeletconfigurations.kubelet.config.k8s.io", "*"), "partial");
}

#[test]
fn another_kind_is_refused_and_closes_nothing() {
    for text in [KUBELET, "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", "a: [", "", "just words"] {
        let kept = with(&[("audit-policy", text)], &[]);
        assert_eq!(kept.ids(), Vec::<String>::new(), "{text}");
        assert_eq!(kept.status(AUDIT, "*"), "error", "{text}");
    }
    let kept = with(&[("audit-policy", KUBELET)], &[]);
    assert_eq!(kept.unread(), [("evidence/audit-policy", "not-evidence")]);
    let half = with(&[("audit-policy", &format!("{POLICY}---\n{KUBELET}"))], &[]);
    assert_eq!((half.ids().len(), half.status(AUDIT, "*")), (1, "error"));
}

#[test]
fn every_name_means_the_kind_that_its_resource_has() {
    let resources = Resources::built_in();
    for kind in EVIDENCE {
        assert_eq!(resources.key_of(kind.group, kind.kind), kind.resource, "{}", kind.name);
        assert_eq!(EvidenceKind::of_resource(kind.resource), Some(kind));
        assert_eq!(EvidenceKind::of_path(&format!("evidence/{}/x", kind.name)), Some(kind));
        let scope = resources.scope(kind.group, kind.kind).map(|scope| scope.as_str());
        assert_eq!(scope, Some("File"), "{}", kind.name);
    }
    assert!(EVIDENCE.is_sorted_by_key(|kind| kind.name));
    let mut ingest = Ingest::new(settings(), resources, Vec::new());
    assert!(!ingest.evidence("nonsense", Vec::new()));
}
