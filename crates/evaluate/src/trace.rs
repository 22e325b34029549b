//! How one item came out under one control: which expressions were asked, what their parts gave, and which part
//! decided. For people; verdicts never come from here.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_cel::{Ast, ExprId, ExprKind, FoldKind, Step, UnaryOp, Value};
use nachweis_model::catalogue::Catalogue;

use crate::assess::{AssessError, Inputs, Run, plans};
use crate::evidence::Item;
use crate::plan::{Check, Expr};
use crate::relations::{self, Subject};
use crate::workload::{self, Pods, TEMPLATES};

/// An expression that was asked about an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// field of the control file, such as `predicate`
    pub field: String,
    /// the expression
    pub source: String,
    /// what it gave: `true`, `false`, or `error: ` and the message
    pub answer: String,
    /// the parts that decided: one false operand of `&&`, every operand of one that holds
    pub parts: Vec<Part>,
    /// places of the object that these parts read
    pub reads: Vec<Read>,
}

/// A part of an expression that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// its text
    pub text: String,
    /// what it gave
    pub value: String,
    /// what it was made of, each once; values that are made of longer ones are left out
    pub values: Vec<(String, String)>,
}

/// A place of the judged object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// JSON pointer in the object; for a pod template in the pod that it describes
    pub pointer: String,
    /// true where the object has it
    pub found: bool,
}

/// Asks the expressions of one control about one item, in the order of the judgement and as far as it goes. Empty
/// where the item is settled before any expression runs.
pub fn trace(inputs: &Inputs<'_>, control: &str, index: u32) -> Result<Vec<Asked>, AssessError> {
    let wanted = (index, control.to_string());
    let mut found = traces(inputs, &BTreeSet::from([wanted.clone()]))?;
    Ok(found.remove(&wanted).unwrap_or_default())
}

/// The same for many pairs of item and control, in two passes over the evidence.
pub fn traces(
    inputs: &Inputs<'_>,
    wanted: &BTreeSet<(u32, String)>,
) -> Result<BTreeMap<(u32, String), Vec<Asked>>, AssessError> {
    let controls: BTreeSet<&str> = wanted.iter().map(|(_, control)| control.as_str()).collect();
    let only = |list: &[nachweis_model::control::Control]| {
        list.iter().filter(|known| controls.contains(known.id.as_str())).cloned().collect::<Vec<_>>()
    };
    let catalogue = Catalogue { controls: only(&inputs.catalogue.controls), ..inputs.catalogue.clone() };
    let mut overlay = inputs.overlay.clone();
    overlay.controls = only(&overlay.controls);
    let alone = Inputs {
        evidence: inputs.evidence,
        catalogue: &catalogue,
        overlay: &overlay,
        packs: &[],
        as_of: inputs.as_of,
    };
    let checks = plans(&alone, None)?;
    let run = Run::first_pass(&alone, &checks)?;
    let items: BTreeSet<u32> = wanted.iter().map(|(index, _)| *index).collect();
    let mut asked = BTreeMap::new();
    let mut visit = |item: &Item<'_>| {
        if !items.contains(&item.index) {
            return;
        }
        for check in &checks {
            let pair = (item.index, check.control.id.clone());
            if wanted.contains(&pair) {
                asked.insert(pair, about(&run, check, item, inputs.as_of));
            }
        }
    };
    inputs.evidence.read(&|_, _| true, &mut visit).map_err(AssessError::Read)?;
    Ok(asked)
}

