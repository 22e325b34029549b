//! How single items stand in a finding.

use nachweis_model::assessment::Finding;
use nachweis_model::{Ranges, Verdict};
use serde::Serialize;

/// How an item stands in a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// not in the population, or not in the snapshot at all
    #[default]
    Outside,
    /// named and not judged
    Excluded {
        /// reason code
        reason: String,
    },
    /// covered
    Covered,
    /// not covered
    Uncovered {
        /// reason code
        reason: String,
        /// id of the exemption that it has
        #[serde(skip_serializing_if = "Option::is_none")]
        exemption: Option<String>,
    },
    /// cannot be judged
    Indeterminate {
        /// reason code
        reason: String,
    },
}

impl State {
    /// True for what speaks against the control, or might.
    pub fn is_open(&self) -> bool {
        matches!(self, State::Uncovered { .. } | State::Indeterminate { .. })
    }

    /// A word for people.
    pub fn word(&self) -> &'static str {
        match self {
            State::Outside => "outside",
            State::Excluded { .. } => "excluded",
            State::Covered => "covered",
            State::Uncovered { exemption: None, .. } => "uncovered",
            State::Uncovered { .. } => "exempted",
            State::Indeterminate { .. } => "indeterminate",
        }
    }

    /// The reason code, where there is one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            State::Excluded { reason }
            | State::Uncovered { reason, .. }
            | State::Indeterminate { reason } => Some(reason),
            State::Outside | State::Covered => None,
        }
    }
}

/// Runs of indices with one value each, asked in ascending order: a step costs next to nothing.
#[derive(Default)]
struct Lane {
    runs: Vec<(u32, u32, usize)>,
    at: usize,
}

impl Lane {
    /// Takes the runs from the text form: a recorded set may claim billions of indices in a few bytes.
    fn add(&mut self, items: &Ranges, value: usize) {
        let text = items.to_string();
        let runs = text.split(',').filter_map(|run| {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            Some((first.parse().ok()?, last.parse().ok()?, value))
        });
        self.runs.extend(runs);
    }

    fn get(&mut self, index: u32) -> Option<usize> {
        while self.runs.get(self.at).is_some_and(|(_, last, _)| *last < index) {
            self.at += 1;
        }
        self.runs.get(self.at).filter(|(first, ..)| *first <= index).map(|(.., value)| *value)
    }
}

/// The states of all items of one finding; ask in ascending order of indices.
pub(crate) struct States {
    values: Vec<State>,
    lane: Lane,
    exemptions: Vec<String>,
    exempted: Lane,
}

impl States {
    pub fn new(finding: Option<&Finding>) -> Self {
        let mut out = States {
            values: Vec::new(),
            lane: Lane::default(),
            exemptions: Vec::new(),
            exempted: Lane::default(),
        };
        let Some(finding) = finding else { return out };
        let mut add = |state: State, items: &Ranges| {
            out.lane.add(items, out.values.len());
            out.values.push(state);
        };
        add(State::Covered, &finding.passed);
        for (reason, items) in &finding.excluded {
            add(State::Excluded { reason: reason.clone() }, items);
        }
        for group in &finding.items {
            let reason = group.reason.clone();
            let state = match group.verdict {
                Verdict::NotSatisfied => State::Uncovered { reason, exemption: None },
                _ => State::Indeterminate { reason },
            };
            add(state, &group.items);
        }
        for (id, items) in &finding.exempted {
            out.exempted.add(items, out.exemptions.len());
            out.exemptions.push(id.clone());
        }
        out.lane.runs.sort_unstable();
        out.exempted.runs.sort_unstable();
        out
    }

    /// How an item stands; `None` is an item that the snapshot does not have.
    pub fn at(&mut self, index: Option<u32>) -> Standing<'_> {
        static OUTSIDE: State = State::Outside;
        let value = index.and_then(|index| self.lane.get(index));
        let exemption = index.and_then(|index| self.exempted.get(index));
        Standing {
            state: value.map_or(&OUTSIDE, |at| &self.values[at]),
            exemption: exemption.map(|at| self.exemptions[at].as_str()),
        }
    }
}

/// A state that was not copied yet: most items never move.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing<'a> {
    state: &'a State,
    exemption: Option<&'a str>,
}

impl Standing<'_> {
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    pub fn to_state(self) -> State {
        let mut state = self.state.clone();
        if let (State::Uncovered { exemption, .. }, Some(id)) = (&mut state, self.exemption) {
            *exemption = Some(id.to_string());
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Ranges {
        text.parse().unwrap()
    }

    #[test]
    fn runs_are_found_in_ascending_order() {
        let mut lane = Lane::default();
        lane.add(&set("5-7"), 1);
        lane.add(&set("0-2,9"), 0);
        lane.add(&set(""), 2);
        lane.runs.sort_unstable();
        let found: Vec<_> = (0..11).map(|index| lane.get(index)).collect();
        let (zero, one) = (Some(0), Some(1));
        assert_eq!(found, [zero, zero, zero, None, None, one, one, one, None, zero, None]);
    }

    #[test]
    fn a_set_of_all_indices_costs_nothing() {
        let mut lane = Lane::default();
        lane.add(&set("0-4294967295"), 0);
        assert_eq!(lane.get(u32::MAX), Some(0));
    }
}
