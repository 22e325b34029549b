//! Binding: everything that a control names exists, checked before any run (ARCHITECTURE).

use std::collections::{BTreeMap, BTreeSet};

use nachweis_catalog::{Schemas, nearest};
use nachweis_cel::check::{FieldType, Trees, Variable, check as check_types, check_source};
use nachweis_cel::{Env, Program, Type, compile};
use nachweis_model::control::{Control, ParameterType, WORKLOAD_PODS};

use crate::plan::{PLATFORM_NAMESPACES, PlanError, VARIABLES};
use crate::relations::{self, Relation};

const POD: &str = "io.k8s.api.core.v1.Pod";
const NAMESPACE: &str = "io.k8s.api.core.v1.Namespace";
const PARAMS: &str = "params";
const RELATED: &str = "related";

/// Field trees of kinds, and beside them those of parameters and relations.
struct Names<'s> {
    schemas: &'s Schemas,
    own: BTreeMap<String, BTreeMap<String, FieldType>>,
}

impl Trees for Names<'_> {
    fn field(&self, type_name: &str, field: &str) -> Option<FieldType> {
        match self.own.get(type_name) {
            Some(fields) => fields.get(field).cloned(),
            None => self.schemas.field(type_name, field),
        }
    }

    fn fields(&self, type_name: &str) -> Vec<String> {
        match self.own.get(type_name) {
            Some(fields) => fields.keys().cloned().collect(),
            None => self.schemas.fields(type_name),
        }
    }
}

/// Type of a relation's value or field, as its table writes it.
fn shape(word: &str) -> FieldType {
    if let Some(inner) = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return FieldType::Array(Box::new(shape(inner)));
    }
    match word {
        "string" => FieldType::String,
        "integer" => FieldType::Integer,
        "boolean" => FieldType::Boolean,
        name => FieldType::Ref(name.to_string()),
    }
}

fn parameter_type(kind: ParameterType) -> FieldType {
    match kind {
        ParameterType::Integer => FieldType::Integer,
        ParameterType::String => FieldType::String,
        ParameterType::Boolean => FieldType::Boolean,
        ParameterType::StringList => FieldType::Array(Box::new(FieldType::String)),
        ParameterType::StringMap => FieldType::Map(Box::new(FieldType::String)),
    }
}

fn own_trees(control: &Control) -> BTreeMap<String, BTreeMap<String, FieldType>> {
    let mut own = BTreeMap::new();
    let params = control.parameters.iter().map(|p| (p.name.clone(), parameter_type(p.kind)));
    own.insert(PARAMS.to_string(), params.collect());
    let related = relations::ALL.iter().map(|relation| (relation.name.to_string(), shape(relation.value)));
    own.insert(RELATED.to_string(), related.collect());
    for (name, fields) in relations::ALL.iter().flat_map(|relation| relation.shapes) {
        own.insert(
            (*name).to_string(),
            fields.iter().map(|(field, word)| ((*field).to_string(), shape(word))).collect(),
        );
    }
    own
}

/// Something that a control names and that cannot exist, or that can never work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unbound {
    /// field of the control file, such as `predicate` or `reasons[2].when`
    pub field: String,
    /// byte offset in the text of the field, where the field is an expression
    pub offset: Option<usize>,
    /// line in the expression, from 1; 0 where the field is no expression
    pub line: usize,
    /// column in the line, from 1
    pub column: usize,
    /// stable code
    pub code: &'static str,
    /// the problem in words
    pub message: String,
    /// what to do, where we know it
    pub help: Option<String>,
}

/// An expression of a control. `count` is the place of the count that it belongs to.
struct Expr<'c> {
    field: String,
    count: Option<usize>,
    source: &'c str,
    /// none where it does not compile
    program: Option<Program>,
}

/// How the language says that a name does not exist, and that an operation takes other types.
const UNDECLARED: &str = "undeclared reference to `";
const TYPES: &str = "no matching overload";

struct Binder<'c> {
    control: &'c Control,
    schemas: &'c Schemas,
    found: Vec<Unbound>,
}

