//! States of obligations, and what a pack selects.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::assessment::{Finding, ObligationRow};
use nachweis_model::catalogue::{Catalogue, Class};
use nachweis_model::{ObligationState, Verdict};

/// Ids of the provisions that packs select; `None` where no pack was named: everything.
pub(crate) fn selection(catalogue: &Catalogue, packs: &[String]) -> Result<Option<BTreeSet<String>>, String> {
    if packs.is_empty() {
        return Ok(None);
    }
    let mut out = BTreeSet::new();
    for name in packs {
        let Some(pack) = catalogue.packs.iter().find(|pack| pack.name == *name) else {
            let known: Vec<&str> = catalogue.packs.iter().map(|pack| pack.name.as_str()).collect();
            return Err(format!("there is no pack `{name}`; the catalogue has {}", known.join(", ")));
        };
        let of_acts = catalogue.provisions.iter().filter(|provision| pack.acts.contains(&provision.act));
        out.extend(of_acts.map(|provision| provision.id.clone()));
        let rows = catalogue.crosswalk.iter();
        let rows = rows.filter(|row| pack.frameworks.iter().any(|name| row.frameworks.contains_key(name)));
        out.extend(rows.flat_map(|row| row.refs.iter().cloned()));
    }
    Ok(Some(out))
}

fn state(verdict: Verdict) -> Option<ObligationState> {
    match verdict {
        Verdict::NotSatisfied => Some(ObligationState::NotSatisfied),
        Verdict::Indeterminate => Some(ObligationState::Indeterminate),
        Verdict::Attested => Some(ObligationState::Attested),
        Verdict::Satisfied => Some(ObligationState::Satisfied),
        Verdict::NotApplicable => None,
    }
}

/// One row per selected provision: the worst of its controls, where what does not apply is ignored. A provision
/// that systems cannot show alone is indeterminate without its signed statement.
pub(crate) fn rows(
    catalogue: &Catalogue,
    selected: Option<&BTreeSet<String>>,
    findings: &[Finding],
) -> Vec<ObligationRow> {
    let mut by_provision: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        for id in &finding.obligations {
            by_provision.entry(id).or_default().push(finding);
        }
    }
    let wanted = |id: &String| selected.is_none_or(|selected| selected.contains(id));
    let provisions = catalogue.provisions.iter().filter(|provision| wanted(&provision.id));
    provisions
        .map(|provision| {
            let findings = by_provision.get(provision.id.as_str()).map_or(&[][..], Vec::as_slice);
            let worst = findings.iter().filter_map(|finding| state(finding.verdict)).min();
            let (state, note) = match (worst, provision.class) {
                (None, _) if findings.is_empty() && provision.class == Class::Organisational => {
                    (ObligationState::Indeterminate, Some("statement-missing"))
                }
                (None, _) if findings.is_empty() => (ObligationState::Indeterminate, Some("no-control")),
                (None, _) => (ObligationState::Indeterminate, Some("nothing-applicable")),
                (Some(state), Class::Platform) => (state, None),
                (Some(state), Class::Partial | Class::Organisational) => {
                    (state.min(ObligationState::Indeterminate), Some("statement-missing"))
                }
            };
            ObligationRow {
                id: provision.id.clone(),
                state,
                class: provision.class.as_str().into(),
                note: note.map(str::to_string),
                controls: findings.iter().map(|finding| finding.control.clone()).collect(),
            }
        })
        .collect()
}
