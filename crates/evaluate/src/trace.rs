//! How one item came out under one control: which expressions were asked, what their parts gave, and which part
//! decided. For people; verdicts never come from here.

use nachweis_canon::Json;
use nachweis_cel::{Ast, ExprId, ExprKind, Step, UnaryOp, Value};
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
    /// the part that decided, as bytes of the expression
    pub decided: (usize, usize),
    /// values that the deciding part read, in the order of the expression, each once
    pub values: Vec<(String, String)>,
    /// places of the object that the deciding part read
    pub reads: Vec<Read>,
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
    let only = |list: &[nachweis_model::control::Control]| {
        list.iter().filter(|known| known.id == control).cloned().collect::<Vec<_>>()
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
    let Some(check) = checks.first() else { return Ok(Vec::new()) };
    let run = Run::first_pass(&alone, &checks)?;
    let mut asked = Vec::new();
    let mut visit = |item: &Item<'_>| {
        if item.index == index {
            asked = about(&run, check, item, inputs.as_of);
        }
    };
    inputs.evidence.read(&|_, _| true, &mut visit).map_err(AssessError::Read)?;
    Ok(asked)
}

fn about(run: &Run, check: &Check, item: &Item<'_>, as_of: nachweis_model::Instant) -> Vec<Asked> {
    let Some(resource) = run.resources.get(&(item.id.group.clone(), item.id.kind.clone())) else { return Vec::new() };
    let ([body], None) = (item.bodies, run.before(check, resource, item)) else { return Vec::new() };
    let by_template = run.pods == Pods::Templates
        && check.judges_pods()
        && TEMPLATES.iter().any(|(name, ..)| *name == resource.as_str());
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
    let part = deciding(ast, &steps, ast.root(), &answer);
    let (start, end) = (ast.node(part).start, ast.node(part).end);
    let source = expr.program.source();
    let mut values: Vec<(String, String)> = Vec::new();
    for step in steps.iter().filter(|step| start <= step.offset && step.end <= end) {
        let text = source.get(step.offset..step.end).unwrap_or_default().to_string();
        let whole = (step.offset, step.end) == (start, end);
        if !whole && !VARIABLE_NAMES.contains(&text.as_str()) && !values.iter().any(|(known, _)| *known == text) {
            values.push((text, step.text.clone()));
        }
    }
    let mut reads = Vec::new();
    pointers(ast, part, object, &mut reads);
    reads.sort();
    reads.dedup();
    Asked { field: expr.field.clone(), source: source.to_string(), answer, decided: (start, end), values, reads }
}

/// Whole variables are too long to be shown; what is read of them is.
const VARIABLE_NAMES: [&str; 5] = crate::plan::VARIABLES;

/// The smallest part that settles the answer: one false operand of `&&`, one true operand of `||`.
fn deciding(ast: &Ast, steps: &[Step], id: ExprId, answer: &str) -> ExprId {
    let gave = |id: &ExprId| {
        let node = ast.node(*id);
        let step = steps.iter().rev().find(|step| (step.offset, step.end) == (node.start, node.end));
        step.map(|step| step.text.as_str())
    };
    let settles = |terms: &[ExprId]| terms.iter().find(|term| gave(term) == Some(answer)).copied();
    let inner = match (ast.kind(id), answer) {
        (ExprKind::And(terms), "false") | (ExprKind::Or(terms), "true") => settles(terms).map(|id| (id, answer)),
        (ExprKind::Unary(UnaryOp::Not, operand), "true") => Some((*operand, "false")),
        (ExprKind::Unary(UnaryOp::Not, operand), "false") => Some((*operand, "true")),
        _ => None,
    };
    match inner {
        Some((id, answer)) => deciding(ast, steps, id, answer),
        None => id,
    }
}

/// Places of `object` that a part names, the longest of each chain.
fn pointers(ast: &Ast, id: ExprId, object: &Json<'_>, out: &mut Vec<Read>) {
    if let Some(fields) = chain(ast, id) {
        if !fields.is_empty() {
            let found = fields.iter().try_fold(object, |value, field| value.get(field)).is_some();
            let pointer = fields.iter().map(|field| format!("/{}", field.replace('~', "~0").replace('/', "~1")));
            out.push(Read { pointer: pointer.collect(), found });
        }
        return;
    }
    let mut children = Vec::new();
    ast.kind(id).children(|child| children.push(child));
    children.into_iter().for_each(|child| pointers(ast, child, object, out));
}

/// The fields of `object.a.?b['c']`.
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
        _ => None,
    }
}
