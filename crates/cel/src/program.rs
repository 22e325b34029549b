use std::collections::BTreeSet;

use crate::ast::{Ast, ExprId, ExprKind};
use crate::env::Env;
use crate::error::{CompileError, EvalError};
use crate::eval::{Machine, Step};
use crate::infer::Checker;
use crate::parse::parse;
use crate::plan::{Op, Planner};
use crate::types::Type;
use crate::value::Value;

/// A compiled expression. It may be shared between threads.
#[derive(Debug)]
pub struct Program {
    source: String,
    ast: Ast,
    op: Op,
    slots: usize,
    result: Type,
}

/// Compiles an expression over the variables of `env`; reports every problem that is found.
pub fn compile(source: &str, env: &Env) -> Result<Program, Vec<CompileError>> {
    let ast = parse(source, env.bindings).map_err(|error| vec![error])?;
    let mut checker = Checker::new(source, &ast, env);
    let result = checker.run();
    if !checker.errors.is_empty() {
        return Err(checker.errors);
    }
    let types = checker.node_types();
    let mut planner = Planner::new(source, &ast, env, &types);
    let op = planner.op(ast.root());
    let (slots, errors) = (planner.slots, planner.errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Program { source: source.to_string(), ast, op, slots, result })
}

impl Program {
    /// Evaluates with one value for each variable of the environment, by slot; a missing one is `null`.
    pub fn eval<'a>(&'a self, vars: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
        self.eval_with_cost(vars).0
    }

    /// Like [`Program::eval`], with the cost units that were used.
    pub fn eval_with_cost<'a>(&'a self, vars: &[Value<'a>]) -> (Result<Value<'a>, EvalError>, u64) {
        let mut machine = Machine::new(vars, self.slots);
        let result = machine.eval(&self.op).map_err(crate::error::Fault::into_error);
        (result, machine.cost)
    }

    /// What the parts of the expression gave, operands before what uses them. Constants are left out, and parts
    /// that were not needed. At most the first 1,000 steps; below that the last one is the whole expression.
    pub fn explain<'a>(&'a self, vars: &[Value<'a>]) -> Vec<Step> {
        let mut machine = Machine::new(vars, self.slots);
        machine.trace = Some(Vec::new());
        let _ = machine.eval(&self.op);
        machine.trace.unwrap_or_default()
    }

    /// The text that was compiled.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Static type of the result; `dyn` where it depends on the values.
    pub fn result_type(&self) -> &Type {
        &self.result
    }

    /// The tree.
    pub fn ast(&self) -> &Ast {
        &self.ast
    }

    /// True if the expression names the variable.
    pub fn uses(&self, var: &str) -> bool {
        let mut found = false;
        free_names(&self.ast, self.ast.root(), &mut Vec::new(), &mut |name, _| found |= name == var);
        found
    }

    /// The NAMEs in `related.NAME`, `related.?NAME`, `has(related.NAME)` and `related['NAME']`, sorted.
    pub fn related_names(&self) -> Vec<String> {
        let mut names = BTreeSet::new();
        self.ast.walk(|_, node| {
            let is_related = |id: ExprId| match self.ast.kind(id) {
                ExprKind::Ident(name) => name.trim_start_matches('.') == "related",
                _ => false,
            };
            match &node.kind {
                ExprKind::Select { operand, field, .. } if is_related(*operand) => {
                    names.insert(field.clone());
                }
                ExprKind::Index { operand, index, .. } if is_related(*operand) => {
                    if let ExprKind::Literal(crate::ast::Literal::Str(name)) = self.ast.kind(*index) {
                        names.insert(name.clone());
                    }
                }
                _ => {}
            }
        });
        names.into_iter().collect()
    }
}

/// Visits every name that no macro of the expression binds. Recursion is bounded by the depth of the tree.
fn free_names<'t>(
    ast: &'t Ast,
    id: ExprId,
    bound: &mut Vec<&'t str>,
    visit: &mut impl FnMut(&'t str, ExprId),
) {
    let depth = bound.len();
    match ast.kind(id) {
        ExprKind::Ident(name) => match name.strip_prefix('.') {
            Some(global) => visit(global, id),
            None if !bound.contains(&name.as_str()) => visit(name, id),
            None => {}
        },
        ExprKind::Fold(fold) => {
            free_names(ast, fold.range, bound, visit);
            bound.push(&fold.var);
            bound.extend(fold.var2.as_deref());
            if let Some(filter) = fold.filter {
                free_names(ast, filter, bound, visit);
            }
            free_names(ast, fold.body, bound, visit);
        }
        ExprKind::Bind { name, init: first, body } | ExprKind::OptMap { name, target: first, body, .. } => {
            free_names(ast, *first, bound, visit);
            bound.push(name);
            free_names(ast, *body, bound, visit);
        }
        kind => {
            let mut children = Vec::new();
            kind.children(|child| children.push(child));
            for child in children {
                free_names(ast, child, bound, visit);
            }
        }
    }
    bound.truncate(depth);
}
