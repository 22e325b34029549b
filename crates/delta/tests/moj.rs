//! One real cluster at the end of January and of February 2026.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Held, diff, found, mirrors};
use nachweis_delta::{Fate, Kind, Presence};
use nachweis_model::Verdict;
use nachweis_testkit::{Entries, Options, corpus};

const UNREADABLE: &str = "monitoring/oidc-components-secret.yaml";

fn held(month: &str, ignore: bool) -> Option<Held> {
    let path = corpus(&format!("clusters/moj-live-{month}.tar.gz"))?;
    let at = format!("{month}T00:00:00Z").parse().unwrap();
    let options = Options { at: Some(at), ..Options::default() }.complete(&["all"]);
    let options = if ignore { options.ignore(UNREADABLE) } else { options };
    Some(Held::new(&Entries::read(&path), &options))
}

fn pair(ignore: bool) -> Option<(Held, Held)> {
    held("2026-01-30", ignore).zip(held("2026-02-27", ignore))
}

/// The numbers are those of a count over the YAML documents themselves, by group, kind, namespace and name: 10,657
/// documents are 10,651 identities in January, 10,841 are 10,835 in February; 204 come, 20 go, 54 have other
/// content. Our rules make none of them different, item by item:
/// - merging: the six documents that are not an identity of their own are the same six in both months (equal ones
///   are one item; three identities with different declarations, such as CronJob `default/check-certs-expiry`, are
///   conflicts on both sides with equal bodies), so none is among the 54;
/// - the namespace `default`: all 36 objects without one are declared alike in both months; counting them by an
///   empty namespace gives the same sums;
/// - normalisation: nothing of the list stands in declared objects of which only that changed;
/// - withholding: no withheld value is all that changed in an object (it would not be seen).
#[test]
fn january_to_february() {
    let Some((january, february)) = pair(true) else { return };
    for (held, items) in [(&january, 10_651), (&february, 10_835)] {
        let seal = &held.kept.sealed.seal;
        assert_eq!((seal.items, seal.conflicts.len(), seal.defaulted_namespaces), (items, 3, 36));
    }
    let delta = diff(&january, &february);
    let objects = &delta.objects;
    assert_eq!((objects.appeared, objects.vanished, objects.changed), (204, 20, 54));
    assert_eq!(objects.unchanged, 10_651 - 20 - 54);
    assert!(objects.collections.is_empty(), "{:?}", objects.collections);
    let kinds: Vec<(&str, [u64; 3])> = objects
        .kinds
        .iter()
        .map(|kind| (&*kind.resource, [kind.added, kind.removed, kind.changed]))
        .collect();
    assert_eq!(
        kinds,
        [
            ("certificates.cert-manager.io", [26, 5, 4]),
            ("cronjobs.batch", [2, 0, 1]),
            ("deployments.apps", [1, 1, 0]),
            ("limitranges", [26, 2, 2]),
            ("namespaces", [26, 2, 19]),
            ("networkpolicies.networking.k8s.io", [61, 4, 4]),
            ("prometheusrules.monitoring.coreos.com", [0, 0, 4]),
            ("resourcequotas", [26, 2, 0]),
            ("rolebindings.rbac.authorization.k8s.io", [31, 3, 20]),
            ("roles.rbac.authorization.k8s.io", [5, 1, 0]),
        ]
    );
    for object in &objects.items {
        assert!(!matches!(object.fate, Fate::NotSeen | Fate::NewlySeen), "{}", object.id);
        let paths = object.paths.as_ref().map(|paths| paths.changes.len() as u64 + paths.more);
        assert_eq!(paths.is_some_and(|paths| paths > 0), object.fate == Fate::Changed, "{}", object.id);
    }

    let kinds: Vec<Kind> = delta.steps.iter().flat_map(|step| step.kinds.clone()).collect();
    assert_eq!(kinds, [Kind::Instant, Kind::Cluster]);
    let roles = found(&delta, "secret-wildcard-roles");
    let figures =
        [&roles.old, &roles.new].map(|summary| summary.as_ref().map(|s| (s.verdict, s.covered, s.total)));
    assert_eq!(figures, [Some((Verdict::Satisfied, 422, 422)), Some((Verdict::Satisfied, 426, 426))]);
    let count = |presence: Presence| roles.items.iter().filter(|item| item.presence == presence).count();
    assert_eq!((count(Presence::Appeared), count(Presence::Vanished), roles.items.len()), (5, 1, 6));
    assert_eq!(roles.parts.len(), 1);
    mirrors(&january, &february);
}

/// One file is cipher text. Until the operator says that it may be left out, it could hold any of the 20.
#[test]
fn what_an_unread_file_may_hide_is_not_removed() {
    let Some((january, february)) = pair(false) else { return };
    let delta = diff(&january, &february);
    let fates = |fate: Fate| delta.objects.items.iter().filter(|object| object.fate == fate).count();
    assert_eq!((fates(Fate::NewlySeen), fates(Fate::NotSeen), fates(Fate::Changed)), (204, 20, 54));
    // Leaving the file out closes what it held open, and says nothing about objects.
    let Some(accounted) = held("2026-01-30", true) else { return };
    let closed = diff(&january, &accounted);
    assert!(closed.objects.items.is_empty() && !closed.objects.collections.is_empty());
    mirrors(&january, &accounted);
}
