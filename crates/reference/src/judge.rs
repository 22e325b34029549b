//! One item under one control (DESIGN section 4; `docs/concepts/verdicts.md`).

use std::collections::BTreeMap;

use nachweis_canon::{Json, Object};
use nachweis_model::assessment::code;
use nachweis_model::{Instant, ItemId};

use crate::cel::{Class, Expr, Scope, Value, evaluate, from_json};
use crate::control::Check;
use crate::relations::{self, Data, controller, is_finished};
use crate::world::{Thing, World, version};

/// What one item is under one control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// does not belong to the population
    Outside,
    /// named and not judged
    Excluded(String),
    /// covered
    Covered,
    /// not covered, and why
    NotCovered(String),
    /// cannot be judged, and why
    Unknown(String),
}

/// How an expression came out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    Unknown(&'static str),
}

/// Resources with pod templates, their version, and where the template stands.
pub const TEMPLATES: [(&str, &[&str]); 6] = [
    ("cronjobs.batch", &["spec", "jobTemplate", "spec", "template"]),
    ("daemonsets.apps", &["spec", "template"]),
    ("deployments.apps", &["spec", "template"]),
    ("jobs.batch", &["spec", "template"]),
    ("replicasets.apps", &["spec", "template"]),
    ("statefulsets.apps", &["spec", "template"]),
];

/// Kinds whose controller may be another one of them: that one stands for the pods then.
const TEMPLATE_KINDS: [&str; 6] = ["CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"];

/// The pod that a template describes: namespace, labels, annotations, the owner's name and the spec.
fn template_pod(resource: &str, id: &ItemId, body: &Json<'_>) -> Option<Json<'static>> {
    let (_, path) = TEMPLATES.iter().find(|(name, _)| *name == resource)?;
    let mut metadata = Object::new();
    metadata.insert("name", Json::str(id.name.clone()));
    metadata.insert("namespace", Json::str(id.namespace.clone()));
    let template = body.at(path);
    for field in ["labels", "annotations"] {
        if let Some(map) = template.and_then(|template| template.at(&["metadata", field])) {
            metadata.insert(field, map.clone().into_owned());
        }
    }
    let spec = template.and_then(|template| template.get("spec")).cloned();
    Some(Json::object([
        ("apiVersion", Json::str("v1")),
        ("kind", Json::str("Pod")),
        ("metadata", Json::Obj(metadata)),
        ("spec", spec.map_or(Json::Null, Json::into_owned)),
    ]))
}

/// Everything that a question about one item may read.
struct Case<'a> {
    world: &'a World,
    data: &'a Data,
    check: &'a Check<'a>,
    id: &'a ItemId,
    object: &'a Json<'a>,
    scope: Scope,
}

/// Judges one item of the population.
pub fn judge(world: &World, data: &Data, check: &Check<'_>, thing: &Thing, as_of: Instant) -> Outcome {
    let pods = check.judges_pods();
    let template = pods && world.templates_stand_for_pods();
    if let (true, [body]) = (template, &thing.bodies[..])
        && controller(body).is_some_and(|(kind, _)| TEMPLATE_KINDS.contains(&kind.as_str()))
    {
        return Outcome::Outside;
    }
    if pods && check.platform.contains(&thing.id.namespace) {
        return Outcome::Excluded(code::PLATFORM_NAMESPACE.into());
    }
    if check.unset {
        return Outcome::Unknown(code::PARAMETER_NOT_SET.into());
    }
    let [body] = &thing.bodies[..] else { return Outcome::Unknown(code::CONFLICTING_DECLARATIONS.into()) };
    let read = check.control.reads.iter().find(|read| read.resource == thing.resource);
    let understood = match pods {
        true => version(body) == "v1",
        false => read.is_some_and(|read| read.versions.iter().any(|known| known == version(body))),
    };
    if !understood {
        return Outcome::Unknown(code::VERSION_NOT_READ.into());
    }
    if pods && !template && is_finished(body) {
        return Outcome::Excluded(code::FINISHED.into());
    }
    let object = if template { template_pod(&thing.resource, &thing.id, body) } else { None };
    let object = object.as_ref().unwrap_or(body);
    Case::new(world, data, check, &thing.id, object, as_of).judge()
}

/// True for an item that counts for a figure of the finding's sentence.
pub fn counts(
    world: &World,
    data: &Data,
    check: &Check<'_>,
    only: Option<&Expr>,
    thing: &Thing,
    as_of: Instant,
) -> bool {
    let (Some(only), [body]) = (only, &thing.bodies[..]) else { return true };
    let variables = vec![
        ("object".to_string(), from_json(body)),
        ("params".to_string(), check.params.clone()),
        ("namespaceObject".to_string(), Value::Null),
        ("related".to_string(), Value::Null),
        ("asOf".to_string(), Value::timestamp(as_of.unix(), as_of.nanos())),
    ];
    let case = Case { world, data, check, id: &thing.id, object: body, scope: Scope::new(variables) };
    case.ask(only, false) == Answer::Yes
}