/// Reports every name in a control that cannot exist: fields, kinds, versions, relations, parameters, counts; and
/// every expression that is none, or that can never work. All of them, in the order of fields and places.
pub fn unbound(control: &Control, schemas: &Schemas) -> Vec<Unbound> {
    let mut binder = Binder { control, schemas, found: Vec::new() };
    let exprs = binder.compiled();
    let relations = binder.relations(&exprs);
    binder.resources(&exprs, &relations);
    binder.parameters(&exprs);
    binder.texts();
    let names = Names { schemas, own: own_trees(control) };
    for expr in &exprs {
        let objects = match expr.count {
            Some(at) => binder.types_of(&control.counts[at].resource),
            None => binder.objects(),
        };
        for object in objects {
            binder.expression(expr, &object, &names);
        }
    }
    binder.found.sort();
    // An operation that fails for several versions of an object, or before and after their types are known.
    binder.found.dedup_by(|a, b| {
        let place = (&a.field, a.offset, a.code) == (&b.field, b.offset, b.code);
        place && (a.offset.is_some() || a.message == b.message)
    });
    binder.found
}

/// What [`unbound`] finds, as errors of the catalogue.
pub fn bind(control: &Control, schemas: &Schemas) -> Vec<PlanError> {
    let errors = unbound(control, schemas).into_iter();
    errors
        .map(|error| PlanError {
            control: control.id.clone(),
            field: error.field,
            line: error.line,
            column: error.column,
            message: error.help.map_or(error.message.clone(), |help| format!("{}; {help}", error.message)),
        })
        .collect()
}

/// Field, count and text of every expression.
fn sources(control: &Control) -> Vec<(String, Option<usize>, &str)> {
    let mut out = Vec::new();
    let mut add = |field: String, count, source| out.push((field, count, source));
    if let Some(source) = &control.population.r#where {
        add("population.where".into(), None, source.as_str());
    }
    for (list, reasons) in
        [("population.exclude", &control.population.exclude), ("reasons", &control.reasons)]
    {
        for (at, reason) in reasons.iter().enumerate() {
            if let Some(source) = &reason.when {
                add(format!("{list}[{at}].when"), None, source);
            }
        }
    }
    add("predicate".into(), None, &control.predicate);
    if let Some(by) = &control.enforced_by {
        add("enforced_by.seen".into(), None, &by.seen);
        add("enforced_by.inactive".into(), None, &by.inactive);
    }
    for (at, count) in control.counts.iter().enumerate() {
        if let Some(source) = &count.r#where {
            add(format!("counts[{at}].where"), Some(at), source);
        }
    }
    out
}

impl<'c> Binder<'c> {
    fn error(&mut self, field: impl Into<String>, code: &'static str, message: String, help: Option<String>) {
        self.found.push(Unbound {
            field: field.into(),
            offset: None,
            line: 0,
            column: 0,
            code,
            message,
            help,
        });
    }

    fn reads(&self, resource: &str) -> bool {
        self.control.reads.iter().any(|read| read.resource == resource)
    }

    fn judges_pods(&self) -> bool {
        self.control.population.of.iter().any(|name| name == WORKLOAD_PODS)
    }

