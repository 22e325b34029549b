//! The type checker: what does not compile in Kubernetes does not compile here.

use crate::ast::{Ast, BinaryOp, ExprId, ExprKind, Fold, FoldKind, Literal, UnaryOp};
use crate::check::{self, Trees};
use crate::env::Env;
use crate::error::CompileError;
use crate::plan::{namespaced, type_name};
use crate::signatures::{Overload, overloads};
use crate::types::Type;
use crate::unify::{Mapping, most_general};

pub(crate) struct Checker<'p> {
    source: &'p str,
    ast: &'p Ast,
    env: &'p Env,
    scope: Vec<(&'p str, Type)>,
    mapping: Mapping,
    /// type of each node that was visited
    types: Vec<Option<Type>>,
    /// the field trees, where a check is bound to them: then only what cannot work is an error
    trees: Option<&'p dyn Trees>,
    pub errors: Vec<CompileError>,
    /// fields that may have been meant, by the number of the error
    pub hints: Vec<(usize, Vec<String>)>,
}

/// The name under which the table has an operator.
pub(crate) fn operator_name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "_+_",
        BinaryOp::Sub => "_-_",
        BinaryOp::Mul => "_*_",
        BinaryOp::Div => "_/_",
        BinaryOp::Rem => "_%_",
        BinaryOp::Eq => "_==_",
        BinaryOp::Ne => "_!=_",
        BinaryOp::Lt => "_<_",
        BinaryOp::Le => "_<=_",
        BinaryOp::Gt => "_>_",
        BinaryOp::Ge => "_>=_",
        BinaryOp::In => "@in",
    }
}

/// Type of a name that stands for a type.
fn type_ident(name: &str) -> Option<Type> {
    let of = match type_name(name)? {
        "list" => Type::list(Type::Dyn),
        "map" => Type::map(Type::Dyn, Type::Dyn),
        "null_type" => Type::Null,
        "type" => Type::Type(None),
        "optional_type" => Type::Optional(None),
        "google.protobuf.Timestamp" => Type::Timestamp,
        "google.protobuf.Duration" => Type::Duration,
        "net.IP" => crate::types::IP,
        "net.CIDR" => crate::types::CIDR,
        simple => crate::types::read(simple),
    };
    Some(Type::of_type(of))
}

impl<'p> Checker<'p> {
    pub fn new(source: &'p str, ast: &'p Ast, env: &'p Env) -> Self {
        let types = vec![None; ast.nodes.len()];
        let mapping = Mapping::default();
        let (scope, errors, hints) = (Vec::new(), Vec::new(), Vec::new());
        Checker { source, ast, env, scope, mapping, types, trees: None, errors, hints }
    }

    /// Looks fields up in trees; names that the environment lacks are `dyn`.
    pub fn with_trees(mut self, trees: &'p dyn Trees) -> Self {
        self.trees = Some(trees);
        self.mapping.null_fits = true;
        self
    }

    /// The type of the whole expression, if it has one.
    pub fn run(&mut self) -> Type {
        let result = self.check(self.ast.root());
        if self.errors.is_empty() && self.trees.is_none() {
            self.literals_agree();
        }
        self.mapping.substitute(&result, true)
    }

    /// Static types of the nodes, by node; only nodes of the final tree have one.
    pub fn node_types(&self) -> Vec<Option<Type>> {
        self.types.iter().map(|of| of.as_ref().map(|of| self.mapping.substitute(of, true))).collect()
    }

    fn error(&mut self, id: ExprId, message: impl Into<String>) -> Type {
        self.errors.push(CompileError::new(self.source, self.ast.node(id).at, message));
        Type::Dyn
    }

    fn mismatch(&mut self, id: ExprId, wanted: &Type, found: &Type) -> Type {
        let show = |of: &Type| self.mapping.substitute(of, true).to_string();
        let message = format!("expected type `{}` but found `{}`", show(wanted), show(found));
        self.error(id, message)
    }

    fn check(&mut self, id: ExprId) -> Type {
        let ast = self.ast;
        let found = self.infer(id, ast.kind(id));
        let found = self.mapping.bounded(found);
        self.types[id.0 as usize] = Some(found.clone());
        found
    }