impl<'a> Case<'a> {
    fn new(
        world: &'a World,
        data: &'a Data,
        check: &'a Check<'a>,
        id: &'a ItemId,
        object: &'a Json<'a>,
        as_of: Instant,
    ) -> Case<'a> {
        let coded = check.exclude.iter().chain(&check.reasons).filter_map(|coded| coded.when.as_ref());
        let enforced = check.enforced.iter().flat_map(|(seen, inactive)| [seen, inactive]);
        let all = check.only.iter().chain([&check.predicate]).chain(coded).chain(enforced);
        let mut records: BTreeMap<String, Value> = BTreeMap::new();
        for name in all.flat_map(Expr::relations) {
            let record = relations::record(world, data, &name, id, object);
            records.insert(name, from_json(&record));
        }
        let related = Value::of_map(records.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let variables = vec![
            ("object".to_string(), from_json(object)),
            ("params".to_string(), check.params.clone()),
            ("namespaceObject".to_string(), world.namespace(&id.namespace).map_or(Value::Null, from_json)),
            ("related".to_string(), related),
            ("asOf".to_string(), Value::timestamp(as_of.unix(), as_of.nanos())),
        ];
        Case { world, data, check, id, object, scope: Scope::new(variables) }
    }

    fn ask(&self, expr: &Expr, with_namespace: bool) -> Answer {
        // A Namespace that was not seen must not look like one without labels.
        let unseen = !self.id.namespace.is_empty()
            && (!with_namespace || self.world.namespace(&self.id.namespace).is_none());
        if unseen && expr.names("namespaceObject") {
            return Answer::Unknown(code::RELATED_NOT_COLLECTED);
        }
        for relation in expr.relations() {
            for path in relations::own_paths(&relation) {
                let path: Vec<&str> = path.split('.').collect();
                if self.object.at(&path).is_some_and(crate::cel::holds_mark) {
                    return Answer::Unknown(code::VALUE_WITHHELD);
                }
            }
        }
        match evaluate(expr, &self.scope) {
            Ok(Value::Bool(true)) => Answer::Yes,
            Ok(Value::Bool(false)) => Answer::No,
            Err(fault) if fault.class == Class::Withheld => Answer::Unknown(code::VALUE_WITHHELD),
            Ok(_) | Err(_) => Answer::Unknown(code::EVALUATION_ERROR),
        }
    }

    /// True where more evidence could turn the answer. A yes that rests on one record is not turned.
    fn could_turn(&self, expr: &Expr, answer: Answer) -> bool {
        expr.relations().iter().any(|relation| {
            let enough = answer == Answer::Yes && self.check.control.found_is_enough.contains(relation);
            !enough && relations::is_open(self.world, self.data, relation, &self.id.namespace, self.object)
        })
    }

    fn judge(&self) -> Outcome {
        let unknown = |why: &str| Outcome::Unknown(why.to_string());
        let mut member_for_sure = true;
        if let Some(only) = &self.check.only {
            let answer = self.ask(only, true);
            let turns = self.could_turn(only, answer);
            match answer {
                Answer::Yes => member_for_sure = !turns,
                Answer::No if turns => return unknown(code::MEMBERSHIP_UNKNOWN),
                Answer::No => return Outcome::Outside,
                Answer::Unknown(why) => return unknown(why),
            }
        }
        for coded in &self.check.exclude {
            let Some(when) = &coded.when else { continue };
            match self.ask(when, true) {
                Answer::Yes if self.could_turn(when, Answer::Yes) => {
                    return unknown(code::MEMBERSHIP_UNKNOWN);
                }
                Answer::Yes => return Outcome::Excluded(coded.code.clone()),
                Answer::No => {}
                Answer::Unknown(why) => return unknown(why),
            }
        }
        let predicate = &self.check.predicate;
        let answer = self.ask(predicate, true);
        match answer {
            Answer::Unknown(why) => unknown(why),
            _ if self.could_turn(predicate, answer) => unknown(code::RELATED_NOT_COLLECTED),
            Answer::No => Outcome::NotCovered(self.reason()),
            Answer::Yes => match self.enforcement() {
                Outcome::Covered if !member_for_sure => unknown(code::MEMBERSHIP_UNKNOWN),
                outcome => outcome,
            },
        }
    }

    /// The first reason that matches.
    fn reason(&self) -> String {
        for reason in &self.check.reasons {
            let applies = reason.when.as_ref().is_none_or(|when| self.ask(when, true) == Answer::Yes);
            if applies {
                return reason.code.clone();
            }
        }
        code::PREDICATE_FALSE.into()
    }

    /// What the predicate saw proves nothing until something acts on it.
    fn enforcement(&self) -> Outcome {
        let Some((seen, inactive)) = &self.check.enforced else { return Outcome::Covered };
        if self.ask(seen, true) == Answer::Yes {
            return Outcome::Covered;
        }
        // Seen to be idle counts only where nothing else could be there that acts.
        if self.ask(inactive, true) == Answer::Yes && !self.could_turn(inactive, Answer::No) {
            return Outcome::NotCovered(code::ENFORCEMENT_INACTIVE.into());
        }
        Outcome::Unknown(code::ENFORCEMENT_NOT_SEEN.into())
    }
}
