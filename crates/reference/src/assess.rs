//! All controls on one snapshot.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::assessment::code;
use nachweis_model::catalogue::{Catalogue, Class, Exemption, Overlay};
use nachweis_model::control::{EnforcedPer, OnEmpty};
use nachweis_model::{Instant, ObligationState, Verdict};
use nachweis_snapshot::Snapshot;

use crate::control::Check;
use crate::judge::{Outcome, TEMPLATES, counts, judge};
use crate::world::World;

/// The conclusion on one control, item by item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// the verdict
    pub verdict: Option<Verdict>,
    /// what was counted: `pods`, `pod-templates` or resources
    pub population: String,
    /// covered items
    pub covered: BTreeSet<u32>,
    /// items that are not covered, with the reason
    pub failed: BTreeMap<u32, String>,
    /// items that cannot be judged, with the reason
    pub unknown: BTreeMap<u32, String>,
    /// items that are named and not judged, with the reason
    pub excluded: BTreeMap<u32, String>,
    /// exempted items, with the exemption
    pub exempted: BTreeMap<u32, String>,
    /// reasons of the finding as a whole
    pub notes: BTreeSet<String>,
    /// figures for the sentence
    pub counts: BTreeMap<String, u64>,
    /// where the control sums up: namespaces, and whether every item of each is covered
    pub groups: Option<BTreeMap<String, bool>>,
}

/// All findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusions {
    /// by control
    pub rows: BTreeMap<String, Row>,
    /// obligations in the order of the catalogue, with state and note
    pub obligations: Vec<(String, ObligationState, Option<&'static str>)>,
    /// exemptions by id: whether it expired, and how many items it covers
    pub exemptions: BTreeMap<String, (bool, u64)>,
}

/// Assesses a snapshot; an error is a control that cannot be run, or a snapshot that cannot be read.
pub fn assess(
    snapshot: &Snapshot<'_>,
    catalogue: &Catalogue,
    overlay: &Overlay,
    as_of: Instant,
) -> Result<Conclusions, String> {
    let mut world = World::read(snapshot)?;
    world.mark_doubts(&catalogue.data);
    let mut rows = BTreeMap::new();
    for control in catalogue.controls.iter().chain(&overlay.controls) {
        let check = Check::new(control, &overlay.params)?;
        rows.insert(control.id.clone(), finding(&world, catalogue, &check, as_of)?);
    }
    let exemptions = exempt(&world, &overlay.exemptions, &mut rows, as_of);
    let obligations = obligations(catalogue, overlay, &rows);
    Ok(Conclusions { rows, obligations, exemptions })
}

/// Resources whose items are judged, and those that have to be closed for the population to be closed.
fn population<'c>(world: &World, check: &'c Check<'_>) -> (String, Vec<&'c str>, Vec<&'c str>) {
    if !check.judges_pods() {
        let of: Vec<&str> = check.control.population.of.iter().map(String::as_str).collect();
        return (of.join(","), of.clone(), of);
    }
    if !world.templates_stand_for_pods() {
        return ("pods".into(), vec!["pods"], vec!["pods"]);
    }
    let of: Vec<&str> = TEMPLATES.iter().map(|(resource, _)| *resource).collect();
    // ReplicaSets are made by controllers: nobody declares all of them.
    let closing = of.iter().copied().filter(|resource| *resource != "replicasets.apps").collect();
    ("pod-templates".into(), of, closing)
}

fn finding(world: &World, catalogue: &Catalogue, check: &Check<'_>, as_of: Instant) -> Result<Row, String> {
    let (unit, of, closing) = population(world, check);
    let mut row = Row { population: unit, ..Row::default() };
    let mut outcomes: Vec<(u32, &str, Outcome)> = Vec::new();
    for thing in &world.things {
        if of.contains(&thing.resource.as_str()) {
            let outcome = judge(world, &catalogue.data, check, thing, as_of);
            outcomes.push((thing.index, &thing.id.namespace, outcome));
        }
    }
    enforced_for_all(check, &mut outcomes);
    let mut groups: BTreeMap<String, bool> = BTreeMap::new();
    for (index, namespace, outcome) in outcomes {
        let covered = outcome == Outcome::Covered;
        match outcome {
            Outcome::Outside => continue,
            Outcome::Excluded(why) => {
                row.excluded.insert(index, why);
                continue;
            }
            Outcome::Covered => {
                row.covered.insert(index);
            }
            Outcome::NotCovered(why) => drop(row.failed.insert(index, why)),
            Outcome::Unknown(why) => drop(row.unknown.insert(index, why)),
        }
        *groups.entry(namespace.to_string()).or_insert(true) &= covered;
    }
    row.groups = check.control.group_by.map(|_| groups);
    for (name, resource, only) in &check.counts {
        let counted = world.of(resource);
        let counted =
            counted.filter(|thing| counts(world, &catalogue.data, check, only.as_ref(), thing, as_of));
        row.counts.insert(name.clone(), counted.count() as u64);
    }
    let closed = closing.iter().all(|resource| world.closed(resource));
    conclude(check, closed, &mut row)?;
    Ok(row)
}

