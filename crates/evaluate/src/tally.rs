//! From outcomes of items to the finding of a control.

use std::collections::BTreeMap;

use nachweis_model::assessment::{Finding, Groups, ItemGroup, Missing, code};
use nachweis_model::control::{GroupBy, OnEmpty};
use nachweis_model::{Ranges, Verdict};

use crate::judge::{Outcome, enforced_for_all};
use crate::plan::Check;

/// Outcomes of one control, in sealed order.
#[derive(Default)]
pub(crate) struct Tally {
    /// position, namespace, outcome
    pub outcomes: Vec<(u32, String, Outcome)>,
    pub counts: BTreeMap<String, u64>,
}

/// What is known of the population besides its items.
pub(crate) struct Ground {
    /// `pods`, `pod-templates`, or the resources of the population
    pub population: String,
    /// everything that belongs to the population was seen
    pub closed: bool,
    pub missing: Vec<Missing>,
    pub obligations: Vec<String>,
}

struct Sorted {
    passed: Ranges,
    groups: BTreeMap<(Verdict, String), Ranges>,
    excluded: BTreeMap<String, Ranges>,
    reasons: BTreeMap<String, u64>,
    places: BTreeMap<String, bool>,
}

fn sort(outcomes: Vec<(u32, String, Outcome)>) -> Sorted {
    let mut out = Sorted {
        passed: Ranges::new(),
        groups: BTreeMap::new(),
        excluded: BTreeMap::new(),
        reasons: BTreeMap::new(),
        places: BTreeMap::new(),
    };
    for (position, namespace, outcome) in outcomes {
        let (verdict, reason) = match outcome {
            Outcome::Outside => continue,
            Outcome::Excluded(reason) => {
                out.excluded.entry(reason).or_default().push(position);
                continue;
            }
            Outcome::Covered => {
                out.passed.push(position);
                out.places.entry(namespace).or_insert(true);
                continue;
            }
            Outcome::NotCovered(reason) => (Verdict::NotSatisfied, reason),
            Outcome::Unknown(reason) => (Verdict::Indeterminate, reason),
        };
        out.places.insert(namespace, false);
        *out.reasons.entry(reason.clone()).or_default() += 1;
        out.groups.entry((verdict, reason)).or_default().push(position);
    }
    out
}

/// Verdict of a population that has items: reached or missed whatever the open part would show.
fn weigh(covered: u64, unknown: u64, total: u64, (part, whole): (u64, u64), closed: bool) -> Verdict {
    let reaches = |items: u64| u128::from(items) * u128::from(whole) >= u128::from(total) * u128::from(part);
    // Items that were not seen could lift a share that is missed, unless every item has to be covered.
    let final_miss = closed || part == whole;
    if closed && reaches(covered) {
        Verdict::Satisfied
    } else if final_miss && !reaches(covered + unknown) {
        Verdict::NotSatisfied
    } else {
        Verdict::Indeterminate
    }
}

impl Tally {
    /// The finding. Exemptions are laid over it afterwards.
    pub fn finish(mut self, check: &Check, ground: Ground) -> Finding {
        enforced_for_all(check, &mut self.outcomes);
        let Sorted { passed, groups, excluded, mut reasons, places } = sort(self.outcomes);
        let count = |wanted: Verdict| -> u64 {
            groups.iter().filter(|((verdict, _), _)| *verdict == wanted).map(|(_, items)| items.len()).sum()
        };
        let (covered, failed, unknown) =
            (passed.len(), count(Verdict::NotSatisfied), count(Verdict::Indeterminate));
        let total = covered + failed + unknown;
        let mut note = |reason: &str| {
            reasons.entry(reason.to_string()).or_insert(1);
        };
        let verdict = if !check.unset.is_empty() {
            note(code::PARAMETER_NOT_SET);
            Verdict::Indeterminate
        } else if total == 0 && !ground.closed {
            note(code::POPULATION_OPEN);
            Verdict::Indeterminate
        } else if total == 0 {
            note(check.control.empty.as_ref().map_or(code::POPULATION_EMPTY, |reason| &reason.code));
            match check.control.on_empty {
                OnEmpty::NotApplicable => Verdict::NotApplicable,
                OnEmpty::NotSatisfied => Verdict::NotSatisfied,
            }
        } else {
            if !ground.closed {
                note(code::POPULATION_OPEN);
            }
            weigh(covered, unknown, total, check.threshold, ground.closed)
        };
        let by_namespace = |_: GroupBy| Groups {
            by: "namespace".into(),
            covered: places.values().filter(|all| **all).count() as u64,
            total: places.len() as u64,
            failing: places.iter().filter(|(_, all)| !**all).map(|(place, _)| place.clone()).collect(),
        };
        Finding {
            control: check.control.id.clone(),
            verdict,
            severity: check.control.severity,
            covered,
            total,
            indeterminate: unknown,
            threshold: check.control.threshold.clone(),
            population: ground.population,
            reasons,
            items: groups
                .into_iter()
                .map(|((verdict, reason), items)| ItemGroup { verdict, reason, items })
                .collect(),
            passed,
            excluded,
            exempted: BTreeMap::new(),
            counts: self.counts,
            groups: check.control.group_by.map(by_namespace),
            missing: ground.missing,
            obligations: ground.obligations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_holds_whatever_the_open_part_would_show() {
        use Verdict::{Indeterminate, NotSatisfied, Satisfied};
        for (covered, unknown, total, threshold, closed, expected) in [
            (36, 0, 36, (1, 1), true, Satisfied),
            (36, 0, 36, (1, 1), false, Indeterminate),
            (24, 0, 36, (1, 1), true, NotSatisfied),
            (24, 0, 36, (1, 1), false, NotSatisfied),
            (24, 12, 36, (1, 1), true, Indeterminate),
            (24, 11, 36, (1, 1), true, NotSatisfied),
            (9, 1, 10, (9, 10), true, Satisfied),
            (8, 0, 10, (9, 10), true, NotSatisfied),
            (8, 0, 10, (9, 10), false, Indeterminate),
            (8, 1, 10, (9, 10), true, Indeterminate),
        ] {
            assert_eq!(
                weigh(covered, unknown, total, threshold, closed),
                expected,
                "{covered}+{unknown}/{total}"
            );
        }
    }
}
