//! Less evidence never makes a verdict better (ARCHITECTURE, promise 3).
//!
//! Method: platforms of which some rows are satisfied and some are not lose files, objects, rows of their index,
//! statuses and values, at random; the index is left as it was. No finding may move to satisfied, attested or
//! not-applicable, and the exit code never to 0.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use nachweis_canon::Json;
use nachweis_evaluate::{FailOn, Selection, exit_code};
use nachweis_model::Verdict;
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Exemption, Overlay};
use nachweis_testkit::changes::{CHANGES, deny_all};
use nachweis_testkit::{
    Entries, Options, Platform, Random, at, example, example_overlay, json, seal, seeds, set, strings,
};

static OVERLAY: LazyLock<Overlay> = LazyLock::new(example_overlay);

struct Base {
    name: &'static str,
    overlay: Overlay,
    platform: Platform,
    assessment: Assessment,
    exit: u8,
}

fn exit(assessment: &Assessment) -> u8 {
    exit_code(assessment, FailOn::Indeterminate, Selection::default())
}

fn is_good(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Satisfied | Verdict::Attested | Verdict::NotApplicable)
}

fn base(name: &'static str, change: impl FnOnce(&mut Platform)) -> Base {
    let mut platform = Platform::new(&Entries::read(&example()));
    change(&mut platform);
    platform.recount();
    let assessment = seal(&platform.entries(), &Options::default()).unwrap().assess(&OVERLAY);
    let exit = exit(&assessment);
    Base { name, overlay: OVERLAY.clone(), platform, assessment, exit }
}

fn apply(platform: &mut Platform, worse: bool) {
    CHANGES.iter().filter(|change| change.worse == worse).for_each(|change| change.apply(platform));
}

/// Every row satisfied, where the example is not.
fn improve(platform: &mut Platform) {
    apply(platform, false);
    for namespace in ["backoffice", "staging", "tenant-borealis", "tenant-cygnus"] {
        deny_all(platform, namespace);
    }
    let unlimited = platform.of_kind("Pod").into_iter().find(|place| {
        let pod = platform.object(*place);
        let name = pod.text(&["metadata", "name"]).unwrap_or_default();
        name.starts_with("scheme-simulator-")
    });
    let limits = r#"{"requests":{"cpu":"10m","memory":"32Mi"},"limits":{"memory":"64Mi"}}"#;
    platform.edit(unlimited.unwrap(), |pod| {
        for container in 0..pod.list(&["spec", "containers"]).len() {
            set(pod, &format!("/spec/containers/{container}"), "resources", json(limits));
        }
    });
}

/// Two roles are too wide, and one of them is accepted.
fn exempted() -> Base {
    let mut base = base("one of two roles exempted", |platform| {
        let onboarding = platform.find("Role", "tenant-borealis", "onboarding");
        let breakglass = platform.find("ClusterRole", "", "platform-breakglass");
        let wide = [onboarding, breakglass].map(|place| platform.object(place).clone());
        improve(platform);
        for (place, role) in [onboarding, breakglass].into_iter().zip(wide) {
            platform.edit(place, |fixed| *fixed = role);
        }
    });
    base.overlay.exemptions.push(Exemption {
        id: "onboarding-until-spring".into(),
        control: "secret-wildcard-roles".into(),
        items: vec!["kubernetes/rbac.authorization.k8s.io/Role/tenant-borealis/onboarding".into()],
        reason: "replaced with the next release".into(),
        owner: "platform team".into(),
        approver: "security officer".into(),
        approved: "2026-11-01T00:00:00Z".parse().unwrap(),
        expires: "2027-03-31T00:00:00Z".parse().unwrap(),
    });
    base.assessment = seal(&base.platform.entries(), &Options::default()).unwrap().assess(&base.overlay);
    base.exit = exit(&base.assessment);
    base
}

#[test]
fn an_exemption_does_not_cover_what_was_not_seen() {
    let base = exempted();
    assert_eq!((base.assessment.totals.not_satisfied, base.assessment.totals.exempted, base.exit), (1, 1, 3));
    let mut platform = base.platform.clone();
    platform.remove(platform.find("ClusterRole", "", "platform-breakglass"));
    let lost = seal(&platform.entries(), &Options::default()).unwrap().assess(&base.overlay);
    assert_eq!(exit(&lost), 4, "the other role is missing from the evidence");
    platform.recount();
    let gone = seal(&platform.entries(), &Options::default()).unwrap().assess(&base.overlay);
    assert_eq!(exit(&gone), 0, "the other role is gone from the cluster");
}