/// `per: control`: what is not enforced for one item is not enforced for any.
fn enforced_for_all(check: &Check<'_>, outcomes: &mut [(u32, &str, Outcome)]) {
    if check.control.enforced_by.as_ref().is_none_or(|by| by.per == EnforcedPer::Item) {
        return;
    }
    let inactive = Outcome::NotCovered(code::ENFORCEMENT_INACTIVE.into());
    let not_seen = Outcome::Unknown(code::ENFORCEMENT_NOT_SEEN.into());
    for worst in [inactive, not_seen] {
        if outcomes.iter().any(|(_, _, outcome)| *outcome == worst) {
            for (_, _, outcome) in outcomes.iter_mut().filter(|(_, _, outcome)| *outcome == Outcome::Covered)
            {
                *outcome = worst.clone();
            }
            return;
        }
    }
}

/// The verdict: what holds whatever the evidence that is missing would show.
fn conclude(check: &Check<'_>, closed: bool, row: &mut Row) -> Result<(), String> {
    let control = check.control;
    let wrong = || format!("{}: `{}` is no ratio", control.id, control.threshold);
    let (part, whole) = control.threshold.split_once('/').ok_or_else(wrong)?;
    let (part, whole): (u128, u128) =
        (part.parse().map_err(|_| wrong())?, whole.parse().map_err(|_| wrong())?);
    let (covered, unknown) = (row.covered.len() as u128, row.unknown.len() as u128);
    let total = covered + unknown + row.failed.len() as u128;
    let reached = |items: u128| items * whole >= total * part;
    let mut note = |code: &str| {
        row.notes.insert(code.to_string());
    };
    let verdict = if check.unset {
        note(code::PARAMETER_NOT_SET);
        Verdict::Indeterminate
    } else if total == 0 && closed {
        note(control.empty.as_ref().map_or(code::POPULATION_EMPTY, |empty| &empty.code));
        match control.on_empty {
            OnEmpty::NotApplicable => Verdict::NotApplicable,
            OnEmpty::NotSatisfied => Verdict::NotSatisfied,
        }
    } else if !closed {
        note(code::POPULATION_OPEN);
        // More items can lift a share, but not where every one has to be covered.
        let missed = total > 0 && part == whole && !reached(covered + unknown);
        if missed { Verdict::NotSatisfied } else { Verdict::Indeterminate }
    } else if reached(covered) {
        Verdict::Satisfied
    } else if !reached(covered + unknown) {
        Verdict::NotSatisfied
    } else {
        Verdict::Indeterminate
    };
    row.verdict = Some(verdict);
    Ok(())
}

/// True where the pattern covers the id, part by part; `*` at the end of a part stands for any rest of it.
fn covers(pattern: &str, id: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), id.split('/').collect());
    patterns.len() == parts.len()
        && patterns.iter().zip(&parts).all(|(pattern, part)| match pattern.strip_suffix('*') {
            Some(start) => part.starts_with(start),
            None => pattern == part,
        })
}

/// A flag on items that failed; everything else stays what it is.
fn exempt(
    world: &World,
    exemptions: &[Exemption],
    rows: &mut BTreeMap<String, Row>,
    as_of: Instant,
) -> BTreeMap<String, (bool, u64)> {
    let mut sorted: Vec<&Exemption> = exemptions.iter().collect();
    sorted.sort_by_key(|exemption| &exemption.id);
    let mut out = BTreeMap::new();
    for exemption in sorted {
        let expired = as_of > exemption.expires;
        let mut items = 0;
        if let Some(row) =
            rows.get_mut(&exemption.control).filter(|_| !expired && exemption.approved <= as_of)
        {
            for index in row.failed.keys() {
                let thing = world.things.iter().find(|thing| thing.index == *index);
                let id = thing.map(|thing| thing.id.to_string()).unwrap_or_default();
                let covered = exemption.items.iter().any(|pattern| covers(pattern, &id));
                if covered && !row.exempted.contains_key(index) {
                    row.exempted.insert(*index, exemption.id.clone());
                    items += 1;
                }
            }
        }
        out.insert(exemption.id.clone(), (expired, items));
    }
    out
}

/// The worst row of each provision. What systems cannot show alone wants a statement, and there is none yet.
fn obligations(
    catalogue: &Catalogue,
    overlay: &Overlay,
    rows: &BTreeMap<String, Row>,
) -> Vec<(String, ObligationState, Option<&'static str>)> {
    let mut out = Vec::new();
    for provision in &catalogue.provisions {
        let controls = catalogue.controls.iter().chain(&overlay.controls);
        let links = controls.filter(|control| control.obligations.iter().any(|link| link.id == provision.id));
        let verdicts: Vec<Verdict> = links.filter_map(|control| rows.get(&control.id)?.verdict).collect();
        let has = |verdict: Verdict| verdicts.contains(&verdict);
        let missing = "statement-missing";
        let (state, note) = if has(Verdict::NotSatisfied) {
            (ObligationState::NotSatisfied, None)
        } else if has(Verdict::Indeterminate) {
            (ObligationState::Indeterminate, None)
        } else if has(Verdict::Attested) {
            (ObligationState::Attested, None)
        } else if has(Verdict::Satisfied) {
            (ObligationState::Satisfied, None)
        } else if !verdicts.is_empty() {
            (ObligationState::Indeterminate, Some("nothing-applicable"))
        } else if provision.class == Class::Organisational {
            (ObligationState::Indeterminate, Some(missing))
        } else {
            (ObligationState::Indeterminate, Some("no-control"))
        };
        let alone = provision.class == Class::Platform || note.is_some();
        out.push(match alone {
            true => (provision.id.clone(), state, note),
            false => (provision.id.clone(), state.min(ObligationState::Indeterminate), Some(missing)),
        });
    }
    out
}
