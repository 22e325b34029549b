//! `nachweis-normalisation/1`: what moves in a cluster without a real change, and is dropped before sealing.
//!
//! The list is data ([`RULES`]); one engine applies it. Rules run in the order of the list; those that sort stand
//! last, so that they compare what is left. The list is part of every catalogue release ([`to_json`]).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use nachweis_canon::{Json, Object};

use crate::path::{Step, parse, visit};
use crate::rules::{LEFT_OUT, RULES};

/// Name of the list, as the seal names it.
pub const FORMAT: &str = "nachweis-normalisation/1";

/// A kind that a rule speaks of; `*` stands for every group or kind.
pub(crate) type KindPattern = (&'static str, &'static str);

/// One row of the list.
pub(crate) struct Rule {
    /// objects that it applies to
    pub kinds: &'static [KindPattern],
    /// only to the object of this name
    pub name: Option<&'static str>,
    /// pattern of the values that it changes
    pub at: &'static str,
    /// what it does to them
    pub op: Op,
    /// why that is no change of the cluster
    pub why: &'static str,
}

/// What a rule does to a value.
pub(crate) enum Op {
    /// takes out members of an object
    Remove(&'static [&'static str]),
    /// takes out members of an object that has all of the second members
    RemoveWhere(&'static [&'static str], &'static [&'static str]),
    /// takes out members of a map of annotations, and the map if nothing stays
    RemoveAnnotations(&'static [&'static str]),
    /// keeps of each member of these states its name and `reason`
    State(&'static [&'static str]),
    /// sorts an array by the canonical bytes of its elements
    Sort,
    /// keeps of each entry of managedFields who did what, see [`managed_fields`]
    ManagedFields,
}

/// A rule as it applies to one kind.
struct Compiled {
    rule: &'static Rule,
    steps: Vec<Step>,
    /// groups of the kind that are meant; `None` for all
    groups: Option<Vec<&'static str>>,
}

impl Compiled {
    /// `None` if the rule does not speak of this kind; `*` stands for a kind that no rule names.
    fn of(rule: &'static Rule, kind: &str) -> Option<Compiled> {
        let meant = rule.kinds.iter().filter(|(_, named)| *named == "*" || *named == kind);
        let groups: Vec<&str> = meant.map(|(group, _)| *group).collect();
        let steps = parse(rule.at);
        let groups = Some(groups).filter(|groups| !groups.contains(&"*"));
        (groups.as_ref().is_none_or(|groups| !groups.is_empty())).then_some(Compiled { rule, steps, groups })
    }
}

struct Rules {
    /// of every kind that a rule names
    by_kind: BTreeMap<&'static str, Vec<Compiled>>,
    /// of any other kind
    others: Vec<Compiled>,
}

static COMPILED: LazyLock<Rules> = LazyLock::new(|| {
    let rules_of = |kind: &str| RULES.iter().filter_map(|rule| Compiled::of(rule, kind)).collect();
    let kinds = RULES.iter().flat_map(|rule| rule.kinds).map(|(_, kind)| *kind);
    Rules { by_kind: kinds.map(|kind| (kind, rules_of(kind))).collect(), others: rules_of("*") }
});

fn matches(pattern: &KindPattern, group: &str, kind: &str) -> bool {
    (pattern.0 == "*" || pattern.0 == group) && (pattern.1 == "*" || pattern.1 == kind)
}

/// True for kinds whose objects are counted and not sealed.
pub fn is_left_out(group: &str, kind: &str) -> bool {
    LEFT_OUT.iter().any(|pattern| matches(pattern, group, kind))
}

/// Applies the list to the body of an object.
pub fn normalise(group: &str, kind: &str, name: &str, body: &mut Json<'_>) {
    let Rules { by_kind, others } = &*COMPILED;
    for Compiled { rule, steps, groups } in by_kind.get(kind).unwrap_or(others) {
        let meant = groups.as_ref().is_none_or(|groups| groups.contains(&group));
        if meant && rule.name.is_none_or(|only| only == name) {
            visit(body, steps, &mut |node| apply(&rule.op, node));
        }
    }
}

fn apply(op: &Op, node: &mut Json<'_>) {
    match (op, node) {
        (Op::Remove(names), Json::Obj(object)) => remove(object, names),
        (Op::RemoveWhere(names, all), Json::Obj(object))
            if names.iter().any(|name| object.contains(name))
                && all.iter().all(|name| object.contains(name)) =>
        {
            remove(object, names);
        }
        (Op::RemoveAnnotations(names), Json::Obj(metadata)) => {
            if let Some(Json::Obj(annotations)) = metadata.get_mut("annotations") {
                let before = annotations.len();
                remove(annotations, names);
                if annotations.is_empty() && before > 0 {
                    metadata.remove("annotations");
                }
            }
        }
        (Op::State(names), Json::Obj(object)) => {
            for name in *names {
                if let Some(Json::Obj(states)) = object.get_mut(name) {
                    states.iter_mut().for_each(|(_, state)| keep(state, &["reason"]));
                }
            }
        }
        (Op::Sort, Json::Arr(items)) => sort(items),
        (Op::ManagedFields, Json::Arr(entries)) => managed_fields(entries),
        _ => {}
    }
}