fn about(run: &Run, check: &Check, item: &Item<'_>, as_of: nachweis_model::Instant) -> Vec<Asked> {
    let Some(resource) = run.resources.get(&item.id.group, &item.id.kind) else { return Vec::new() };
    let ([body], None) = (item.bodies, run.before(check, resource, item)) else { return Vec::new() };
    let by_template = run.pods == Pods::Templates
        && check.judges_pods()
        && TEMPLATES.iter().any(|(name, ..)| *name == resource);
    let pod = by_template.then(|| workload::template_pod(resource, item.id, body)).flatten();
    let object = pod.as_ref().unwrap_or(body);
    let related = relations::related(&run.index, &check.relations, &Subject { id: item.id, object });
    let namespace = run.index.namespaces.get(&item.id.namespace);
    let variables = [
        Value::from(object),
        Value::from(&check.params),
        namespace.map_or(Value::Null, Value::from),
        Value::from(&related),
        Value::timestamp(as_of.unix(), as_of.nanos()),
    ];
    questions(check, |expr| ask(expr, &variables, object))
}

/// The order of the judgement: membership, predicate, then reasons or enforcement.
fn questions(check: &Check, mut ask: impl FnMut(&Expr) -> Asked) -> Vec<Asked> {
    let mut out: Vec<Asked> = Vec::new();
    let mut put = |expr: &Expr| {
        let asked = ask(expr);
        let answer = asked.answer.clone();
        out.push(asked);
        answer
    };
    if let Some(only) = &check.only
        && put(only) != "true"
    {
        return out;
    }
    for when in check.exclude.iter().filter_map(|coded| coded.when.as_ref()) {
        if put(when) != "false" {
            return out;
        }
    }
    match put(&check.predicate).as_str() {
        "false" => {
            for when in check.reasons.iter().filter_map(|coded| coded.when.as_ref()) {
                if put(when) == "true" {
                    break;
                }
            }
        }
        "true" => {
            if let Some(by) = &check.enforced
                && put(&by.seen) != "true"
            {
                put(&by.inactive);
            }
        }
        _ => {}
    }
    out
}

fn ask<'a>(expr: &'a Expr, variables: &[Value<'a>], object: &Json<'_>) -> Asked {
    let answer = match expr.program.eval(variables) {
        Ok(value) => value.to_string(),
        Err(error) => format!("error: {}", error.message),
    };
    let steps = expr.program.explain(variables);
    let ast = expr.program.ast();
    let mut found = Vec::new();
    deciding(ast, &steps, ast.root(), &answer, &mut found);
    found.truncate(PARTS_MAX);
    let source = expr.program.source();
    let mut reads = Vec::new();
    for (id, value) in &found {
        match element(ast, &steps, *id, value, object) {
            Some(read) => reads.push(read),
            None => pointers(ast, *id, object, &mut reads),
        }
    }
    reads.sort();
    reads.dedup();
    let parts = found.into_iter().map(|(id, value)| {
        let span = (ast.node(id).start, ast.node(id).end);
        let text = source.get(span.0..span.1).unwrap_or_default().to_string();
        Part { text, value, values: values(source, &steps, span) }
    });
    let parts = parts.collect();
    Asked { field: expr.field.clone(), source: source.to_string(), answer, parts, reads }
}

/// Parts that are told at most.
const PARTS_MAX: usize = 8;
/// Characters of a list or object that still say something at one look.
const SHORT: usize = 60;

/// What a part was made of: the ends of chains such as `object.spec.?hostNetwork`, and calls on them.
fn values(source: &str, steps: &[Step], (start, end): (usize, usize)) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for step in steps.iter().filter(|step| start <= step.offset && step.end <= end) {
        let text = source.get(step.offset..step.end).unwrap_or_default();
        let whole = (step.offset, step.end) == (start, end);
        let long = step.text.starts_with(['{', '[']) && step.text.chars().count() > SHORT;
        let optional = step.text.starts_with("optional");
        let shown = !whole && !long && !optional && !text.starts_with('!') && !VARIABLE_NAMES.contains(&text);
        if shown && !out.iter().any(|(known, _)| known == text) {
            out.push((text.to_string(), step.text.clone()));
        }
    }
    out
}

/// Whole variables are too long to be shown; what is read of them is.
const VARIABLE_NAMES: [&str; 5] = crate::plan::VARIABLES;