    /// All expressions; what those lack that are none is reported.
    fn compiled(&mut self) -> Vec<Expr<'c>> {
        let env = Env::new(&VARIABLES);
        let mut out = Vec::new();
        for (field, count, source) in sources(self.control) {
            let program = match compile(source, &env) {
                Ok(program) => Some(program),
                Err(errors) => {
                    self.found.extend(errors.into_iter().map(|error| {
                        let near = error.message.strip_prefix(UNDECLARED);
                        let near = near.and_then(|rest| nearest(rest.split('`').next()?, VARIABLES));
                        Unbound {
                            field: field.clone(),
                            offset: Some(error.offset),
                            line: error.line,
                            column: error.column,
                            code: if error.message.contains(TYPES) {
                                "expression-type"
                            } else {
                                "expression-invalid"
                            },
                            message: error.message,
                            help: near.map(|near| format!("did you mean `{near}`?")),
                        }
                    }));
                    None
                }
            };
            out.push(Expr { field, count, source, program });
        }
        out
    }

    /// The relations that exist among those named, with the field that names them first. Unknown ones are told with
    /// their place by the binding of names.
    fn relations(&mut self, exprs: &[Expr<'_>]) -> Vec<&'static Relation> {
        let mut out: Vec<&'static Relation> = Vec::new();
        let subjects: Vec<&str> = self.control.population.of.iter().map(String::as_str).collect();
        for expr in exprs {
            for name in expr.program.iter().flat_map(Program::related_names) {
                let Some(relation) = relations::ALL.iter().find(|relation| relation.name == name) else {
                    continue;
                };
                for of in &subjects {
                    let subject = if *of == WORKLOAD_PODS { "pods" } else { of };
                    if !relation.subjects.contains(&subject) {
                        let message = format!("`related.{name}` does not exist for items of `{of}`");
                        let help = format!("it exists for {}", relation.subjects.join(", "));
                        self.error(expr.field.as_str(), "relation-subject", message, Some(help));
                    }
                }
                if !out.iter().any(|other| other.name == relation.name) {
                    out.push(relation);
                }
            }
        }
        out
    }

    /// Resources and versions exist; everything that is looked at is declared.
    fn resources(&mut self, exprs: &[Expr<'_>], relations: &[&'static Relation]) {
        for (at, read) in self.control.reads.iter().enumerate() {
            let Some(known) = self.schemas.resource(&read.resource) else {
                let wanted = read.resource.as_str();
                let help = self.nearest_resource(wanted).map(|name| format!("did you mean `{name}`?"));
                let message = format!("there is no resource `{wanted}`");
                self.error(format!("reads[{at}].resource"), "resource-unknown", message, help);
                continue;
            };
            for (place, version) in read.versions.iter().enumerate() {
                if !known.versions.contains_key(version) {
                    let message = format!("`{}` has no version `{version}` that we know", read.resource);
                    let versions: Vec<&str> = known.versions.keys().map(String::as_str).collect();
                    let help = Some(format!("known versions: {}", versions.join(", ")));
                    self.error(format!("reads[{at}].versions[{place}]"), "version-unknown", message, help);
                }
            }
        }
        for (resource, by, field) in self.looked(exprs, relations) {
            if !self.reads(&resource) {
                let message = format!("`{resource}` is looked at by `{by}` and not declared in `reads`");
                let versions = self
                    .schemas
                    .resource(&resource)
                    .map(|known| known.versions.keys().map(String::as_str).collect::<Vec<_>>().join(", "));
                let help = match versions {
                    Some(versions) => {
                        Some(format!("add `- {{resource: {resource}, versions: [{versions}]}}` to `reads`"))
                    }
                    None => self.nearest_resource(&resource).map(|name| format!("did you mean `{name}`?")),
                };
                self.error(field, "read-undeclared", message, help);
            }
        }
    }

    /// Resource, what looks at it, and the field to blame.
    fn looked(
        &self,
        exprs: &[Expr<'_>],
        relations: &[&'static Relation],
    ) -> BTreeSet<(String, String, String)> {
        let mut out = BTreeSet::new();
        for (at, name) in self.control.population.of.iter().enumerate() {
            let resource = if name == WORKLOAD_PODS { "pods" } else { name };
            out.insert((resource.to_string(), name.clone(), format!("population.of[{at}]")));
        }
        for relation in relations {
            for look in relation.looks {
                out.insert((look.resource.into(), format!("related.{}", relation.name), "reads".into()));
            }
        }
        for (at, count) in self.control.counts.iter().enumerate() {
            out.insert((count.resource.clone(), count.name.clone(), format!("counts[{at}].resource")));
        }
        if exprs
            .iter()
            .any(|expr| expr.program.as_ref().is_some_and(|program| program.uses("namespaceObject")))
        {
            out.insert(("namespaces".into(), "namespaceObject".into(), "reads".into()));
        }
        out
    }

    /// Parameters are declared once, have a unit, and are used.
    fn parameters(&mut self, exprs: &[Expr<'_>]) {
        let mut seen = BTreeSet::new();
        for (at, parameter) in self.control.parameters.iter().enumerate() {
            let name = format!("parameters[{at}].name");
            if !seen.insert(&parameter.name) {
                self.error(
                    &*name,
                    "parameter-repeated",
                    format!("`{}` is declared twice", parameter.name),
                    None,
                );
            }
            if parameter.unit.trim().is_empty() {
                let message = format!("the parameter `{}` has no unit", parameter.name);
                let help = "write a unit such as `days`, `labels` or `namespaces`".to_string();
                self.error(format!("parameters[{at}].unit"), "unit-missing", message, Some(help));
            }
            let named = sources(self.control).iter().any(|(_, _, source)| source.contains(&parameter.name));
            let built_in = self.judges_pods() && parameter.name == PLATFORM_NAMESPACES;
            if !named && !built_in {
                let help = format!("use `params.{}` in an expression, or leave it out", parameter.name);
                let message = format!("`{}` is declared and never used", parameter.name);
                self.error(&*name, "parameter-unused", message, Some(help));
            }
        }
        let pods =
            self.judges_pods() && !self.control.parameters.iter().any(|p| p.name == PLATFORM_NAMESPACES);
        if pods && !exprs.is_empty() {
            let message = format!(
                "`{WORKLOAD_PODS}` leaves out the namespaces of the parameter `{PLATFORM_NAMESPACES}`"
            );
            let help = format!("declare `{PLATFORM_NAMESPACES}` under `parameters`");
            self.error("population.of", "parameter-undeclared", message, Some(help));
        }
    }

    /// Texts exist in both languages, and what they count is counted.
    fn texts(&mut self) {
        let control = self.control;
        let mut texts = vec![
            ("title".to_string(), &control.title),
            ("unit".to_string(), &control.unit),
            ("remediation".to_string(), &control.remediation),
            ("limits".to_string(), &control.limits),
        ];
        let coded = |field: &str, at: usize| format!("{field}[{at}].text");
        texts.extend(control.reasons.iter().enumerate().map(|(at, r)| (coded("reasons", at), &r.text)));
        texts.extend(
            control
                .population
                .exclude
                .iter()
                .enumerate()
                .map(|(at, r)| (coded("population.exclude", at), &r.text)),
        );
        texts.extend(control.empty.iter().map(|reason| ("empty.text".to_string(), &reason.text)));
        texts.extend(
            control
                .obligations
                .iter()
                .enumerate()
                .map(|(at, o)| (format!("obligations[{at}].rationale"), &o.rationale)),
        );
        texts.extend(
            control
                .parameters
                .iter()
                .enumerate()
                .map(|(at, p)| (format!("parameters[{at}].source"), &p.source)),
        );
        texts.extend(control.enforced_by.iter().map(|by| ("enforced_by.text".to_string(), &by.text)));
        let known: Vec<&str> = control
            .counts
            .iter()
            .map(|count| count.name.as_str())
            .chain(control.parameters.iter().map(|parameter| parameter.name.as_str()))
            .collect();
        for (field, text) in texts {
            for (lang, words) in [("en", &text.en), ("de", &text.de)] {
                if words.trim().is_empty() {
                    self.error(format!("{field}.{lang}"), "text-missing", "the text is missing".into(), None);
                }
                for (offset, name) in placeholders(words) {
                    if known.contains(&name) {
                        continue;
                    }
                    let help = nearest(name, known.iter().copied())
                        .map(|near| format!("did you mean `{{{near}}}`?"));
                    let message = format!("`{{{name}}}` is no count and no parameter");
                    self.error(format!("{field}.{lang}"), "placeholder-unknown", message, help);
                    if let Some(last) = self.found.last_mut() {
                        last.offset = Some(offset);
                    }
                }
            }
        }
        for (at, name) in control.found_is_enough.iter().enumerate() {
            if !relations::ALL.iter().any(|relation| relation.name == name) {
                let near = nearest(name, relations::ALL.iter().map(|relation| relation.name));
                let help = near.map(|near| format!("did you mean `{near}`?"));
                let message = format!("there is no relation `related.{name}`");
                self.error(format!("found_is_enough[{at}]"), "relation-unknown", message, help);
            }
        }
    }

    fn types_of(&self, resource: &str) -> Vec<FieldType> {
        let versions = self.control.reads.iter().find(|read| read.resource == resource);
        let known = self.schemas.resource(resource);
        let versions = versions.into_iter().flat_map(|read| &read.versions);
        versions
            .filter_map(|version| known?.versions.get(version))
            .map(|name| FieldType::Ref(name.clone()))
            .collect()
    }

    /// What `object` may be: one type for each resource and version of the population. Where nothing is known of it
    /// the rest of the names is checked all the same.
    fn objects(&self) -> Vec<FieldType> {
        let of = self.control.population.of.iter();
        let types: Vec<FieldType> = of
            .flat_map(|name| match name.as_str() {
                WORKLOAD_PODS => vec![FieldType::Ref(POD.into())],
                resource => self.types_of(resource),
            })
            .collect();
        if types.is_empty() { vec![FieldType::Opaque] } else { types }
    }

    fn expression(&mut self, expr: &Expr<'_>, object: &FieldType, names: &Names<'_>) {
        let variables = [
            ("object", Variable::Json(object.clone())),
            ("params", Variable::Json(FieldType::Ref(PARAMS.into()))),
            ("namespaceObject", Variable::Json(FieldType::Ref(NAMESPACE.into()))),
            ("related", Variable::Json(FieldType::Ref(RELATED.into()))),
            ("asOf", Variable::Value(Type::Timestamp)),
        ];
        // Of an expression that does not compile the other names are told all the same.
        let errors = match &expr.program {
            Some(program) => check_types(program, &variables, names),
            None => check_source(expr.source, &variables, names).unwrap_or_default(),
        };
        for error in errors {
            let field =
                error.message.split_once(" has no field `").map(|(of, rest)| (of.trim_matches('`'), rest));
            let (code, message) = match field {
                Some((RELATED, rest)) => {
                    ("relation-unknown", format!("there is no relation `related.{rest}"))
                }
                Some((PARAMS, rest)) => {
                    ("parameter-undeclared", format!("there is no parameter `params.{rest}"))
                }
                Some(_) => ("field-unknown", error.message),
                None if error.message.starts_with(UNDECLARED) => continue,
                None => ("expression-type", error.message),
            };
            self.found.push(Unbound {
                field: expr.field.clone(),
                offset: Some(past_dot(expr.source, error.offset)),
                line: error.line,
                column: error.column,
                code,
                message,
                help: error.suggestions.first().map(|name| format!("did you mean `{name}`?")),
            });
        }
    }

    /// The resource that was probably meant: by its whole name, by its plural in another group, or by its kind.
    fn nearest_resource(&self, wanted: &str) -> Option<String> {
        let plural = wanted.split('.').next().unwrap_or(wanted).to_lowercase();
        let stem = plural.trim_end_matches('s');
        let same =
            |name: &&str| name.split('.').next().is_some_and(|other| other.trim_end_matches('s') == stem);
        let by_plural = self.schemas.resources().find(same);
        by_plural.or_else(|| nearest(wanted, self.schemas.resources())).map(str::to_string)
    }
}

/// The name after the dot at which a select is written.
fn past_dot(source: &str, offset: usize) -> usize {
    let rest = source.get(offset..).unwrap_or_default();
    offset + rest.len() - rest.trim_start_matches(['.', '?']).len()
}

/// Names in braces, with the offset of each.
fn placeholders(text: &str) -> Vec<(usize, &str)> {
    let starts = text.match_indices('{').map(|(at, _)| at + 1);
    starts.filter_map(|at| Some((at, text[at..].split_once('}')?.0))).collect()
}
