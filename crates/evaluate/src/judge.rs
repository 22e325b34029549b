//! One item under one control: covered, not covered, excluded, outside, or not to be judged.

use nachweis_canon::Json;
use nachweis_cel::{ErrorKind, Value};
use nachweis_model::Instant;
use nachweis_model::assessment::code;
use nachweis_model::control::EnforcedPer;
use nachweis_snapshot::coverage::{Coverage, Scope};

use crate::plan::{Check, Expr};
use crate::relations::{Index, Look, Reach, Relation};

/// What one item is under one control. Codes are those of the control, or shared ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// does not belong to the population
    Outside,
    /// named and not judged
    Excluded(String),
    Covered,
    NotCovered(String),
    /// cannot be judged
    Unknown(String),
}

/// How an expression came out.
enum Answer {
    Yes,
    No,
    Unknown(&'static str),
}

/// An item with everything that expressions may read.
pub(crate) struct Case<'a> {
    pub object: &'a Json<'a>,
    pub namespace: &'a str,
    pub namespace_object: Option<&'a Json<'a>>,
    pub related: &'a Json<'a>,
}

/// What all items share.
pub(crate) struct Bench<'a> {
    pub index: &'a Index,
    pub coverage: &'a Coverage,
    pub as_of: Instant,
}

impl Bench<'_> {
    /// True where something that a relation looks at is not closed, or cannot be read, around the item.
    pub fn is_open(&self, relation: &Relation, namespace: &str) -> bool {
        relation.looks.iter().any(|look| !self.closed(look, namespace) || self.index.doubted(look, namespace))
    }

    fn closed(&self, look: &Look, namespace: &str) -> bool {
        match look.reach {
            Reach::Own => self.coverage.closed_in(look.resource, namespace),
            Reach::OwnAnd(other) => {
                self.coverage.closed_in(look.resource, namespace)
                    && self.coverage.closed_in(look.resource, other)
            }
            Reach::Cluster => self.coverage.closed(look.resource, Scope::Cluster),
        }
    }

    fn ask(&self, expr: &Expr, check: &Check, case: &Case<'_>) -> Answer {
        // A null that stands for a Namespace which was not seen must not be told from one without labels.
        let unseen = case.namespace_object.is_none() && !case.namespace.is_empty();
        if unseen && expr.program.uses("namespaceObject") {
            return Answer::Unknown(code::RELATED_NOT_COLLECTED);
        }
        if expr.relations.iter().any(|relation| relation.is_hidden(case.object)) {
            return Answer::Unknown(code::VALUE_WITHHELD);
        }
        let namespace = case.namespace_object.map_or(Value::Null, Value::from);
        let variables = [
            Value::from(case.object),
            Value::from(&check.params),
            namespace,
            Value::from(case.related),
            Value::timestamp(self.as_of.unix(), self.as_of.nanos()),
        ];
        match expr.program.eval(&variables) {
            Ok(Value::Bool(true)) => Answer::Yes,
            Ok(Value::Bool(false)) => Answer::No,
            Err(error) if error.kind == ErrorKind::Withheld => Answer::Unknown(code::VALUE_WITHHELD),
            Ok(_) | Err(_) => Answer::Unknown(code::EVALUATION_ERROR),
        }
    }

    /// True if the expression says yes, whatever is missing.
    pub fn holds(&self, expr: &Expr, check: &Check, case: &Case<'_>) -> bool {
        matches!(self.ask(expr, check, case), Answer::Yes)
    }

    /// True where the answer could be another one if everything had been seen; records of a relation that is
    /// `found_is_enough` carry a yes, but never a no.
    fn shaky(&self, expr: &Expr, check: &Check, case: &Case<'_>, yes: bool) -> bool {
        expr.relations.iter().any(|relation| {
            let open = self.is_open(relation, case.namespace) || self.index.is_unknown(relation, case.object);
            !(yes && check.enough.contains(relation.name)) && open
        })
    }

    /// Judges one item; order of the questions as docs/concepts/verdicts.md gives it.
    pub fn judge(&self, check: &Check, case: &Case<'_>) -> Outcome {
        let mut membership_shaky = false;
        if let Some(only) = &check.only {
            match self.ask(only, check, case) {
                Answer::Yes => membership_shaky = self.shaky(only, check, case, true),
                Answer::No if self.shaky(only, check, case, false) => {
                    return Outcome::Unknown(code::MEMBERSHIP_UNKNOWN.into());
                }
                Answer::No => return Outcome::Outside,
                Answer::Unknown(why) => return Outcome::Unknown(why.into()),
            }
        }
        for exclusion in &check.exclude {
            let Some(when) = &exclusion.when else { continue };
            match self.ask(when, check, case) {
                Answer::Yes if self.shaky(when, check, case, true) => {
                    return Outcome::Unknown(code::MEMBERSHIP_UNKNOWN.into());
                }
                Answer::Yes => return Outcome::Excluded(exclusion.code.clone()),
                Answer::No => {}
                Answer::Unknown(why) => return Outcome::Unknown(why.into()),
            }
        }
        let outcome = match self.ask(&check.predicate, check, case) {
            Answer::Yes if self.shaky(&check.predicate, check, case, true) => {
                Outcome::Unknown(code::RELATED_NOT_COLLECTED.into())
            }
            Answer::Yes => self.enforcement(check, case),
            Answer::No if self.shaky(&check.predicate, check, case, false) => {
                Outcome::Unknown(code::RELATED_NOT_COLLECTED.into())
            }
            Answer::No => Outcome::NotCovered(self.reason(check, case)),
            Answer::Unknown(why) => Outcome::Unknown(why.into()),
        };
        // A yes on a membership that more evidence could take back is no coverage yet.
        match outcome {
            Outcome::Covered if membership_shaky => Outcome::Unknown(code::MEMBERSHIP_UNKNOWN.into()),
            other => other,
        }
    }

    fn reason(&self, check: &Check, case: &Case<'_>) -> String {
        let matching = check.reasons.iter().find(|reason| match &reason.when {
            None => true,
            Some(when) => matches!(self.ask(when, check, case), Answer::Yes),
        });
        matching.map_or_else(|| code::PREDICATE_FALSE.to_string(), |reason| reason.code.clone())
    }

    /// A predicate that holds proves nothing until something acts on what it saw.
    fn enforcement(&self, check: &Check, case: &Case<'_>) -> Outcome {
        let Some(enforced) = &check.enforced else { return Outcome::Covered };
        // One acting enforcer is enough: nothing more that is seen could make it stop acting.
        if let Answer::Yes = self.ask(&enforced.seen, check, case) {
            return Outcome::Covered;
        }
        match self.ask(&enforced.inactive, check, case) {
            Answer::Yes if !self.shaky(&enforced.inactive, check, case, false) => {
                Outcome::NotCovered(code::ENFORCEMENT_INACTIVE.into())
            }
            _ => Outcome::Unknown(code::ENFORCEMENT_NOT_SEEN.into()),
        }
    }
}

/// One item that is not enforced makes the whole control so, where the control says `per: control`.
pub(crate) fn enforced_for_all(check: &Check, outcomes: &mut [(u32, String, Outcome)]) {
    if check.enforced.as_ref().is_none_or(|by| by.per == EnforcedPer::Item) {
        return;
    }
    let worst = [
        Outcome::NotCovered(code::ENFORCEMENT_INACTIVE.into()),
        Outcome::Unknown(code::ENFORCEMENT_NOT_SEEN.into()),
    ]
    .into_iter()
    .find(|bad| outcomes.iter().any(|(_, _, outcome)| outcome == bad));
    if let Some(worst) = worst {
        for (_, _, outcome) in outcomes.iter_mut().filter(|(_, _, outcome)| *outcome == Outcome::Covered) {
            *outcome = worst.clone();
        }
    }
}
