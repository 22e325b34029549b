//! Binding: everything that a control names exists, checked before any run (DESIGN section 3, "catalog").

use std::collections::{BTreeMap, BTreeSet};

use nachweis_catalog::Schemas;
use nachweis_cel::Type;
use nachweis_cel::check::{FieldType, Trees, Variable, check as check_types};
use nachweis_model::control::{Control, ParameterType, WORKLOAD_PODS};

use crate::plan::{self, Check, Expr, PLATFORM_NAMESPACES, PlanError};
use crate::relations;

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

struct Binder<'c> {
    control: &'c Control,
    schemas: &'c Schemas,
    errors: Vec<PlanError>,
}

/// Reports every name in a control that cannot exist: fields, kinds, versions, relations, parameters, counts.
pub fn bind(control: &Control, schemas: &Schemas) -> Vec<PlanError> {
    let check = match plan::check(control, &BTreeMap::new()) {
        Ok(check) => check,
        Err(errors) => return errors,
    };
    let mut binder = Binder { control, schemas, errors: Vec::new() };
    binder.resources(&check);
    binder.parameters(&check);
    binder.texts();
    let names = Names { schemas, own: own_trees(control) };
    for object in binder.objects() {
        for expr in check.expressions() {
            binder.expression(expr, &object, &names);
        }
    }
    for count in &check.counts {
        if let (Some(expr), Some(object)) = (&count.only, binder.types_of(&count.resource).into_iter().next())
        {
            binder.expression(expr, &object, &names);
        }
    }
    binder.errors.sort_by(|a, b| {
        (&a.field, a.line, a.column, &a.message).cmp(&(&b.field, b.line, b.column, &b.message))
    });
    binder.errors.dedup();
    binder.errors
}

impl Binder<'_> {
    fn error(&mut self, field: impl Into<String>, message: impl Into<String>) {
        let control = self.control.id.clone();
        self.errors.push(PlanError {
            control,
            field: field.into(),
            line: 0,
            column: 0,
            message: message.into(),
        });
    }

    fn reads(&self, resource: &str) -> bool {
        self.control.reads.iter().any(|read| read.resource == resource)
    }

    /// Resources and versions exist; everything that is looked at is declared.
    fn resources(&mut self, check: &Check) {
        for (at, read) in self.control.reads.iter().enumerate() {
            let Some(known) = self.schemas.resource(&read.resource) else {
                let wanted = read.resource.as_str();
                let near = nearest(wanted, self.schemas.resources());
                self.error(format!("reads[{at}].resource"), format!("there is no resource `{wanted}`{near}"));
                continue;
            };
            let unknown: Vec<&String> =
                read.versions.iter().filter(|v| !known.versions.contains_key(*v)).collect();
            for version in unknown {
                let message = format!("no field tree of `{}` in version `{version}`", read.resource);
                self.error(format!("reads[{at}].versions"), message);
            }
            if read.versions.is_empty() {
                self.error(format!("reads[{at}].versions"), "at least one version has to be named");
            }
        }
        let of = self.control.population.of.iter().filter(|name| *name != WORKLOAD_PODS).map(String::as_str);
        let mut looked: Vec<(&str, String)> = of.map(|name| (name, "population.of".to_string())).collect();
        for relation in &check.relations {
            looked.extend(relation.looks.iter().map(|l| (l.resource, format!("related.{}", relation.name))));
        }
        looked
            .extend(self.control.counts.iter().map(|count| (count.resource.as_str(), "counts".to_string())));
        if check.uses_namespace() {
            looked.push(("namespaces", "namespaceObject".into()));
        }
        if check.judges_pods() {
            looked.push(("pods", WORKLOAD_PODS.into()));
        }
        let missing: BTreeSet<(&str, String)> =
            looked.into_iter().filter(|(name, _)| !self.reads(name)).collect();
        for (resource, by) in missing {
            self.error("reads", format!("`{resource}` is looked at by `{by}` and not declared"));
        }
    }

    /// Parameters are declared once, have a unit, and are used.
    fn parameters(&mut self, check: &Check) {
        let mut seen = BTreeSet::new();
        for (at, parameter) in self.control.parameters.iter().enumerate() {
            let field = format!("parameters[{at}]");
            if !seen.insert(&parameter.name) {
                self.error(&*field, format!("`{}` is declared twice", parameter.name));
            }
            if parameter.unit.trim().is_empty() {
                self.error(format!("{field}.unit"), format!("`{}` has no unit", parameter.name));
            }
            let used = check.expressions().any(|expr| expr.program.source().contains(&parameter.name));
            if !used && !(check.judges_pods() && parameter.name == PLATFORM_NAMESPACES) {
                self.error(&*field, format!("`{}` is declared and never used", parameter.name));
            }
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
        for (field, text) in texts {
            for (lang, words) in [("en", &text.en), ("de", &text.de)] {
                if words.trim().is_empty() {
                    self.error(format!("{field}.{lang}"), "the text is missing");
                }
                for name in placeholders(words) {
                    let known = control.counts.iter().any(|count| count.name == name)
                        || control.parameters.iter().any(|parameter| parameter.name == name);
                    if !known {
                        self.error(
                            format!("{field}.{lang}"),
                            format!("`{{{name}}}` is no count and no parameter"),
                        );
                    }
                }
            }
        }
        for name in &control.found_is_enough {
            if !relations::ALL.iter().any(|relation| relation.name == name) {
                self.error("found_is_enough", format!("there is no relation `related.{name}`"));
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

    /// What `object` may be: one type for each resource and version of the population.
    fn objects(&self) -> Vec<FieldType> {
        let of = self.control.population.of.iter();
        of.flat_map(|name| match name.as_str() {
            WORKLOAD_PODS => vec![FieldType::Ref(POD.into())],
            resource => self.types_of(resource),
        })
        .collect()
    }

    fn expression(&mut self, expr: &Expr, object: &FieldType, names: &Names<'_>) {
        let variables = [
            ("object", Variable::Json(object.clone())),
            ("params", Variable::Json(FieldType::Ref(PARAMS.into()))),
            ("namespaceObject", Variable::Json(FieldType::Ref(NAMESPACE.into()))),
            ("related", Variable::Json(FieldType::Ref(RELATED.into()))),
            ("asOf", Variable::Value(Type::Timestamp)),
        ];
        for error in check_types(&expr.program, &variables, names) {
            let meant = match error.suggestions.first() {
                Some(name) => format!("; did you mean `{name}`?"),
                None => String::new(),
            };
            self.errors.push(PlanError {
                control: self.control.id.clone(),
                field: expr.field.clone(),
                line: error.line,
                column: error.column,
                message: format!("{}{meant}", error.message),
            });
        }
    }
}

/// Names in braces.
fn placeholders(text: &str) -> Vec<&str> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

/// The resource that was probably meant: the same plural in another group, or one that starts alike.
fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> String {
    let plural = wanted.split('.').next().unwrap_or(wanted);
    let stem = plural.trim_end_matches('s').to_lowercase();
    let found = names
        .filter(|name| name.split('.').next().is_some_and(|other| other.trim_end_matches('s') == stem))
        .next();
    found.map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}