/// The smallest parts that settle the answer, with what they gave: one false operand of `&&`, one true operand of
/// `||`, all operands where all were needed.
fn deciding(ast: &Ast, steps: &[Step], id: ExprId, answer: &str, out: &mut Vec<(ExprId, String)>) {
    let gave = |id: &ExprId| {
        let node = ast.node(*id);
        let step = steps.iter().rev().find(|step| (step.offset, step.end) == (node.start, node.end));
        step.map(|step| step.text.as_str())
    };
    match (ast.kind(id), answer) {
        (ExprKind::And(terms), "false") | (ExprKind::Or(terms), "true") => {
            if let Some(term) = terms.iter().find(|term| gave(term) == Some(answer)) {
                return deciding(ast, steps, *term, answer, out);
            }
        }
        (ExprKind::And(terms), "true") | (ExprKind::Or(terms), "false") => {
            return terms.iter().for_each(|term| deciding(ast, steps, *term, answer, out));
        }
        (ExprKind::Unary(UnaryOp::Not, operand), "true") => {
            return deciding(ast, steps, *operand, "false", out);
        }
        (ExprKind::Unary(UnaryOp::Not, operand), "false") => {
            return deciding(ast, steps, *operand, "true", out);
        }
        _ => {}
    }
    out.push((id, answer.to_string()));
}

/// The element at which a loop ended early: the first for which `exists` held or `all` did not.
fn element(ast: &Ast, steps: &[Step], id: ExprId, answer: &str, object: &Json<'_>) -> Option<Read> {
    let ExprKind::Fold(fold) = ast.kind(id) else { return None };
    let ended = matches!((fold.kind, answer), (FoldKind::Exists, "true") | (FoldKind::All, "false"));
    if !ended || steps.len() >= STEPS_MAX {
        return None;
    }
    let mut fields = chain(ast, fold.range)?;
    let body = ast.node(fold.body);
    let rounds = steps.iter().filter(|step| (step.offset, step.end) == (body.start, body.end)).count();
    fields.push(rounds.checked_sub(1)?.to_string());
    Some(read(&fields, object))
}

/// A trace of this many steps was cut.
const STEPS_MAX: usize = 1_000;

fn read(fields: &[String], object: &Json<'_>) -> Read {
    let found =
        fields.iter().try_fold(object, |value, field| match (value.as_array(), field.parse::<usize>()) {
            (Some(items), Ok(at)) => items.get(at),
            _ => value.get(field),
        });
    let found = found.is_some();
    let pointer =
        fields.iter().map(|field| format!("/{}", field.replace('~', "~0").replace('/', "~1"))).collect();
    Read { pointer, found }
}

/// Places of `object` that a part names, the longest of each chain.
fn pointers(ast: &Ast, id: ExprId, object: &Json<'_>, out: &mut Vec<Read>) {
    if let Some(fields) = chain(ast, id) {
        if !fields.is_empty() {
            out.push(read(&fields, object));
        }
        return;
    }
    let mut children = Vec::new();
    ast.kind(id).children(|child| children.push(child));
    children.into_iter().for_each(|child| pointers(ast, child, object, out));
}

/// The fields of `object.a.?b['c'].orValue(d)`.
fn chain(ast: &Ast, id: ExprId) -> Option<Vec<String>> {
    match ast.kind(id) {
        ExprKind::Ident(name) => (name.trim_start_matches('.') == "object").then(Vec::new),
        ExprKind::Select { operand, field, .. } => {
            let mut fields = chain(ast, *operand)?;
            fields.push(field.clone());
            Some(fields)
        }
        ExprKind::Index { operand, index, .. } => match ast.kind(*index) {
            ExprKind::Literal(nachweis_cel::Literal::Str(key)) => {
                let mut fields = chain(ast, *operand)?;
                fields.push(key.clone());
                Some(fields)
            }
            _ => None,
        },
        // `object.spec.?initContainers.orValue([])`
        ExprKind::Call { target: Some(target), function, .. } if function == "orValue" => chain(ast, *target),
        _ => None,
    }
}
