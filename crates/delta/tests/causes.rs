//! A pair in which the cluster, the catalogue, the overlay and the instant all changed: the parts sum to the whole,
//! and each part is the difference with only that cause.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Held, controls, diff, found, mirrors, platform, try_diff};
use nachweis_canon::Json;
use nachweis_delta::{Class, Delta, Kind, Part, Presence, State};
use nachweis_model::Verdict;
use nachweis_model::catalogue::Exemption;
use nachweis_testkit::changes::{CHANGES, deny_all};
use nachweis_testkit::{Platform, json, set};

fn change(platform: &mut Platform, name: &str) {
    CHANGES.iter().find(|change| change.name == name).unwrap().apply(platform);
    platform.recount();
}

/// The example after a restore drill.
fn drilled() -> Platform {
    let mut platform = platform();
    change(&mut platform, "a restore was completed");
    platform
}

fn cluster(held: &mut Held) {
    let mut platform = drilled();
    change(&mut platform, "the policy of tenant-aurora selects nobody");
    change(&mut platform, "tenant-cygnus takes no plain text");
    held.kept = Held::of(&platform).kept;
}

fn release(held: &mut Held) {
    let control = held.catalogue.controls.iter_mut().find(|control| control.id == "resource-limits").unwrap();
    control.threshold = "9/10".into();
    held.catalogue.version = "2026.12.0".into();
}

fn own_control(held: &mut Held) {
    let mut own = held.catalogue.control("privileged-containers").unwrap().clone();
    own.id = "own-privileged".into();
    own.predicate = "false".into();
    own.reasons.clear();
    held.overlay.controls.push(own);
}

fn parameter(held: &mut Held) {
    held.overlay.params.insert("identity_provider_prefix".into(), "saml:".into());
}

fn exemption(held: &mut Held) {
    held.overlay.exemptions.push(Exemption {
        id: "break-glass".into(),
        control: "secret-wildcard-roles".into(),
        items: vec!["kubernetes/rbac.authorization.k8s.io/ClusterRole//platform-breakglass".into()],
        reason: "emergency access, sealed".into(),
        owner: "platform".into(),
        approver: "security".into(),
        approved: "2026-01-01T00:00:00Z".parse().unwrap(),
        expires: "2030-01-01T00:00:00Z".parse().unwrap(),
    });
}

fn instant(held: &mut Held) {
    held.as_of = "2028-03-01T00:00:00Z".parse().unwrap();
}

type Apply = fn(&mut Held);
const CAUSES: [(Kind, Apply, &str); 6] = [
    (Kind::Catalogue, release, "control resource-limits"),
    (Kind::OwnControl, own_control, "own control own-privileged"),
    (Kind::Parameter, parameter, "parameter identity_provider_prefix"),
    (Kind::Exemption, exemption, "exemption break-glass"),
    (Kind::Instant, instant, "as_of"),
    (Kind::Cluster, cluster, ""),
];

fn parts(delta: &Delta, kind: Kind) -> BTreeMap<String, Part> {
    let findings = delta.findings.iter();
    let of_kind = findings.flat_map(|f| f.parts.iter().map(|part| (f.control.clone(), part.clone())));
    of_kind.filter(|(_, part)| part.kinds == [kind]).collect()
}

