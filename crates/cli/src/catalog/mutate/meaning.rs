//! Which changes change nothing. The rules, all of them, and all true of every value and of every error:
//!
//! - negation moves inwards: `!(a && b)` is `!a || !b`, `!x.all(v, p)` is `x.exists(v, !p)`;
//! - operands of `&&` and `||` stand in any order, once; `true` in `&&` and `false` in `||` are left out;
//! - `a > b` is `b < a`, `a >= b` is `!(a < b)`; a size is a whole number from 0: `size() == 0` is `size() < 1`;
//! - neighbouring conditions that cannot both hold stand in any order: they compare one thing with two constants, or
//!   one says that a list is empty and the other that it has an element.

use nachweis_cel::{Ast, BinaryOp, Env, ExprId, ExprKind, FoldKind, Literal, UnaryOp, compile};
use nachweis_evaluate::VARIABLES;
use nachweis_model::control::{Control, Reason};

use super::write::write;

/// An expression without the ways to write it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Constant(bool),
    /// `what == constant`
    Equal(String, String),
    /// `what.size() < 1`
    Empty(String),
    /// any other part that is true or false
    Part(String),
    /// range, variables, condition
    Exists(String, Vec<String>, Box<Form>),
    Not(Box<Form>),
    All(Vec<Form>),
    Any(Vec<Form>),
}