/// One row each is all that keeps a base from being good: hiding it would show.
static BASES: LazyLock<Vec<Base>> = LazyLock::new(|| {
    let mut bases = vec![
        base("the example", |_| {}),
        base("all rows good", improve),
        base("all rows bad", |platform| apply(platform, true)),
        exempted(),
    ];
    for change in CHANGES.iter().filter(|change| change.worse) {
        bases.push(base(change.name, |platform| {
            improve(platform);
            change.apply(platform);
        }));
    }
    bases
});

/// What was done, for the message of a failure.
type Log = Vec<String>;

fn object(platform: &Platform, random: &mut Random, log: &mut Log, what: &str) -> (usize, usize) {
    // A kind first, in half of the cases: there is one audit policy and a hundred pods.
    let places = platform.places();
    let mut place = *random.pick(&places);
    if random.one_in(2) {
        let kinds: BTreeSet<&str> =
            places.iter().map(|place| platform.object(*place).text(&["kind"]).unwrap_or("Bom")).collect();
        let kind = *random.pick(&kinds.into_iter().collect::<Vec<_>>());
        let like: Vec<_> = places
            .into_iter()
            .filter(|place| platform.object(*place).text(&["kind"]).unwrap_or("Bom") == kind)
            .collect();
        place = *random.pick(&like);
    }
    let shown = platform.object(place);
    log.push(format!(
        "{what} {} {}/{}",
        shown.text(&["kind"]).unwrap_or("-"),
        shown.text(&["metadata", "namespace"]).unwrap_or("-"),
        shown.text(&["metadata", "name"]).unwrap_or("-"),
    ));
    place
}

/// Takes something away at the level of objects and index rows.
fn lose(platform: &mut Platform, random: &mut Random, log: &mut Log) {
    match random.below(12) {
        0 | 1 => {
            let place = object(platform, random, log, "removed");
            platform.remove(place);
        }
        2 => {
            let place = object(platform, random, log, "removed all like");
            let like = platform.object(place).text(&["kind"]).unwrap_or_default().to_string();
            let namespace = platform.object(place).text(&["metadata", "namespace"]).map(str::to_string);
            let everywhere = random.one_in(2);
            platform.remove_where(|o| {
                o.text(&["kind"]).unwrap_or_default() == like
                    && (everywhere || o.text(&["metadata", "namespace"]) == namespace.as_deref())
            });
        }
        3 => {
            let place = object(platform, random, log, "in another version:");
            platform.edit(place, |o| {
                let version = o.text(&["apiVersion"]).map(|v| match v.split_once('/') {
                    Some((group, _)) => format!("{group}/v9"),
                    None => "v9".to_string(),
                });
                if let Some(version) = version {
                    set(o, "", "apiVersion", Json::str(version));
                }
            });
        }
        4 | 5 => {
            let place = object(platform, random, log, "withheld in");
            let pointers = strings(platform.object(place));
            if pointers.is_empty() {
                return;
            }
            let pointer = random.pick(&pointers).clone();
            let mark = *random.pick(&["nachweis:withheld", "***HIDDEN***"]);
            log.push(format!("  {mark} at {pointer}"));
            platform.edit(place, |o| *at(o, &pointer).unwrap() = Json::str(mark));
        }
        6 => {
            let place = object(platform, random, log, "contradicted");
            let mut other = platform.object(place).clone();
            let pointers = strings(&other);
            if pointers.is_empty() {
                return;
            }
            let pointer = random.pick(&pointers).clone();
            log.push(format!("  at {pointer}"));
            *at(&mut other, &pointer).unwrap() = Json::str("another");
            platform.add(&format!("other/{}.yaml", platform.files.len()), vec![other]);
        }
        7 => {
            let file = random.below(platform.files.len());
            log.push(format!("removed {}", platform.files[file].path));
            platform.files.remove(file);
        }
        _ => row(platform, random, log),
    }
}

