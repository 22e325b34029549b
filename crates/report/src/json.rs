//! JSON for scripts: `assess --format json`, `report --format json`, `snapshot --format json`.

use std::collections::BTreeMap;

use nachweis_canon::{Digest, Json, Limits, parse_bytes};
use nachweis_model::assessment::{Finding, ObligationRow};
use nachweis_model::seal::Seal;
use nachweis_model::{Lang, Ranges};
use serde_json::{Value, json as value};

use crate::Report;
use crate::names::Names;
use crate::view::{Row, View};

/// The assessment with names in place of indices.
///
/// Fields that scripts may rely on: `snapshot`, `catalogue`, `overlay` (digests), `semantics`, `as_of`, `totals`,
/// `findings`, `obligations`, `bundle` (null where none was written), `digest` (of the assessment). An item that
/// the snapshot does not have has the id `null`. `delta` stands only where an older bundle was compared. All other texts are exact: nothing is escaped but by JSON.
pub fn json(report: &Report<'_>) -> Json<'static> {
    let view = View::new(report, Lang::En);
    let assessment = report.assessment;
    let obligations: Vec<Value> = assessment.obligations.iter().map(|row| obligation(&view, row)).collect();
    let (with_control, all) = view.coverage();
    let out = value!({
        "format": "nachweis-report/1",
        "snapshot": assessment.snapshot,
        "catalogue": assessment.catalogue.digest,
        "catalogue_version": assessment.catalogue.version,
        "catalogue_logic": assessment.catalogue.logic,
        "overlay": assessment.overlay,
        "semantics": assessment.semantics,
        "as_of": assessment.as_of,
        "packs": assessment.packs,
        "parameters": assessment.parameters,
        "totals": assessment.totals,
        "obligations": obligations,
        "obligations_with_control": with_control,
        "obligations_total": all,
        "exemptions": assessment.exemptions,
        "unread": unread(report.seal),
        "bundle": report.bundle,
        "signer": report.signer,
        "digest": report.digest,
    });
    let findings = view.rows().iter().map(|row| finding(&view.names, row)).collect();
    let out = with(into_json(&out), "findings", Json::Arr(findings));
    match report.changes {
        Some(changes) => with(out, "delta", changes.json().clone()),
        None => out,
    }
}

fn into_json(out: &Value) -> Json<'static> {
    let bytes = serde_json::to_vec(out).expect("a value is JSON");
    parse_bytes(&bytes, &Limits::OURS).expect("serde_json writes JSON").value.into_owned()
}

fn with(mut object: Json<'static>, key: &'static str, member: Json<'static>) -> Json<'static> {
    if let Some(members) = object.as_object_mut() {
        members.insert(key, member);
    }
    object
}

fn id(names: &Names<'_>, index: u32) -> Json<'static> {
    names.get(index).map_or(Json::Null, |subject| Json::str(subject.id.to_string()))
}

fn named(names: &Names<'_>, key: &'static str, groups: &BTreeMap<String, Ranges>) -> Json<'static> {
    let rows = groups.iter().flat_map(|(name, items)| names.iter(items).map(move |index| (name, index)));
    Json::Arr(
        rows.map(|(name, index)| Json::object([("id", id(names, index)), (key, Json::str(name.clone()))]))
            .collect(),
    )
}

/// Open items in sealed order. Built without a detour: there can be millions.
fn items(names: &Names<'_>, finding: &Finding) -> Json<'static> {
    let mut items: Vec<(u32, Json<'static>)> = Vec::new();
    for group in &finding.items {
        for index in names.iter(&group.items) {
            let item = Json::object([
                ("id", id(names, index)),
                ("verdict", Json::str(group.verdict.as_str())),
                ("reason", Json::str(group.reason.clone())),
            ]);
            let owner = names.get(index).and_then(|subject| subject.owner.clone());
            let item = match owner {
                Some(owner) => with(item, "owner", Json::str(owner)),
                None => item,
            };
            items.push((index, item));
        }
    }
    items.sort_by_key(|(index, _)| *index);
    Json::Arr(items.into_iter().map(|(_, item)| item).collect())
}

fn finding(names: &Names<'_>, row: &Row<'_>) -> Json<'static> {
    let finding: &Finding = row.finding;
    let head = value!({
        "control": finding.control,
        "title": row.title(Lang::En),
        "verdict": finding.verdict,
        "severity": finding.severity,
        "covered": finding.covered,
        "total": finding.total,
        "indeterminate": finding.indeterminate,
        "unit": row.unit(Lang::En),
        "threshold": finding.threshold,
        "population": finding.population,
        "reasons": finding.reasons,
        "counts": finding.counts,
        "groups": finding.groups,
        "missing": finding.missing,
        "obligations": finding.obligations,
    });
    let head = with(into_json(&head), "items", items(names, finding));
    let head = with(head, "excluded", named(names, "reason", &finding.excluded));
    with(head, "exempted", named(names, "exemption", &finding.exempted))
}

fn obligation(view: &View<'_>, row: &ObligationRow) -> Value {
    let (satisfied, all) = view.evidence(row);
    value!({
        "id": row.id,
        "state": row.state,
        "class": row.class,
        "note": row.note,
        "citation": view.cite(&row.id),
        "controls": row.controls,
        "controls_satisfied": satisfied,
        "controls_applicable": all,
    })
}

/// `position` is `line`, `line:column`, or null where the file as a whole was not read.
fn unread(seal: &Seal) -> Vec<Value> {
    let rows = seal.unread.iter();
    rows.map(|unread| {
        value!({
            "file": unread.file, "position": position(unread.line, unread.column), "reason": unread.reason,
            "detail": unread.detail, "ignored": unread.ignored
        })
    })
    .collect()
}

pub(crate) fn position(line: u64, column: u64) -> Option<String> {
    match (line, column) {
        (0, _) => None,
        (line, 0) => Some(line.to_string()),
        (line, column) => Some(format!("{line}:{column}")),
    }
}

/// What a snapshot holds. `kinds`, `withheld` (values) and `conflicts` are numbers; the lists stand beside them.
pub fn snapshot_json(seal: &Seal, id: Digest) -> Json<'static> {
    let out = value!({
        "snapshot": id,
        "format": seal.format,
        "cluster": seal.cluster,
        "identity_source": seal.identity_source,
        "instant_source": seal.instant_source,
        "collected_from": seal.collected_from,
        "collected_to": seal.collected_to,
        "origins": seal.origins,
        "items": seal.items,
        "kinds": seal.kinds.len(),
        "kind_counts": seal.kinds,
        "collections": seal.collections,
        "withheld": seal.withheld.iter().map(|item| item.pointers.len()).sum::<usize>(),
        "withheld_items": seal.withheld,
        "pseudonyms": seal.pseudonyms,
        "unread": unread(seal),
        "conflicts": seal.conflicts.len(),
        "conflicting": seal.conflicts,
        "duplicate_keys": seal.duplicate_keys,
        "left_out": seal.left_out,
        "aliases": seal.aliases,
        "defaulted_namespaces": seal.defaulted_namespaces,
        "root": seal.root,
    });
    let out = into_json(&out);
    match &seal.server {
        Some(server) => with(out, "server", into_json(&value!(server))),
        None => out,
    }
}
