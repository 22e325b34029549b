//! The two passes over a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_model::assessment::{
    Assessment, CatalogueRef, FORMAT, Finding, Missing, ParameterUse, Totals, code,
};
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::control::Control;
use nachweis_model::seal::Seal;
use nachweis_model::{Instant, SEMANTICS};
use nachweis_snapshot::coverage::{Coverage, Scope};

use crate::evidence::{Evidence, Item, ReadError};
use crate::judge::{Bench, Case, Outcome};
use crate::plan::{self, Check, PlanError};
use crate::relations::{self, Index, Relation, Subject};
use crate::tally::{Ground, Tally};
use crate::workload::{self, Pods, TEMPLATES};
use crate::{exemptions, obligations};

/// Everything that an assessment depends on.
pub struct Inputs<'a> {
    /// the snapshot
    pub evidence: &'a dyn Evidence,
    /// the catalogue release
    pub catalogue: &'a Catalogue,
    /// the organisation's overlay
    pub overlay: &'a Overlay,
    /// packs to select; empty: everything
    pub packs: &'a [String],
    /// instant against which ages are measured
    pub as_of: Instant,
}

/// No assessment could be made.
#[derive(Debug)]
pub enum AssessError {
    /// controls that cannot be run
    Plan(Vec<PlanError>),
    /// the selection names something that does not exist
    Selection(String),
    /// the snapshot could not be read
    Read(ReadError),
}

