//! Controls made ready to run: expressions compiled, relations found, parameters bound.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::{Json, Limits, canonical_bytes, parse_bytes};
use nachweis_cel::{Env, Program, compile};
use nachweis_model::control::{Control, EnforcedPer, Reason, WORKLOAD_PODS};
use serde_json::Value;

use crate::relations::{self, Relation};

/// Variables of a check, in the order of their slots.
pub const VARIABLES: [&str; 5] = ["object", "params", "namespaceObject", "related", "asOf"];

/// The parameter whose namespaces are left out of `workload-pods`.
pub const PLATFORM_NAMESPACES: &str = "platform_namespaces";

/// A control that cannot be run: an error of the catalogue, not of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// id of the control
    pub control: String,
    /// field of the control file, such as `predicate` or `reasons[2].when`
    pub field: String,
    /// line in the expression, from 1; 0 where the field is no expression
    pub line: usize,
    /// column in the line, from 1
    pub column: usize,
    /// the problem in words
    pub message: String,
}

/// A compiled expression with the relations that it names.
pub(crate) struct Expr {
    /// field of the control file
    pub field: String,
    pub program: Program,
    pub relations: Vec<&'static Relation>,
}

/// A condition with its code.
pub(crate) struct Coded {
    pub code: String,
    pub when: Option<Expr>,
}

pub(crate) struct Enforced {
    pub per: EnforcedPer,
    pub seen: Expr,
    pub inactive: Expr,
}

pub(crate) struct Counted {
    pub name: String,
    pub resource: String,
    pub only: Option<Expr>,
}

/// A control made ready to run.
pub(crate) struct Check {
    pub control: Control,
    pub only: Option<Expr>,
    pub exclude: Vec<Coded>,
    pub predicate: Expr,
    pub reasons: Vec<Coded>,
    pub enforced: Option<Enforced>,
    pub counts: Vec<Counted>,
    pub threshold: (u64, u64),
    pub enough: BTreeSet<String>,
    /// all relations that the control names
    pub relations: Vec<&'static Relation>,
    pub params: Json<'static>,
    /// parameters that have no default and were not set
    pub unset: Vec<String>,
    pub platform_namespaces: BTreeSet<String>,
}

impl Check {
    /// True where the population is made of pods.
    pub fn judges_pods(&self) -> bool {
        self.control.population.of.iter().any(|name| name == WORKLOAD_PODS)
    }

    /// All expressions that are asked about items of the population.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let coded = self.exclude.iter().chain(&self.reasons).filter_map(|coded| coded.when.as_ref());
        let enforced = self.enforced.iter().flat_map(|by| [&by.seen, &by.inactive]);
        self.only.iter().chain([&self.predicate]).chain(coded).chain(enforced)
    }

    /// True where an expression reads the item's Namespace.
    pub fn uses_namespace(&self) -> bool {
        self.expressions().any(|expr| expr.program.uses("namespaceObject"))
    }

    /// Versions of a resource that the control understands; empty where it does not read the resource.
    pub fn versions(&self, resource: &str) -> &[String] {
        let read = self.control.reads.iter().find(|read| read.resource == resource);
        read.map_or(&[], |read| &read.versions)
    }
}

struct Compiler<'c> {
    control: &'c Control,
    env: Env,
    errors: Vec<PlanError>,
}

impl Compiler<'_> {
    fn error(&mut self, field: &str, message: impl Into<String>) {
        let control = self.control.id.clone();
        self.errors.push(PlanError {
            control,
            field: field.into(),
            line: 0,
            column: 0,
            message: message.into(),
        });
    }

    fn expression(&mut self, field: &str, source: &str) -> Option<Expr> {
        let program = match compile(source, &self.env) {
            Ok(program) => program,
            Err(errors) => {
                let control = &self.control.id;
                self.errors.extend(errors.into_iter().map(|error| PlanError {
                    control: control.clone(),
                    field: field.into(),
                    line: error.line,
                    column: error.column,
                    message: error.message,
                }));
                return None;
            }
        };
        let mut found = Vec::new();
        for name in program.related_names() {
            match relations::ALL.iter().find(|relation| relation.name == name) {
                Some(relation) => found.push(relation),
                None => self.error(field, format!("there is no relation `related.{name}`")),
            }
        }
        Some(Expr { field: field.into(), program, relations: found })
    }

    fn coded(&mut self, field: &str, reasons: &[Reason]) -> Vec<Coded> {
        let mut out = Vec::new();
        for (at, reason) in reasons.iter().enumerate() {
            let field = format!("{field}[{at}].when");
            let when = reason.when.as_ref().and_then(|source| self.expression(&field, source));
            out.push(Coded { code: reason.code.clone(), when });
        }
        out
    }

    /// The subjects of the population as relations name them.
    fn subjects(&self) -> Vec<&str> {
        let of = self.control.population.of.iter();
        of.map(|name| if name == WORKLOAD_PODS { "pods" } else { name.as_str() }).collect()
    }
}