fn remove(object: &mut Object<'_>, names: &[&str]) {
    for name in names {
        object.remove(name);
    }
}

fn keep(node: &mut Json<'_>, names: &[&str]) {
    if let Json::Obj(object) = node {
        object.retain(|name, _| names.contains(&name));
    }
}

fn sort(items: &mut [Json<'_>]) {
    if items.len() > 1 {
        items.sort_by_cached_key(Json::canonical);
    }
}

/// Each entry keeps manager, operation and subresource. It keeps its time only where it owns something besides
/// metadata and status and owns no status: the time of an entry that owns both is that of the last status write.
/// Of its fields it keeps `f:roleRef` and `f:subjects`: who granted a role is evidence. The server orders entries
/// by time, so they are sorted anew, and entries that became equal are one.
fn managed_fields(entries: &mut Vec<Json<'_>>) {
    for entry in entries.iter_mut() {
        let Json::Obj(entry) = entry else { continue };
        let fields = entry.get("fieldsV1").and_then(Json::as_object);
        let owns = |name: &str| fields.is_some_and(|fields| fields.contains(name));
        let more = fields
            .is_some_and(|fields| fields.iter().any(|(name, _)| !matches!(name, "f:metadata" | "f:status")));
        let dated = more && !owns("f:status");
        entry.retain(|name, _| match name {
            "manager" | "operation" | "subresource" | "fieldsV1" => true,
            "time" => dated,
            _ => false,
        });
        if let Some(fields) = entry.get_mut("fieldsV1") {
            keep(fields, &["f:roleRef", "f:subjects"]);
            if fields.as_object().is_none_or(Object::is_empty) {
                entry.remove("fieldsV1");
            }
        }
    }
    sort(entries);
    entries.dedup();
}

/// The list as data for a catalogue release.
pub fn to_json() -> Json<'static> {
    let texts = |texts: &[&'static str]| Json::Arr(texts.iter().map(|text| Json::str(*text)).collect());
    let kinds = |kinds: &[KindPattern]| {
        let kind = |(group, kind): &KindPattern| {
            Json::object([("group", Json::str(*group)), ("kind", Json::str(*kind))])
        };
        Json::Arr(kinds.iter().map(kind).collect())
    };
    let rule = |rule: &Rule| {
        let mut row =
            vec![("at", Json::str(rule.at)), ("kinds", kinds(rule.kinds)), ("why", Json::str(rule.why))];
        row.extend(rule.name.map(|name| ("name", Json::str(name))));
        row.extend(match &rule.op {
            Op::Remove(names) => vec![("remove", texts(names))],
            Op::RemoveWhere(names, all) => vec![("remove", texts(names)), ("where_all", texts(all))],
            Op::RemoveAnnotations(names) => vec![("remove_annotations", texts(names))],
            Op::State(names) => vec![("keep_reason_of", texts(names))],
            Op::Sort => vec![("sort", Json::Bool(true))],
            Op::ManagedFields => vec![("managed_fields", Json::Bool(true))],
        });
        Json::object(row)
    };
    Json::object([
        ("format", Json::str(FORMAT)),
        ("left_out", kinds(LEFT_OUT)),
        ("rules", Json::Arr(RULES.iter().map(rule).collect())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse as read};

    fn after(group: &str, kind: &str, text: &str) -> String {
        let mut body = read(text, &Limits::default()).unwrap().value;
        normalise(group, kind, "a", &mut body);
        String::from_utf8(body.canonical()).unwrap()
    }

    #[test]
    fn managed_fields_keep_who_did_what() {
        let text = r#"{"metadata":{"managedFields":[
            {"manager":"kubelet","operation":"Update","subresource":"status","time":"t1","apiVersion":"v1",
             "fieldsType":"FieldsV1","fieldsV1":{"f:status":{}}},
            {"manager":"both","operation":"Update","time":"t2","fieldsV1":{"f:spec":{},"f:status":{}}},
            {"manager":"argo","operation":"Apply","time":"t3","fieldsV1":{"f:metadata":{},"f:spec":{"f:x":{}}}},
            {"manager":"leader","operation":"Update","time":"t4","fieldsV1":{"f:metadata":{}}},
            {"manager":"alice","operation":"Update","time":"t5","fieldsV1":{"f:subjects":{},"f:roleRef":{".":{}}}}
            ]}}"#;
        assert_eq!(
            after("apps", "Deployment", text),
            concat!(
                r#"{"metadata":{"managedFields":[{"fieldsV1":{"f:roleRef":{".":{}},"f:subjects":{}},"#,
                r#""manager":"alice","operation":"Update","time":"t5"},"#,
                r#"{"manager":"argo","operation":"Apply","time":"t3"},"#,
                r#"{"manager":"both","operation":"Update"},"#,
                r#"{"manager":"kubelet","operation":"Update","subresource":"status"},"#,
                r#"{"manager":"leader","operation":"Update"}]}}"#
            )
        );
    }

    #[test]
    fn the_order_of_managed_fields_and_addresses_does_not_matter() {
        let one = r#"{"endpoints":[{"addresses":["10.0.0.2","10.0.0.1"]},{"addresses":["10.0.0.3"]}],
            "metadata":{"managedFields":[{"manager":"a"},{"manager":"b"}]}}"#;
        let other = r#"{"endpoints":[{"addresses":["10.0.0.3"]},{"addresses":["10.0.0.1","10.0.0.2"]}],
            "metadata":{"managedFields":[{"manager":"b"},{"manager":"a"}]}}"#;
        let normal = after("discovery.k8s.io", "EndpointSlice", one);
        assert_eq!(normal, after("discovery.k8s.io", "EndpointSlice", other));
        assert_ne!(after("g", "Other", one), after("g", "Other", other));
    }

    #[test]
    fn conditions_lose_their_clock_in_both_forms_and_at_any_depth() {
        let text = r#"{"status":{"conditions":[{"type":"Ready","status":"True","message":"7 of 8",
            "lastHeartbeatTime":"t","lastTransitionTime":"keep","observedGeneration":3}],
            "disks":{"d":{"conditions":{"Ready":{"status":"False","message":"m","reason":"R"}}}}},
            "conditions":[{"message":"outside of status"}]}"#;
        assert_eq!(
            after("g", "K", text),
            concat!(
                r#"{"conditions":[{"message":"outside of status"}],"status":{"#,
                r#""conditions":[{"lastTransitionTime":"keep","status":"True","type":"Ready"}],"#,
                r#""disks":{"d":{"conditions":{"Ready":{"reason":"R","status":"False"}}}}}}"#
            )
        );
    }

    #[test]
    fn a_reference_loses_its_version_and_nothing_else_does() {
        let text = r#"{"spec":{"claimRef":{"kind":"K","name":"n","uid":"u","resourceVersion":"1"},
            "other":{"kind":"K","name":"n","resourceVersion":"2"}}}"#;
        assert_eq!(
            after("g", "K", text),
            concat!(
                r#"{"spec":{"claimRef":{"kind":"K","name":"n","uid":"u"},"#,
                r#""other":{"kind":"K","name":"n","resourceVersion":"2"}}}"#
            )
        );
    }

    #[test]
    fn a_crash_loop_is_one_state() {
        let text = r#"{"status":{"containerStatuses":[{"restartCount":4,"state":{"waiting":{"reason":"CrashLoopBackOff",
            "message":"back-off 5m0s"}},"lastState":{"terminated":{"reason":"Error","exitCode":1,"finishedAt":"t"}}}]}}"#;
        assert_eq!(
            after("", "Pod", text),
            concat!(
                r#"{"status":{"containerStatuses":[{"lastState":{"terminated":{"reason":"Error"}},"#,
                r#""restartCount":4,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}"#
            )
        );
    }

    #[test]
    fn annotations_that_empty_their_map_take_it_along() {
        let text = r#"{"metadata":{"name":"x","annotations":{"argocd.argoproj.io/refresh":"hard"}}}"#;
        assert_eq!(after("argoproj.io", "Application", text), r#"{"metadata":{"name":"x"}}"#);
        let kept = r#"{"metadata":{"annotations":{},"name":"x"}}"#;
        assert_eq!(after("argoproj.io", "Application", kept), kept);
    }

    #[test]
    fn every_shape_is_survived() {
        for text in [
            "[]",
            "1",
            r#"{"metadata":[]}"#,
            r#"{"metadata":{"managedFields":{"a":1},"annotations":[1]},"status":"x"}"#,
            r#"{"metadata":{"managedFields":[1,"a",{"fieldsV1":"x","manager":5}]},"status":{"conditions":"x"}}"#,
            r#"{"status":{"containerStatuses":{"a":{"state":"x"}},"conditions":{"a":"b"}}}"#,
        ] {
            for (group, kind) in [("", "Pod"), ("", "Node"), ("", "Endpoints"), ("apps", "Deployment")] {
                after(group, kind, text);
            }
        }
    }

    #[test]
    fn the_list_can_be_published() {
        let list = to_json();
        assert_eq!(list.text(&["format"]), Some(FORMAT));
        assert_eq!(list.list(&["rules"]).len(), RULES.len());
        let sorts = RULES.iter().position(|rule| matches!(rule.op, Op::Sort)).unwrap();
        assert!(RULES[sorts..].iter().all(|rule| matches!(rule.op, Op::Sort)), "sorting comes last");
    }
}