    fn infer(&mut self, id: ExprId, kind: &'p ExprKind) -> Type {
        match kind {
            ExprKind::Literal(literal) => match literal {
                Literal::Null => Type::Null,
                Literal::Bool(_) => Type::Bool,
                Literal::Int(_) => Type::Int,
                Literal::Uint(_) => Type::Uint,
                Literal::Double(_) => Type::Double,
                Literal::Str(_) => Type::String,
                Literal::Bytes(_) => Type::Bytes,
            },
            ExprKind::Ident(name) => self.ident(id, name),
            ExprKind::Select { operand, field, optional, test } => {
                self.select(id, *operand, field, *optional, *test)
            }
            ExprKind::Index { operand, index, optional } => {
                let args = vec![self.check(*operand), self.check(*index)];
                if let Some(found) = self.tree_index(id, &args[0], *index, *optional) {
                    return found;
                }
                self.overload(id, if *optional { "_[?_]" } else { "_[_]" }, false, args)
            }
            ExprKind::Call { target, function, args } => self.call(id, *target, function, args),
            ExprKind::Unary(op, operand) => {
                let args = vec![self.check(*operand)];
                self.overload(id, if *op == UnaryOp::Not { "!_" } else { "-_" }, false, args)
            }
            ExprKind::Binary(op, left, right) => {
                let args = vec![self.check(*left), self.check(*right)];
                self.overload(id, operator_name(*op), false, args)
            }
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                for term in terms {
                    let found = self.check(*term);
                    self.must_be_bool(*term, &found);
                }
                Type::Bool
            }
            ExprKind::Cond(a, b, c) => {
                let args = vec![self.check(*a), self.check(*b), self.check(*c)];
                self.overload(id, "_?_:_", false, args)
            }
            ExprKind::List(items) => self.list(items),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Message(name, fields) => {
                for (_, _, value) in fields {
                    self.check(*value);
                }
                self.error(id, format!("undeclared reference to `{name}`"))
            }
            ExprKind::Fold(fold) => self.fold(id, fold),
            ExprKind::Bind { name, init, body } => {
                let init = self.check(*init);
                self.scoped(name, init, |this| this.check(*body))
            }
            ExprKind::OptMap { target, name, body, flat } => self.opt_map(id, *target, name, *body, *flat),
        }
    }

    fn must_be_bool(&mut self, id: ExprId, found: &Type) {
        if !self.mapping.assignable(found, &Type::Bool) {
            self.mismatch(id, &Type::Bool, found);
        }
    }

    fn scoped<T>(&mut self, name: &'p str, of: Type, run: impl FnOnce(&mut Self) -> T) -> T {
        self.scope.push((name, of));
        let result = run(self);
        self.scope.pop();
        result
    }

    fn ident(&mut self, id: ExprId, name: &str) -> Type {
        let global = name.strip_prefix('.');
        if global.is_none()
            && let Some((_, of)) = self.scope.iter().rev().find(|(known, _)| *known == name)
        {
            return of.clone();
        }
        let plain = global.unwrap_or(name);
        if let Some(slot) = self.env.slot(plain) {
            return self.env.type_of(slot).clone();
        }
        match type_ident(plain) {
            Some(of) => of,
            None if self.trees.is_some() => Type::Dyn,
            None => self.error(id, format!("undeclared reference to `{name}`")),
        }
    }

    fn select(&mut self, id: ExprId, operand: ExprId, field: &str, optional: bool, test: bool) -> Type {
        if !optional && !test {
            let name = self.ast.qualified_name(id).unwrap_or_default();
            let first = name.split('.').next().unwrap_or("");
            if !self.scope.iter().any(|(known, _)| *known == first) {
                match name.trim_start_matches('.') {
                    "google.protobuf.NullValue.NULL_VALUE" => return Type::Int,
                    plain => {
                        if let Some(of) = type_ident(plain) {
                            return of;
                        }
                    }
                }
            }
        }
        let found = self.check(operand);
        let found = self.mapping.substitute(&found, false);
        let (target, was_optional) = match &found {
            Type::Optional(Some(of)) => (of.as_ref().clone(), true),
            other => (other.clone(), false),
        };
        let result = match &target {
            Type::Map(_, value) => value.as_ref().clone(),
            Type::Object(object) => match object.field(field) {
                Some(of) => of.clone(),
                None => self.error(id, format!("undefined field `{field}`")),
            },
            Type::Param(_) => {
                self.mapping.assignable(&Type::Dyn, &target);
                Type::Dyn
            }
            Type::Tree(name) => self.tree_field(id, name, field),
            Type::Dyn => Type::Dyn,
            other => {
                let shown = self.mapping.substitute(other, true);
                self.error(id, format!("type `{shown}` does not support field selection"))
            }
        };
        match (test, optional || was_optional) {
            (true, _) => Type::Bool,
            (false, true) => Type::optional(result),
            (false, false) => result,
        }
    }

    /// Type of a field of an object in a tree; a field that cannot exist is an error.
    fn tree_field(&mut self, id: ExprId, name: &str, field: &str) -> Type {
        let Some(trees) = self.trees else { return Type::Dyn };
        if let Some(found) = trees.field(name, field) {
            return found.to_type();
        }
        self.hints.push((self.errors.len(), check::similar(field, trees.fields(name))));
        self.error(id, format!("`{}` has no field `{field}`", check::short_name(name)))
    }

    /// `object['field']` on an object in a tree.
    fn tree_index(&mut self, id: ExprId, operand: &Type, index: ExprId, optional: bool) -> Option<Type> {
        let operand = self.mapping.substitute(operand, false);
        let (target, was_optional) = match &operand {
            Type::Optional(Some(of)) => (of.as_ref(), true),
            other => (other, false),
        };
        let Type::Tree(name) = target else { return None };
        let found = match self.ast.kind(index) {
            ExprKind::Literal(Literal::Str(field)) => self.tree_field(id, &name.clone(), field),
            _ => Type::Dyn,
        };
        Some(if optional || was_optional { Type::optional(found) } else { found })
    }

    /// In a bound check, alternatives of different types are no error: the program runs.
    fn may_differ(&self, name: &str) -> bool {
        self.trees.is_some() && matches!(name, "_?_:_" | "orValue" | "or" | "@sortBy")
    }

    fn call(&mut self, id: ExprId, target: Option<ExprId>, function: &str, args: &[ExprId]) -> Type {
        let mut types: Vec<Type> = args.iter().map(|arg| self.check(*arg)).collect();
        let Some(target) = target else {
            return self.overload(id, function.trim_start_matches('.'), false, types);
        };
        if let Some(full) = namespaced(self.ast, target, function) {
            return self.overload(id, &full, false, types);
        }
        let receiver = self.check(target);
        types.insert(0, receiver);
        self.overload(id, function, true, types)
    }

    /// The result of the overloads that take these arguments; different results are `dyn`.
    fn overload(&mut self, id: ExprId, name: &str, member: bool, args: Vec<Type>) -> Type {
        let known = overloads(name, member);
        if known.is_empty() && overloads(name, !member).is_empty() {
            return self.error(id, format!("undeclared reference to `{name}`"));
        }
        let mut result: Option<Type> = None;
        for overload in known {
            let (params, returns) = self.instance(overload);
            if !self.mapping.all_assignable(&args, &params) {
                continue;
            }
            let returns = self.mapping.substitute(&returns, false);
            result = Some(match result {
                None => returns,
                Some(Type::Dyn) => Type::Dyn,
                Some(before) if before == returns => before,
                Some(_) => Type::Dyn,
            });
        }
        if let Some(result) = result {
            return result;
        }
        if self.may_differ(name) {
            return Type::Dyn;
        }
        let shown: Vec<String> =
            args.iter().map(|arg| self.mapping.substitute(arg, true).to_string()).collect();
        let applied = match (member, shown.split_first()) {
            (true, Some((receiver, rest))) => format!("{receiver}.({})", rest.join(", ")),
            _ => format!("({})", shown.join(", ")),
        };
        self.error(id, format!("found no matching overload for `{name}` applied to `{applied}`"))
    }

    /// Parameters and result of an overload with fresh variables.
    fn instance(&mut self, overload: &Overload) -> (Vec<Type>, Type) {
        let mut fresh = [None, None];
        let params = overload.params.iter().map(|of| self.freshen(of, &mut fresh)).collect();
        (params, self.freshen(&overload.result, &mut fresh))
    }

    fn freshen(&mut self, of: &Type, fresh: &mut [Option<Type>; 2]) -> Type {
        match of {
            Type::Param(id) => {
                let mapping = &mut self.mapping;
                fresh[(*id as usize).min(1)].get_or_insert_with(|| mapping.fresh()).clone()
            }
            Type::List(of) => Type::list(self.freshen(of, fresh)),
            Type::Map(key, value) => Type::map(self.freshen(key, fresh), self.freshen(value, fresh)),
            Type::Type(Some(of)) => Type::of_type(self.freshen(of, fresh)),
            Type::Optional(Some(of)) => Type::optional(self.freshen(of, fresh)),
            other => other.clone(),
        }
    }

    /// The type of an element or value that may be left out.
    fn maybe(&mut self, id: ExprId, optional: bool, found: Type) -> Type {
        match (optional, &found) {
            (true, Type::Optional(Some(of))) => of.as_ref().clone(),
            (true, Type::Dyn) | (false, _) => found,
            (true, _) => {
                let wanted = Type::optional(found.clone());
                self.mismatch(id, &wanted, &found);
                found
            }
        }
    }

    fn join(&mut self, before: Option<Type>, found: Type) -> Option<Type> {
        let Some(before) = before else { return Some(found) };
        if self.mapping.assignable(&before, &found) {
            return Some(most_general(&before, &found));
        }
        Some(Type::Dyn)
    }

    fn list(&mut self, items: &[(bool, ExprId)]) -> Type {
        let mut of = None;
        for (optional, item) in items {
            let found = self.check(*item);
            let found = self.maybe(*item, *optional, found);
            of = self.join(of, found);
        }
        Type::list(of.unwrap_or_else(|| self.mapping.fresh()))
    }

    fn map(&mut self, entries: &[(bool, ExprId, ExprId)]) -> Type {
        let (mut keys, mut values) = (None, None);
        for (optional, key, value) in entries {
            let found = self.check(*key);
            keys = self.join(keys, found);
            let found = self.check(*value);
            let found = self.maybe(*value, *optional, found);
            values = self.join(values, found);
        }
        let key = keys.unwrap_or_else(|| self.mapping.fresh());
        Type::map(key, values.unwrap_or_else(|| self.mapping.fresh()))
    }

    fn fold(&mut self, id: ExprId, fold: &'p Fold) -> Type {
        let range = self.check(fold.range);
        let range = self.mapping.substitute(&range, false);
        let (first, second) = match (&range, &fold.var2) {
            (Type::List(of), None) => (of.as_ref().clone(), Type::Dyn),
            (Type::List(of), Some(_)) => (Type::Int, of.as_ref().clone()),
            (Type::Tree(_), _) => (Type::String, Type::Dyn),
            (Type::Map(key, value), _) => (key.as_ref().clone(), value.as_ref().clone()),
            (Type::Dyn | Type::Param(_), _) => {
                self.mapping.assignable(&Type::Dyn, &range);
                (Type::Dyn, Type::Dyn)
            }
            _ => {
                let shown = self.mapping.substitute(&range, true);
                let message = format!("expression of type `{shown}` cannot be range of a comprehension");
                self.error(fold.range, message);
                (Type::Dyn, Type::Dyn)
            }
        };
        let depth = self.scope.len();
        self.scope.push((&fold.var, first.clone()));
        if let Some(name) = &fold.var2 {
            self.scope.push((name, second));
        }
        if let Some(filter) = fold.filter {
            let found = self.check(filter);
            self.must_be_bool(filter, &found);
        }
        let body = self.check(fold.body);
        self.scope.truncate(depth);
        match fold.kind {
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => {
                self.must_be_bool(fold.body, &body);
                Type::Bool
            }
            FoldKind::Filter => {
                self.must_be_bool(fold.body, &body);
                Type::list(first)
            }
            FoldKind::List => Type::list(body),
            FoldKind::Map => Type::map(first, body),
            FoldKind::MapEntry => {
                let entry = Type::map(self.mapping.fresh(), self.mapping.fresh());
                if !self.mapping.assignable(&entry, &body) {
                    self.mismatch(fold.body, &entry, &body);
                }
                self.mapping.substitute(&entry, false)
            }
            FoldKind::SortBy => self.overload(id, "@sortBy", true, vec![range, Type::list(body)]),
        }
    }

    fn opt_map(&mut self, id: ExprId, target: ExprId, name: &'p str, body: ExprId, flat: bool) -> Type {
        let target = self.check(target);
        let value = self.overload(id, "value", true, vec![target]);
        let body = self.scoped(name, value, |this| this.check(body));
        let some = if flat { body } else { Type::optional(body) };
        let none = Type::optional(self.mapping.fresh());
        self.overload(id, "_?_:_", false, vec![Type::Bool, some, none])
    }

    /// Elements of a literal must be of one type, not just of types that agree; arguments of `format` may differ.
    fn literals_agree(&mut self) {
        let ast = self.ast;
        let mut open = vec![ast.root()];
        while let Some(id) = open.pop() {
            let kind = ast.kind(id);
            match kind {
                ExprKind::Call { function, .. } if function == "format" => continue,
                ExprKind::List(items) => self.agree(items.iter().map(|(maybe, id)| (*id, *maybe))),
                ExprKind::Map(entries) => {
                    self.agree(entries.iter().map(|(_, key, _)| (*key, false)));
                    self.agree(entries.iter().map(|(maybe, _, value)| (*value, *maybe)));
                }
                _ => {}
            }
            kind.children(|child| open.push(child));
        }
    }

    fn agree(&mut self, elements: impl Iterator<Item = (ExprId, bool)>) {
        let mut first: Option<Type> = None;
        for (id, optional) in elements {
            let Some(found) = &self.types[id.0 as usize] else { continue };
            let found = match self.mapping.substitute(found, true) {
                Type::Optional(Some(inner)) if optional => inner.as_ref().clone(),
                other => other,
            };
            match &first {
                None => first = Some(found),
                Some(first) if *first != found => {
                    self.mismatch(id, &first.clone(), &found);
                    return;
                }
                Some(_) => {}
            }
        }
    }
}
