//! A control with one change, in one of its expressions or in what stands around them.

use nachweis_cel::{Ast, Env, ExprId, ExprKind, compile};
use nachweis_evaluate::VARIABLES;
use nachweis_model::control::{Control, Reason};
use serde_json::Value;

use super::changes::changes;
use super::write::{Change, write};

/// A control with one change.
pub struct Mutant {
    /// field of the file, such as `reasons[2].when`
    pub field: String,
    /// byte of the field's text at which the change is; none where it is about the field as a whole
    pub at: Option<usize>,
    /// what stood there
    pub was: String,
    /// what stands there now
    pub now: String,
    /// the changed control
    pub control: Control,
}

/// Expressions that a control may have.
#[derive(Clone, Copy)]
enum Place {
    Where,
    Exclude(usize),
    Predicate,
    Reason(usize),
    Seen,
    Inactive,
    Count(usize),
}

impl Place {
    fn all(control: &Control) -> Vec<Place> {
        let mut out = vec![Place::Where];
        out.extend((0..control.population.exclude.len()).map(Place::Exclude));
        out.push(Place::Predicate);
        out.extend((0..control.reasons.len()).map(Place::Reason));
        out.extend([Place::Seen, Place::Inactive]);
        out.extend((0..control.counts.len()).map(Place::Count));
        out
    }

    fn field(self) -> String {
        match self {
            Place::Where => "population.where".into(),
            Place::Exclude(at) => format!("population.exclude[{at}].when"),
            Place::Predicate => "predicate".into(),
            Place::Reason(at) => format!("reasons[{at}].when"),
            Place::Seen => "enforced_by.seen".into(),
            Place::Inactive => "enforced_by.inactive".into(),
            Place::Count(at) => format!("counts[{at}].where"),
        }
    }

    fn text(self, control: &mut Control) -> Option<&mut String> {
        match self {
            Place::Where => control.population.r#where.as_mut(),
            Place::Exclude(at) => control.population.exclude.get_mut(at)?.when.as_mut(),
            Place::Predicate => Some(&mut control.predicate),
            Place::Reason(at) => control.reasons.get_mut(at)?.when.as_mut(),
            Place::Seen => Some(&mut control.enforced_by.as_mut()?.seen),
            Place::Inactive => Some(&mut control.enforced_by.as_mut()?.inactive),
            Place::Count(at) => control.counts.get_mut(at)?.r#where.as_mut(),
        }
    }
}

/// Every mutant of a control that can be run and says something else.
pub fn mutants(control: &Control) -> Vec<Mutant> {
    let mut out = Vec::new();
    for place in Place::all(control) {
        let mut copy = control.clone();
        if let Some(source) = place.text(&mut copy).cloned() {
            expression(control, place, &source, &mut out);
        }
    }
    order(control, "population.exclude", |control| &mut control.population.exclude, &mut out);
    order(control, "reasons", |control| &mut control.reasons, &mut out);
    whole(control, &mut out);
    out
}

fn expression(control: &Control, place: Place, source: &str, out: &mut Vec<Mutant>) {
    let env = Env::new(&VARIABLES);
    let Ok(program) = compile(source, &env) else { return };
    let ast = program.ast();
    let same = write(ast, ast.root(), None);
    for (id, change) in changes(ast) {
        let text = write(ast, ast.root(), Some((id, &change)));
        // What compiles to nothing is found by lint; what is the same text is no change.
        if text == same || compile(&text, &env).is_err() {
            continue;
        }
        let mut changed = control.clone();
        let Some(slot) = place.text(&mut changed) else { continue };
        *slot = text;
        let (at, was, now) = told(ast, id, &change);
        out.push(Mutant { field: place.field(), at: Some(at), was, now, control: changed });
    }
}

/// Where the change is, the smallest text that it is about, and what takes its place.
fn told(ast: &Ast, id: ExprId, change: &Change) -> (usize, String, String) {
    let node = ast.node(id);
    let left_out = |id: ExprId| (ast.node(id).start, write(ast, id, None), LEFT_OUT.to_string());
    match (change, &node.kind) {
        (Change::Drop(at), ExprKind::And(terms) | ExprKind::Or(terms)) => left_out(terms[*at]),
        (Change::Element(at), ExprKind::List(items)) => left_out(items[*at].1),
        (Change::AndOr, ExprKind::And(_)) => (node.at, "&&".into(), "||".into()),
        (Change::AndOr, _) => (node.at, "||".into(), "&&".into()),
        (Change::Always(value), _) => (0, write(ast, id, None), value.to_string()),
        _ => (node.start, write(ast, id, None), write(ast, id, Some((id, change)))),
    }
}

/// What takes the place of something that is gone.
pub const LEFT_OUT: &str = "left out";

/// Conditions of which the first that matches counts: one left out, two neighbours exchanged.
fn order(
    control: &Control,
    list: &str,
    of: impl Fn(&mut Control) -> &mut Vec<Reason>,
    out: &mut Vec<Mutant>,
) {
    let mut copy = control.clone();
    let codes: Vec<String> = of(&mut copy).iter().map(|reason| reason.code.clone()).collect();
    for (at, code) in codes.iter().enumerate() {
        let mut changed = control.clone();
        of(&mut changed).remove(at);
        let (was, now) = (code.clone(), LEFT_OUT.to_string());
        out.push(Mutant { field: format!("{list}[{at}]"), at: None, was, now, control: changed });
        let Some(next) = codes.get(at + 1) else { continue };
        let mut changed = control.clone();
        of(&mut changed).swap(at, at + 1);
        let (was, now) = (format!("{code}, {next}"), format!("{next}, {code}"));
        out.push(Mutant { field: format!("{list}[{at}]"), at: None, was, now, control: changed });
    }
}

/// What stands around the expressions: the threshold, numbers that are the default of a parameter, relations of which
/// one record is enough.
fn whole(control: &Control, out: &mut Vec<Mutant>) {
    for threshold in thresholds(&control.threshold) {
        let changed = Control { threshold: threshold.clone(), ..control.clone() };
        let was = control.threshold.clone();
        out.push(Mutant { field: "threshold".into(), at: None, was, now: threshold, control: changed });
    }
    for (at, parameter) in control.parameters.iter().enumerate() {
        let Some(number) = parameter.default.as_i64() else { continue };
        for other in [number.checked_sub(1), number.checked_add(1)].into_iter().flatten() {
            let mut changed = control.clone();
            changed.parameters[at].default = Value::from(other);
            out.push(Mutant {
                field: format!("parameters[{at}].default"),
                at: None,
                was: number.to_string(),
                now: other.to_string(),
                control: changed,
            });
        }
    }
    for (at, name) in control.found_is_enough.iter().enumerate() {
        let mut changed = control.clone();
        changed.found_is_enough.remove(at);
        let (was, now) = (name.clone(), LEFT_OUT.to_string());
        out.push(Mutant { field: format!("found_is_enough[{at}]"), at: None, was, now, control: changed });
    }
}

/// One item less and one more; half where everything has to be covered.
fn thresholds(ratio: &str) -> Vec<String> {
    let numbers = ratio.split_once('/').and_then(|(n, d)| Some((n.parse().ok()?, d.parse().ok()?)));
    match numbers {
        Some((n, d)) if n == d => vec!["1/2".into()],
        Some((n, d)) => {
            let (less, more): (u64, u64) = (u64::max(n, 1) - 1, n + 1);
            [less, more].into_iter().filter(|n| (1..=d).contains(n)).map(|n| format!("{n}/{d}")).collect()
        }
        None => Vec::new(),
    }
}