#[test]
fn each_part_is_the_difference_with_only_that_cause() {
    let old = Held::of(&drilled());
    let mut new = old.clone();
    CAUSES.iter().for_each(|(_, apply, _)| apply(&mut new));
    let whole = diff(&old, &new);
    let kinds: Vec<Kind> = whole.steps.iter().flat_map(|step| step.kinds.clone()).collect();
    assert_eq!(kinds, CAUSES.map(|(kind, ..)| kind), "in their fixed order");
    let mut moved = BTreeSet::new();
    for (kind, apply, name) in CAUSES {
        let mut only = old.clone();
        apply(&mut only);
        let alone = diff(&old, &only);
        assert_eq!(alone.steps.len(), 1, "{kind:?}");
        assert!(!alone.findings.is_empty(), "{kind:?} moves nothing");
        assert_eq!(parts(&alone, kind), parts(&whole, kind), "{kind:?}");
        for (control, part) in parts(&whole, kind) {
            let names: Vec<&str> = part.named.iter().map(String::as_str).collect();
            assert_eq!(names, if name.is_empty() { vec![] } else { vec![name] }, "{control}");
            assert!(moved.insert(control), "each finding of this pair has one cause");
        }
    }
    assert_eq!(moved, controls(&whole).into_iter().map(str::to_string).collect());

    assert_eq!(found(&whole, "resource-limits").class, Class::Fixed);
    assert_eq!(found(&whole, "binding-subjects").class, Class::New);
    assert_eq!(found(&whole, "own-privileged").class, Class::Started);
    assert_eq!(found(&whole, "restore-tested").class, Class::New);
    let exempted = found(&whole, "secret-wildcard-roles");
    assert_eq!(exempted.class, Class::Changed);
    assert_eq!(exempted.items.len(), 1);
    assert_eq!(exempted.items[0].new.word(), "exempted");
    assert_eq!(exempted.items[0].presence, Presence::Unchanged);
    assert_eq!(whole.exit_code(), 3);
    mirrors(&old, &new);
}

#[test]
fn a_policy_that_went_is_named_beside_the_pods_that_it_left() {
    let old = Held::of(&drilled());
    let mut new = old.clone();
    cluster(&mut new);
    let delta = diff(&old, &new);
    assert_eq!(controls(&delta), ["mesh-mtls-strict", "network-policy-coverage"]);
    let network = found(&delta, "network-policy-coverage");
    assert_eq!(network.class, Class::Changed, "it was not satisfied before");
    assert!(!network.items.is_empty());
    for item in &network.items {
        assert_eq!(item.presence, Presence::Unchanged);
        assert_eq!((&item.old, item.new.word()), (&State::Covered, "uncovered"));
    }
    let around: Vec<String> = network.neighbours.items.iter().map(ToString::to_string).collect();
    assert_eq!(around, ["kubernetes/networking.k8s.io/NetworkPolicy/tenant-aurora/default-deny"]);
    let changed = delta.objects.items.iter().find(|object| object.id.kind == "NetworkPolicy").unwrap();
    let paths = changed.paths.as_ref().unwrap();
    assert_eq!((paths.changes.len(), paths.more), (1, 0));
    assert!(paths.changes[0].pointer.starts_with("/spec/podSelector"), "{paths:?}");
    assert_eq!(delta.exit_code(), 0, "no finding is newly not satisfied");
}

#[test]
fn causes_that_act_on_one_finding_follow_each_other() {
    let old = Held::of(&drilled());
    let steps: [Apply; 4] = [
        |held| {
            let control = |c: &&mut nachweis_model::control::Control| c.id == "network-policy-coverage";
            held.catalogue.controls.iter_mut().find(control).unwrap().threshold = "2/3".into();
        },
        |held| {
            let spaces =
                ["ack-system", "argocd", "kube-system", "tenant-aurora"].map(serde_json::Value::from);
            held.overlay.params.insert("platform_namespaces".into(), spaces.to_vec().into());
        },
        |held| held.as_of = "2026-12-24T00:00:00Z".parse().unwrap(),
        |held| {
            let mut platform = drilled();
            deny_all(&mut platform, "tenant-borealis");
            let pod = platform
                .of_kind("Pod")
                .into_iter()
                .find(|place| platform.object(*place).text(&["metadata", "namespace"]) == Some("payments"));
            platform.remove(pod.unwrap());
            platform.recount();
            held.kept = Held::of(&platform).kept;
        },
    ];
    let mut places = vec![old.clone()];
    for apply in steps {
        let mut next = places.last().unwrap().clone();
        apply(&mut next);
        places.push(next);
    }
    let whole = diff(&old, places.last().unwrap());
    assert_eq!(whole.steps.len(), 4);
    for (at, pair) in places.windows(2).enumerate() {
        let kind = whole.steps[at].kinds[0];
        let step = diff(&pair[0], &pair[1]);
        assert_eq!(parts(&step, kind), parts(&whole, kind), "{kind:?}");
    }
    let network = found(&whole, "network-policy-coverage");
    assert!(
        network.parts.len() >= 3,
        "{:?}",
        network.parts.iter().map(|part| &part.kinds).collect::<Vec<_>>()
    );
    assert!(network.items.iter().any(|item| item.presence == Presence::Vanished));
    // Pods of monitoring are judged now, those of tenant-aurora are not any more.
    assert!(network.items.iter().any(|item| item.old.word() == "excluded" && item.new.is_open()));
    assert!(network.items.iter().any(|item| item.old.word() == "covered" && item.new.word() == "excluded"));
    mirrors(&old, places.last().unwrap());
}

