//! The shipped example gives the ten rows that its description promises, and two more.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;

use nachweis_model::Verdict::{NotSatisfied, Satisfied};
use nachweis_testkit::{Entries, Options, catalogue, example, example_overlay, resolve, seal};

#[test]
fn the_ten_rows_of_the_example() {
    let kept = seal(&Entries::read(&example()), &Options::default()).unwrap();
    let assessment = kept.assess(&example_overlay());
    let rows = resolve(&assessment, &kept.names());
    for (control, verdict, covered, total) in [
        ("addon-sboms", Satisfied, 4, 4),
        ("audit-policy-levels", Satisfied, 1, 1),
        ("binding-subjects", Satisfied, 40, 40),
        ("mesh-mtls-strict", NotSatisfied, 18, 30),
        ("network-policy-coverage", NotSatisfied, 24, 36),
        ("operator-image-digests", Satisfied, 15, 15),
        ("payment-path-budgets", Satisfied, 4, 4),
        ("privileged-containers", Satisfied, 36, 36),
        ("production-image-tags", Satisfied, 33, 33),
        ("resource-limits", NotSatisfied, 35, 36),
        ("restore-tested", NotSatisfied, 0, 0),
        ("secret-wildcard-roles", NotSatisfied, 35, 37),
    ] {
        let row = &rows[control];
        assert_eq!((row.verdict, row.covered, row.total), (verdict, covered, total), "{control}");
        assert_eq!(row.indeterminate, 0, "{control}");
        assert!(row.missing.is_empty(), "{control}: {:?}", row.missing);
        // The items that are not covered are named, each with its reason.
        assert_eq!(row.items.len() as u64, total - covered, "{control}");
    }
    let totals = assessment.totals;
    assert_eq!((totals.satisfied, totals.not_satisfied, totals.indeterminate), (7, 5, 0));
    assert_eq!((totals.not_applicable, totals.attested, totals.exempted), (0, 0, 0));
    assert_eq!(rows.len(), 12);

    let mesh = rows["mesh-mtls-strict"].groups.as_ref().unwrap();
    assert_eq!((mesh.covered, mesh.total), (3, 6));
    assert_eq!(mesh.failing, ["tenant-aurora", "tenant-borealis", "tenant-cygnus"]);
    let failing: BTreeSet<&str> =
        rows["secret-wildcard-roles"].items.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(
        failing,
        BTreeSet::from([
            "kubernetes/rbac.authorization.k8s.io/ClusterRole//platform-breakglass",
            "kubernetes/rbac.authorization.k8s.io/Role/tenant-borealis/onboarding",
        ])
    );
    let restore = &rows["restore-tested"];
    assert_eq!(restore.counts["backups"], 13);
    assert_eq!(restore.reasons["no-restore-on-record"], 1);
    // Roles and subjects that Kubernetes and the provider bring along are named, not judged.
    let excluded =
        |control: &str, reason: &str| rows[control].excluded.iter().filter(|(_, r)| r == reason).count();
    assert!(excluded("secret-wildcard-roles", "bootstrap-role") > 0);
    assert!(excluded("binding-subjects", "built-in-subjects") > 0);
    assert!(excluded("network-policy-coverage", "platform-namespace") > 0);
}

#[test]
fn every_row_gives_evidence_for_its_article() {
    for (control, provision) in [
        ("audit-policy-levels", "DORA-10"),
        ("addon-sboms", "DORA-28"),
        ("addon-sboms", "DORA-8"),
        ("secret-wildcard-roles", "DORA-9(4)(c)"),
        ("binding-subjects", "DORA-9(4)(c)"),
        ("binding-subjects", "DORA-9(4)(d)"),
        ("mesh-mtls-strict", "RTS1774-14"),
        ("network-policy-coverage", "RTS1774-13"),
        ("payment-path-budgets", "DORA-11"),
        ("payment-path-budgets", "DORA-12"),
        ("operator-image-digests", "RTS1774-10(2)(d)"),
        ("production-image-tags", "RTS1774-17"),
        ("restore-tested", "DORA-12(6)"),
    ] {
        let links = &catalogue().control(control).unwrap().obligations;
        assert!(
            links.iter().any(|link| link.id.starts_with(provision)),
            "{control} has no link to {provision}"
        );
    }
}