fn ratio(threshold: &str) -> Option<(u64, u64)> {
    let (part, whole) = threshold.split_once('/')?;
    let (part, whole) = (part.parse().ok()?, whole.parse().ok()?);
    (whole > 0 && part > 0 && part <= whole).then_some((part, whole))
}

/// Compiles one control. `values` are the overlay's values of parameters.
pub(crate) fn check(control: &Control, values: &BTreeMap<String, Value>) -> Result<Check, Vec<PlanError>> {
    let mut compiler = Compiler { control, env: Env::new(&VARIABLES), errors: Vec::new() };
    let only = control.population.r#where.as_ref();
    let only = only.and_then(|source| compiler.expression("population.where", source));
    let exclude = compiler.coded("population.exclude", &control.population.exclude);
    let predicate = compiler.expression("predicate", &control.predicate);
    let reasons = compiler.coded("reasons", &control.reasons);
    let enforced = control.enforced_by.as_ref().and_then(|by| {
        let seen = compiler.expression("enforced_by.seen", &by.seen)?;
        let inactive = compiler.expression("enforced_by.inactive", &by.inactive)?;
        Some(Enforced { per: by.per, seen, inactive })
    });
    let counts = control.counts.iter().map(|count| Counted {
        name: count.name.clone(),
        resource: count.resource.clone(),
        only: count.r#where.as_ref().and_then(|source| compiler.expression("counts.where", source)),
    });
    let counts: Vec<Counted> = counts.collect();
    let threshold = ratio(&control.threshold);
    if threshold.is_none() {
        compiler.error("threshold", format!("`{}` is no ratio like 9/10", control.threshold));
    }
    let mut named: Vec<&'static Relation> = Vec::new();
    let expressions =
        only.iter().chain(&predicate).chain(exclude.iter().chain(&reasons).filter_map(|c| c.when.as_ref()));
    for relation in expressions
        .chain(enforced.iter().flat_map(|by| [&by.seen, &by.inactive]))
        .flat_map(|expression| expression.relations.iter().copied())
    {
        if !named.iter().any(|other| other.name == relation.name) {
            named.push(relation);
        }
    }
    let strange: Vec<String> = named
        .iter()
        .flat_map(|relation| {
            let subjects =
                compiler.subjects().into_iter().filter(|subject| !relation.subjects.contains(subject));
            subjects
                .map(|subject| format!("`related.{}` does not exist for items of `{subject}`", relation.name))
        })
        .collect();
    for message in strange {
        compiler.error("population.of", message);
    }
    let (params, unset) = bind(control, values);
    let platform = params.list(&[PLATFORM_NAMESPACES]).iter().filter_map(|name| name.as_str());
    let platform_namespaces = platform.map(str::to_string).collect();
    let errors = compiler.errors;
    match (predicate, threshold, errors.is_empty()) {
        (Some(predicate), Some(threshold), true) => Ok(Check {
            control: control.clone(),
            only,
            exclude,
            predicate,
            reasons,
            enforced,
            counts,
            threshold,
            enough: control.found_is_enough.iter().cloned().collect(),
            relations: named,
            params,
            unset,
            platform_namespaces,
        }),
        _ => Err(errors),
    }
}

/// The value of a parameter: the overlay's, else the default.
pub(crate) fn value<'v>(
    parameter: &'v nachweis_model::control::Parameter,
    values: &'v BTreeMap<String, Value>,
) -> &'v Value {
    values.get(&parameter.name).unwrap_or(&parameter.default)
}

fn bind(control: &Control, values: &BTreeMap<String, Value>) -> (Json<'static>, Vec<String>) {
    let mut bound = BTreeMap::new();
    let mut unset = Vec::new();
    for parameter in &control.parameters {
        match value(parameter, values) {
            Value::Null => unset.push(parameter.name.clone()),
            value => {
                bound.insert(parameter.name.clone(), value.clone());
            }
        }
    }
    let bytes = canonical_bytes(&bound);
    let params = parse_bytes(&bytes, &Limits::OURS).map(|parsed| parsed.value.into_owned());
    (params.unwrap_or(Json::Null), unset)
}