#[test]
fn causes_that_take_each_other_back_are_told() {
    let old = Held::of(&drilled());
    let mut new = old.clone();
    // The catalogue asks for less, the cluster falls by as much: the verdict stands where it stood.
    new.overlay.params.insert("identity_provider_prefix".into(), "saml:".into());
    let mut platform = drilled();
    for place in [platform.of_kind("RoleBinding"), platform.of_kind("ClusterRoleBinding")].concat() {
        platform.edit(place, |binding| {
            let subjects = binding.list(&["subjects"]).len();
            for at in 0..subjects {
                let pointer = format!("/subjects/{at}");
                let name = nachweis_testkit::at(binding, &pointer)
                    .unwrap()
                    .text(&["name"])
                    .unwrap_or_default()
                    .to_string();
                if let Some(rest) = name.strip_prefix("oidc:") {
                    set(binding, &pointer, "name", Json::str(format!("saml:{rest}")));
                }
            }
        });
    }
    new.kept = Held::of(&platform).kept;
    let delta = diff(&old, &new);
    let subjects = found(&delta, "binding-subjects");
    assert_eq!(subjects.class, Class::Balanced);
    assert_eq!(subjects.parts.len(), 2);
    assert!(subjects.items.is_empty() && !subjects.parts[0].items.is_empty());
    assert_eq!(subjects.old, subjects.new);
    assert_eq!(delta.exit_code(), 0);
    mirrors(&old, &new);
}

#[test]
fn what_cannot_be_evaluated_in_between_is_one_step() {
    let mut old = Held::of(&drilled());
    own_control(&mut old);
    let mut new = old.clone();
    // The organisation's control moved into the catalogue: with both there are two of one name.
    let own = new.overlay.controls.pop().unwrap();
    new.catalogue.controls.push(own);
    new.catalogue.controls.sort_by(|a, b| a.id.cmp(&b.id));
    let delta = diff(&old, &new);
    assert_eq!(delta.steps.len(), 1);
    assert_eq!(delta.steps[0].kinds, [Kind::Catalogue, Kind::OwnControl]);
    assert!(delta.steps[0].note.as_ref().unwrap().contains("own-privileged"), "{:?}", delta.steps);
    assert!(delta.findings.is_empty() && !delta.is_empty());
    mirrors(&old, &new);
}

#[test]
fn other_semantics_are_a_cause_of_their_own() {
    let mut old = Held::of(&drilled());
    let mut recorded = old.kept.assess(&old.overlay);
    recorded.semantics = 0;
    let finding = recorded.findings.iter_mut().find(|finding| finding.control == "restore-tested").unwrap();
    finding.verdict = Verdict::Indeterminate;
    old.recorded = Some(recorded);
    let mut new = Held::of(&drilled());
    cluster(&mut new);
    new.recorded = Some(new.kept.assess(&new.overlay));
    let delta = diff(&old, &new);
    assert_eq!(delta.steps[0].kinds, [Kind::Engine]);
    assert!(delta.steps[0].note.as_ref().unwrap().contains("semantics 0"), "{:?}", delta.steps);
    assert_eq!(found(&delta, "restore-tested").parts[0].kinds, [Kind::Engine]);
    assert_eq!(found(&delta, "network-policy-coverage").parts[0].kinds, [Kind::Cluster]);
    let back = diff(&new, &old);
    assert_eq!(back.steps.last().unwrap().kinds, [Kind::NewEngine]);
    mirrors(&old, &new);
    // The same number with other verdicts is no change of the engine but a bundle that does not verify.
    old.recorded.as_mut().unwrap().semantics = nachweis_model::SEMANTICS;
    assert_eq!(diff(&old, &new).steps[0].kinds, [Kind::Recording]);
}