impl std::fmt::Display for AssessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AssessError::Plan(errors) => {
                for (at, error) in errors.iter().enumerate() {
                    let lead = if at > 0 { "\n" } else { "" };
                    write!(f, "{lead}control `{}`, {}: {}", error.control, error.field, error.message)?;
                    if error.line > 0 {
                        write!(f, " (line {} column {} of the expression)", error.line, error.column)?;
                    }
                }
                Ok(())
            }
            AssessError::Selection(message) => f.write_str(message),
            AssessError::Read(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for AssessError {}

/// Makes the assessment: the same bytes for the same inputs, on any machine.
pub fn assess(inputs: &Inputs<'_>) -> Result<Assessment, AssessError> {
    let selected = obligations::selection(inputs.catalogue, inputs.packs).map_err(AssessError::Selection)?;
    let checks = plans(inputs, selected.as_ref())?;
    let seal = inputs.evidence.seal();
    let run = Run::first_pass(inputs, &checks)?;
    let tallies = run.second_pass(inputs, &checks)?;
    let mut findings: Vec<Finding> = checks
        .iter()
        .zip(tallies)
        .map(|(check, tally)| tally.finish(check, run.ground(check, seal)))
        .collect();
    let names =
        if inputs.overlay.exemptions.is_empty() { BTreeMap::new() } else { failed_names(inputs, &findings)? };
    let (exemptions, exempted) =
        exemptions::apply(&inputs.overlay.exemptions, &mut findings, &names, inputs.as_of);
    let mut totals = Totals { exempted, ..Totals::default() };
    findings.iter().for_each(|finding| totals.add(finding.verdict));
    let (digest, logic) = inputs.catalogue.digests();
    Ok(Assessment {
        format: FORMAT.into(),
        semantics: SEMANTICS,
        snapshot: inputs.evidence.id(),
        catalogue: CatalogueRef { version: inputs.catalogue.version.clone(), digest, logic },
        overlay: inputs.overlay.digest(),
        packs: inputs.packs.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        as_of: inputs.as_of,
        parameters: parameters(&checks, inputs.overlay),
        totals,
        obligations: obligations::rows(inputs.catalogue, selected.as_ref(), &findings),
        findings,
        exemptions,
    })
}

pub(crate) fn plans(
    inputs: &Inputs<'_>,
    selected: Option<&BTreeSet<String>>,
) -> Result<Vec<Check>, AssessError> {
    let in_selection = |control: &&Control| {
        selected.is_none_or(|selected| control.obligations.iter().any(|link| selected.contains(&link.id)))
    };
    let mut controls: Vec<&Control> =
        inputs.catalogue.controls.iter().chain(&inputs.overlay.controls).filter(in_selection).collect();
    controls.sort_by(|a, b| a.id.cmp(&b.id));
    let mut errors = Vec::new();
    for pair in controls.windows(2).filter(|pair| pair[0].id == pair[1].id) {
        let message = "the overlay has a control with the id of a catalogue control".to_string();
        errors.push(PlanError {
            control: pair[0].id.clone(),
            field: "id".into(),
            line: 0,
            column: 0,
            message,
        });
    }
    let mut checks = Vec::new();
    for control in controls {
        match plan::check(control, &inputs.overlay.params) {
            Ok(check) => checks.push(check),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(checks) } else { Err(AssessError::Plan(errors)) }
}

/// Values of all parameters that the checks use.
fn parameters(checks: &[Check], overlay: &Overlay) -> Vec<ParameterUse> {
    let mut by_name: BTreeMap<&str, ParameterUse> = BTreeMap::new();
    for check in checks {
        for parameter in &check.control.parameters {
            let entry = by_name.entry(&parameter.name).or_insert_with(|| ParameterUse {
                name: parameter.name.clone(),
                unit: parameter.unit.clone(),
                value: plan::value(parameter, &overlay.params).clone(),
                overlay: overlay.params.contains_key(&parameter.name),
                controls: Vec::new(),
            });
            entry.controls.push(check.control.id.clone());
        }
    }
    by_name.into_values().collect()
}

/// Ids of the items that are not covered, for the patterns of exemptions.
fn failed_names(inputs: &Inputs<'_>, findings: &[Finding]) -> Result<BTreeMap<u32, String>, AssessError> {
    let failed: BTreeSet<u32> =
        findings.iter().flat_map(|finding| &finding.items).flat_map(|group| group.items.iter()).collect();
    let mut names = BTreeMap::new();
    let mut visit = |item: &Item<'_>| {
        if failed.contains(&item.index) {
            names.insert(item.index, item.id.to_string());
        }
    };
    inputs.evidence.read(&|_, _| true, &mut visit).map_err(AssessError::Read)?;
    Ok(names)
}

/// Group -> kind -> `plural.group`. Asked for every item, so nothing is allocated for a question.
pub(crate) struct KindNames(BTreeMap<String, BTreeMap<String, String>>);

impl KindNames {
    fn of(seal: &Seal) -> Self {
        let mut names: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for row in &seal.kinds {
            names.entry(row.group.clone()).or_default().insert(row.kind.clone(), row.resource.clone());
        }
        KindNames(names)
    }

    pub fn get(&self, group: &str, kind: &str) -> Option<&str> {
        self.0.get(group)?.get(kind).map(String::as_str)
    }

    /// Group and kind of the resources that fit. They are few, and looked at one by one.
    fn kinds_of(&self, fits: impl Fn(&str) -> bool) -> Vec<(&str, &str)> {
        let kinds = self.0.iter().flat_map(|(group, kinds)| {
            kinds.iter().map(move |(kind, resource)| (group.as_str(), kind.as_str(), resource))
        });
        kinds.filter(|(_, _, resource)| fits(resource)).map(|(group, kind, _)| (group, kind)).collect()
    }
}

/// What the first pass left behind.
pub(crate) struct Run {
    pub index: Index,
    coverage: Coverage,
    /// what the seal calls the resources of its kinds
    pub resources: KindNames,
    pub pods: Pods,
    as_of: Instant,
}

/// The version of an item; the API version without its group.
fn version<'b>(body: &'b Json<'_>) -> &'b str {
    let api_version = body.text(&["apiVersion"]).or_else(|| body.text(&["bomFormat"]).map(|_| "v1"));
    let api_version = api_version.unwrap_or_default();
    api_version.rsplit('/').next().unwrap_or(api_version)
}

impl Run {
    pub fn first_pass(inputs: &Inputs<'_>, checks: &[Check]) -> Result<Run, AssessError> {
        let seal = inputs.evidence.seal();
        let resources = KindNames::of(seal);
        let mut looks: BTreeMap<&str, BTreeSet<&str>> =
            BTreeMap::from([("namespaces", BTreeSet::from(["v1"]))]);
        for look in checks.iter().flat_map(|check| &check.relations).flat_map(|relation| relation.looks) {
            looks.entry(look.resource).or_default().extend(look.versions);
        }
        let wanted = resources.kinds_of(|resource| looks.contains_key(resource));
        let want = |group: &str, kind: &str| wanted.contains(&(group, kind));
        let mut index = Index::new(&inputs.catalogue.data);
        let mut visit = |item: &Item<'_>| {
            let Some(resource) = resources.get(&item.id.group, &item.id.kind) else { return };
            if resource == "namespaces" {
                index.namespace_names.insert(item.id.name.clone());
            }
            let understood = looks.get(resource);
            match item.bodies {
                [body] if understood.is_some_and(|versions| versions.contains(version(body))) => {
                    index.observe(item.index, item.id, resource, body);
                }
                _ => index.doubt(resource, &item.id.namespace),
            }
        };
        inputs.evidence.read(&want, &mut visit).map_err(AssessError::Read)?;
        index.finish();
        let coverage = Coverage::new(seal, index.namespace_names.iter().cloned());
        Ok(Run { index, coverage, resources, pods: Pods::of(seal), as_of: inputs.as_of })
    }

    fn second_pass(&self, inputs: &Inputs<'_>, checks: &[Check]) -> Result<Vec<Tally>, AssessError> {
        let mut judges: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut counters: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        let mut tallies: Vec<Tally> = Vec::new();
        for (at, check) in checks.iter().enumerate() {
            for resource in self.population(check) {
                judges.entry(resource).or_default().push(at);
            }
            for (place, count) in check.counts.iter().enumerate() {
                counters.entry(&count.resource).or_default().push((at, place));
            }
            let counts = check.counts.iter().map(|count| (count.name.clone(), 0)).collect();
            tallies.push(Tally { counts, ..Tally::default() });
        }
        let wanted = self
            .resources
            .kinds_of(|resource| judges.contains_key(resource) || counters.contains_key(resource));
        let want = |group: &str, kind: &str| wanted.contains(&(group, kind));
        let mut visit = |item: &Item<'_>| {
            let Some(resource) = self.resources.get(&item.id.group, &item.id.kind) else { return };
            if let Some(interested) = judges.get(resource) {
                self.judge_item(resource, item, checks, interested, &mut tallies);
            }
            for &(at, place) in counters.get(resource).into_iter().flatten() {
                let counted = &checks[at].counts[place];
                if self.counts(item, &checks[at], counted.only.as_ref()) {
                    *tallies[at].counts.entry(counted.name.clone()).or_default() += 1;
                }
            }
        };
        inputs.evidence.read(&want, &mut visit).map_err(AssessError::Read)?;
        Ok(tallies)
    }

    fn population<'c>(&self, check: &'c Check) -> Vec<&'c str> {
        if check.judges_pods() {
            return self.pods.resources();
        }
        check.control.population.of.iter().map(String::as_str).collect()
    }

    fn bench(&self) -> Bench<'_> {
        Bench { index: &self.index, coverage: &self.coverage, as_of: self.as_of }
    }

    fn judge_item(
        &self,
        resource: &str,
        item: &Item<'_>,
        checks: &[Check],
        interested: &[usize],
        tallies: &mut [Tally],
    ) {
        let named = || interested.iter().flat_map(|&at| &checks[at].relations);
        let mut wanted: Vec<&'static Relation> = Vec::new();
        for relation in named() {
            if !wanted.iter().any(|other| other.name == relation.name) {
                wanted.push(relation);
            }
        }
        let pod = match (self.pods, item.bodies) {
            (Pods::Templates, [body]) => workload::template_pod(resource, item.id, body),
            _ => None,
        };
        let is_template =
            self.pods == Pods::Templates && TEMPLATES.iter().any(|(name, ..)| *name == resource);
        let mut related: BTreeMap<bool, Json<'static>> = BTreeMap::new();
        for &at in interested {
            let check = &checks[at];
            let by_template = is_template && check.judges_pods();
            let object = match (by_template, item.bodies) {
                (true, [_]) => match &pod {
                    Some(pod) => Some(pod),
                    None => continue,
                },
                (false, [body]) => Some(body),
                _ => None,
            };
            let outcome = match self.before(check, resource, item) {
                Some(outcome) => outcome,
                None => match object {
                    Some(object) => {
                        let subject = Subject { id: item.id, object };
                        let related = related
                            .entry(by_template)
                            .or_insert_with(|| relations::related(&self.index, &wanted, &subject));
                        let case = Case {
                            object,
                            namespace: &item.id.namespace,
                            namespace_object: self.index.namespaces.get(&item.id.namespace),
                            related,
                        };
                        self.bench().judge(check, &case)
                    }
                    None => Outcome::Unknown(code::CONFLICTING_DECLARATIONS.into()),
                },
            };
            if outcome != Outcome::Outside {
                tallies[at].outcomes.push((item.index, item.id.namespace.clone(), outcome));
            }
        }
    }

    /// What is settled before any expression runs.
    pub fn before(&self, check: &Check, resource: &str, item: &Item<'_>) -> Option<Outcome> {
        let pods = check.judges_pods();
        if pods && check.platform_namespaces.contains(&item.id.namespace) {
            return Some(Outcome::Excluded(code::PLATFORM_NAMESPACE.into()));
        }
        // Without the value nothing can be asked; an expression would only fail.
        if !check.unset.is_empty() {
            return Some(Outcome::Unknown(code::PARAMETER_NOT_SET.into()));
        }
        let [body] = item.bodies else {
            return Some(Outcome::Unknown(code::CONFLICTING_DECLARATIONS.into()));
        };
        let understood = match TEMPLATES.iter().find(|(name, ..)| pods && *name == resource) {
            Some((_, understood, _)) => version(body) == *understood,
            None if pods => version(body) == "v1",
            None => check.versions(resource).iter().any(|known| known == version(body)),
        };
        if !understood {
            return Some(Outcome::Unknown(code::VERSION_NOT_READ.into()));
        }
        (pods && self.pods == Pods::Live && workload::is_finished(body))
            .then(|| Outcome::Excluded(code::FINISHED.into()))
    }

    fn counts(&self, item: &Item<'_>, check: &Check, only: Option<&plan::Expr>) -> bool {
        let [body] = item.bodies else { return true };
        let Some(only) = only else { return true };
        let case = Case {
            object: body,
            namespace: &item.id.namespace,
            namespace_object: None,
            related: &Json::Null,
        };
        self.bench().holds(only, check, &case)
    }

    fn ground(&self, check: &Check, seal: &Seal) -> Ground {
        let (population, closing) = if check.judges_pods() {
            (self.pods.unit().to_string(), self.pods.closing())
        } else {
            let of = &check.control.population.of;
            (of.join(","), of.iter().map(String::as_str).collect())
        };
        let mut read: BTreeSet<&str> = closing.iter().copied().collect();
        read.extend(check.relations.iter().flat_map(|relation| relation.looks).map(|look| look.resource));
        read.extend(check.counts.iter().map(|count| count.resource.as_str()));
        if check.uses_namespace() {
            read.insert("namespaces");
        }
        Ground {
            population,
            closed: closing.iter().all(|resource| self.coverage.closed(resource, Scope::Cluster)),
            missing: read.into_iter().filter_map(|resource| self.missing(resource, seal)).collect(),
            obligations: check.control.obligations.iter().map(|link| link.id.clone()).collect(),
        }
    }

    fn missing(&self, resource: &str, seal: &Seal) -> Option<Missing> {
        if self.coverage.closed(resource, Scope::Cluster) {
            return None;
        }
        let some_closed = seal.collections.iter().any(|row| row.resource == resource && row.status.closes());
        let open = if some_closed { self.coverage.open_namespaces(resource) } else { Vec::new() };
        let namespaces = open.into_iter().map(str::to_string).collect();
        let status = self.coverage.status(resource);
        Some(Missing { resource: resource.to_string(), status, namespaces })
    }
}