/// What a control says.
pub fn form(control: &Control) -> (Control, Vec<Option<Form>>) {
    let mut rest = control.clone();
    rest.id.clear();
    let reasons = ordered(std::mem::take(&mut rest.reasons));
    let exclude = ordered(std::mem::take(&mut rest.population.exclude));
    let mut forms = Vec::new();
    let mut take = |text: &mut String| forms.push(read(&std::mem::take(text)));
    rest.population.r#where.iter_mut().for_each(&mut take);
    take(&mut rest.predicate);
    if let Some(by) = &mut rest.enforced_by {
        take(&mut by.seen);
        take(&mut by.inactive);
    }
    rest.counts.iter_mut().filter_map(|count| count.r#where.as_mut()).for_each(&mut take);
    for (list, into) in [(reasons, &mut rest.reasons), (exclude, &mut rest.population.exclude)] {
        for (reason, form) in list {
            forms.push(form);
            into.push(Reason { when: reason.when.map(|_| String::new()), ..reason });
        }
    }
    (rest, forms)
}

fn read(source: &str) -> Option<Form> {
    let program = compile(source, &Env::new(&VARIABLES)).ok()?;
    let ast = program.ast();
    Some(of(ast, ast.root(), true))
}

/// Conditions, those that may change places sorted by their codes.
fn ordered(reasons: Vec<Reason>) -> Vec<(Reason, Option<Form>)> {
    let mut list: Vec<(Reason, Option<Form>)> = reasons
        .into_iter()
        .map(|reason| {
            let form = reason.when.as_deref().and_then(read);
            (reason, form)
        })
        .collect();
    for _ in 0..list.len() {
        for at in 1..list.len() {
            let apart = match (&list[at - 1].1, &list[at].1) {
                (Some(a), Some(b)) => disjoint(a, b),
                _ => false,
            };
            if apart && list[at].0.code < list[at - 1].0.code {
                list.swap(at - 1, at);
            }
        }
    }
    list
}

/// True where two conditions cannot both hold.
fn disjoint(a: &Form, b: &Form) -> bool {
    match (a, b) {
        (Form::All(terms), other) | (other, Form::All(terms)) => {
            terms.iter().any(|term| disjoint(term, other))
        }
        (Form::Any(terms), other) | (other, Form::Any(terms)) => {
            terms.iter().all(|term| disjoint(term, other))
        }
        (Form::Equal(what, one), Form::Equal(other, two)) => what == other && one != two,
        (Form::Empty(list), Form::Exists(range, ..)) | (Form::Exists(range, ..), Form::Empty(list)) => {
            list == range
        }
        (one, Form::Not(other)) | (Form::Not(other), one) => **other == *one,
        _ => false,
    }
}

fn signed(form: Form, positive: bool) -> Form {
    match form {
        Form::Constant(value) => Form::Constant(value == positive),
        form if positive => form,
        form => Form::Not(Box::new(form)),
    }
}

fn joined(mut terms: Vec<Form>, all: bool) -> Form {
    let mut flat = Vec::new();
    for term in terms.drain(..) {
        match term {
            Form::All(inner) if all => flat.extend(inner),
            Form::Any(inner) if !all => flat.extend(inner),
            Form::Constant(value) if value == all => {}
            term => flat.push(term),
        }
    }
    if flat.contains(&Form::Constant(!all)) {
        return Form::Constant(!all);
    }
    flat.sort();
    flat.dedup();
    match (flat.len(), all) {
        (0, _) => Form::Constant(all),
        (1, _) => flat.remove(0),
        (_, true) => Form::All(flat),
        (_, false) => Form::Any(flat),
    }
}

fn of(ast: &Ast, id: ExprId, positive: bool) -> Form {
    match ast.kind(id) {
        ExprKind::Literal(Literal::Bool(value)) => Form::Constant(*value == positive),
        ExprKind::And(terms) => joined(terms.iter().map(|term| of(ast, *term, positive)).collect(), positive),
        ExprKind::Or(terms) => joined(terms.iter().map(|term| of(ast, *term, positive)).collect(), !positive),
        ExprKind::Unary(UnaryOp::Not, inner) => of(ast, *inner, !positive),
        ExprKind::Fold(fold) if matches!(fold.kind, FoldKind::All | FoldKind::Exists) => {
            let all = fold.kind == FoldKind::All;
            let vars = [Some(fold.var.clone()), fold.var2.clone()].into_iter().flatten().collect();
            let body = of(ast, fold.body, !all);
            signed(Form::Exists(write(ast, fold.range, None), vars, Box::new(body)), positive != all)
        }
        ExprKind::Binary(op, a, b) => compared(ast, *op, *a, *b, positive),
        _ => signed(Form::Part(write(ast, id, None)), positive),
    }
}

fn compared(ast: &Ast, op: BinaryOp, a: ExprId, b: ExprId, positive: bool) -> Form {
    let text = |id| write(ast, id, None);
    let less = |a: ExprId, b: ExprId, positive: bool| {
        // `n < size` is `!(size < n + 1)`
        if let (Some(number), Some(list)) = (whole(ast, a), sized(ast, b)) {
            return signed(below(list, number.saturating_add(1)), !positive);
        }
        match (sized(ast, a), whole(ast, b)) {
            (Some(list), Some(number)) => signed(below(list, number), positive),
            _ => signed(Form::Part(format!("{} < {}", text(a), text(b))), positive),
        }
    };
    match op {
        BinaryOp::Ne => compared(ast, BinaryOp::Eq, a, b, !positive),
        BinaryOp::Lt => less(a, b, positive),
        BinaryOp::Gt => less(b, a, positive),
        BinaryOp::Ge => less(a, b, !positive),
        BinaryOp::Le => less(b, a, !positive),
        BinaryOp::Eq => match (sized(ast, a), whole(ast, b)) {
            (Some(list), Some(0)) => signed(Form::Empty(list), positive),
            _ if matches!(ast.kind(b), ExprKind::Literal(_)) => {
                signed(Form::Equal(text(a), text(b)), positive)
            }
            _ => signed(Form::Part(format!("{} == {}", text(a), text(b))), positive),
        },
        op => signed(Form::Part(format!("{} {op:?} {}", text(a), text(b))), positive),
    }
}

fn below(list: String, number: i64) -> Form {
    if number == 1 { Form::Empty(list) } else { Form::Part(format!("{list}.size() < {number}")) }
}

fn whole(ast: &Ast, id: ExprId) -> Option<i64> {
    match ast.kind(id) {
        ExprKind::Literal(Literal::Int(number)) => Some(*number),
        _ => None,
    }
}

/// What `x.size()` is the size of.
fn sized(ast: &Ast, id: ExprId) -> Option<String> {
    match ast.kind(id) {
        ExprKind::Call { target: Some(target), function, args } if function == "size" && args.is_empty() => {
            Some(write(ast, *target, None))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(a: &str, b: &str) {
        assert_eq!(read(a).unwrap(), read(b).unwrap(), "{a} and {b}");
    }

    #[test]
    fn ways_to_write_one_thing_are_one_form() {
        same("!(object.a && object.b)", "!object.b || !object.a");
        same("!object.x.all(v, v.a)", "object.x.exists(v, !v.a)");
        same("object.a >= 3", "!(3 > object.a)");
        same("object.x.size() > 0", "object.x.size() != 0");
        same("object.x.size() < 1", "0 >= object.x.size()");
        same("object.a && true", "object.a");
        same("object.a || true", "true");
    }

    #[test]
    fn different_things_are_different_forms() {
        for (a, b) in [
            ("object.x.size() > 0", "object.x.size() > 1"),
            ("object.a < 3", "object.a <= 3"),
            ("object.x.all(v, v.a)", "object.x.exists(v, v.a)"),
            ("object.a && object.b", "object.a || object.b"),
        ] {
            assert_ne!(read(a).unwrap(), read(b).unwrap(), "{a} and {b}");
        }
    }

    #[test]
    fn conditions_that_exclude_each_other_are_seen() {
        let apart = |a: &str, b: &str| disjoint(&read(a).unwrap(), &read(b).unwrap());
        assert!(apart("object.m == 'A'", "object.m == 'B' && object.c"));
        assert!(apart("object.x.size() == 0", "object.x.exists(v, v.a)"));
        assert!(apart("object.a", "!object.a"));
        assert!(!apart("object.m == 'A'", "object.n == 'B'"));
        assert!(!apart("object.x.size() == 0", "object.y.exists(v, v.a)"));
    }
}