#[test]
fn recorded_verdicts_may_claim_anything() {
    let mut old = Held::of(&drilled());
    let mut recorded = old.kept.assess(&old.overlay);
    for finding in &mut recorded.findings {
        finding.passed = "0-4294967295".parse().unwrap();
        finding.excluded.insert("x".into(), "5-7,4294967295".parse().unwrap());
        finding.exempted.insert("y".into(), "0-9".parse().unwrap());
        finding.control.push('\u{1b}');
    }
    recorded.findings.truncate(3);
    old.recorded = Some(recorded);
    let new = Held::of(&drilled());
    assert_eq!(diff(&old, &new).steps[0].kinds, [Kind::Recording]);
    assert_eq!(diff(&new, &old).steps[0].kinds, [Kind::NewRecording]);
}

#[test]
fn a_side_that_cannot_be_evaluated_is_an_error_or_its_own_cause() {
    let whole = Held::of(&drilled());
    let mut broken = whole.clone();
    broken.catalogue.controls[0].predicate = "object.".into();
    assert!(try_diff(&broken, &whole).is_err() && try_diff(&whole, &broken).is_err());
    let mut recorded = whole.kept.assess(&whole.overlay);
    recorded.semantics = 0;
    broken.recorded = Some(recorded);
    let delta = diff(&broken, &whole);
    assert_eq!(delta.steps[0].kinds, [Kind::Engine, Kind::Catalogue]);
    assert_eq!(diff(&whole, &broken).steps[0].kinds, [Kind::Catalogue, Kind::NewEngine]);
}

#[test]
fn the_exit_code_counts_what_is_new() {
    let old = Held::of(&drilled());
    let mut unknown = old.clone();
    unknown.overlay.params.remove("identity_provider_prefix");
    assert_eq!(diff(&old, &unknown).exit_code(), 4);
    assert_eq!(diff(&unknown, &old).exit_code(), 0);
    let mut failed = unknown.clone();
    instant(&mut failed);
    assert_eq!(diff(&old, &failed).exit_code(), 3);
    // From indeterminate to not satisfied is new; the way back is no news, and nothing is fixed by it.
    let mut saml = old.clone();
    parameter(&mut saml);
    assert_eq!(diff(&unknown, &saml).exit_code(), 3);
    let back = diff(&saml, &unknown);
    assert_eq!((back.exit_code(), found(&back, "binding-subjects").class), (0, Class::Changed));
    // What is exempted altogether does not count; it counts again when the exemption goes.
    let mut exempted = old.clone();
    exemption(&mut exempted);
    exempted.overlay.exemptions[0].items.push("kubernetes/*/*/*/*".into());
    assert_eq!(diff(&old, &exempted).exit_code(), 0);
    assert_eq!(diff(&exempted, &old).exit_code(), 3);
}

#[test]
fn json_is_stable() {
    let old = Held::of(&drilled());
    let mut new = old.clone();
    cluster(&mut new);
    let bytes = nachweis_canon::canonical_bytes(&diff(&old, &new));
    assert_eq!(bytes, nachweis_canon::canonical_bytes(&diff(&old, &new)));
    let value = json(std::str::from_utf8(&bytes).unwrap());
    assert_eq!(value.text(&["format"]), Some("nachweis-delta/1"));
    let first = &value.list(&["findings"])[0];
    assert_eq!(first.list(&["parts"])[0].list(&["kinds"])[0].as_str(), Some("cluster"));
    assert_eq!(first.list(&["items"])[0].text(&["presence"]), Some("unchanged"));
}