/// Takes something away from the index.
fn row(platform: &mut Platform, random: &mut Random, log: &mut Log) {
    if random.one_in(40) {
        log.push("removed the index".into());
        return platform.drop_index();
    }
    let Some(rows) = platform.rows() else { return };
    let which = random.below(rows.len());
    log.push(format!("row {}", String::from_utf8(rows[which].canonical()).unwrap()));
    match random.below(5) {
        0 => {
            rows.remove(which);
            log.push("  removed".into());
        }
        1 | 2 => {
            let status = *random.pick(&["partial", "denied", "error", "not-collected"]);
            set(&mut rows[which], "", "status", Json::str(status));
            log.push(format!("  {status}"));
        }
        3 => {
            let count = rows[which].get("count").and_then(Json::as_int).unwrap_or(0);
            set(&mut rows[which], "", "count", Json::Int(count + 1));
            log.push("  counts one more".into());
        }
        _ => {
            set(&mut rows[which], "", "scope", Json::str("payments"));
            log.push("  for one namespace".into());
        }
    }
}

/// Damages the bytes of a file.
fn damage(entries: &mut Entries, random: &mut Random, log: &mut Log) {
    let which = random.below(entries.files.len());
    let (path, bytes) = &mut entries.files[which];
    let (what, damaged) = match random.below(4) {
        0 => ("cut short", bytes[..bytes.len() / 2].to_vec()),
        1 => ("encrypted", [b"\0GITCRYPT\0", &bytes[..bytes.len().min(64)]].concat()),
        2 => ("a template", [b"{{ if .Values.enabled }}\n", &bytes[..]].concat()),
        _ => ("empty", Vec::new()),
    };
    log.push(format!("{path} is {what}"));
    *bytes = damaged.into();
}

fn one(seed: u64) -> Result<(), String> {
    let mut random = Random::new(seed);
    let base = random.pick(&BASES);
    let mut log = vec![format!("seed {seed}, from `{}`", base.name)];
    let mut platform = base.platform.clone();
    for _ in 0..=random.below(4) {
        lose(&mut platform, &mut random, &mut log);
    }
    let mut entries = platform.entries();
    if random.one_in(4) {
        damage(&mut entries, &mut random, &mut log);
    }
    // A run that fails has no verdict and exit code 1.
    let Ok(kept) = seal(&entries, &Options::default()) else { return Ok(()) };
    let after = kept.assess(&base.overlay);
    let mut wrong = String::new();
    for (old, new) in base.assessment.findings.iter().zip(&after.findings) {
        if is_good(new.verdict) && old.verdict != new.verdict {
            wrong += &format!(
                "{}: {} {}/{} -> {} {}/{}\n",
                new.control,
                old.verdict.as_str(),
                old.covered,
                old.total,
                new.verdict.as_str(),
                new.covered,
                new.total
            );
        }
    }
    if exit(&after) == 0 && base.exit != 0 {
        wrong += "the exit code is 0\n";
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{wrong}", log.join("\n"))) }
}

#[test]
fn the_bases_are_what_they_should_be() {
    let verdicts = |base: &Base| {
        let bad = base.assessment.findings.iter().filter(|finding| !is_good(finding.verdict));
        bad.map(|finding| finding.control.clone()).collect::<Vec<_>>()
    };
    let find = |name: &str| BASES.iter().find(|base| base.name == name).unwrap();
    assert_eq!((verdicts(find("all rows good")), find("all rows good").exit), (Vec::new(), 0));
    for change in CHANGES.iter().filter(|change| change.worse) {
        assert_eq!(verdicts(find(change.name)), [change.control], "{}", change.name);
    }
}

#[test]
fn a_thousand_losses_improve_nothing() {
    let seeds = seeds(1_000);
    let next = AtomicU64::new(seeds.start);
    let run = || {
        let mut wrong = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return wrong;
            }
            wrong.extend(one(seed).err());
        }
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let other = scope.spawn(run);
        let mut wrong = run();
        wrong.extend(other.join().unwrap());
        wrong
    });
    let first = wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        wrong.is_empty(),
        "{} of the seeds {seeds:?}; replay one with NACHWEIS_SEED\n{first}",
        wrong.len()
    );
}
