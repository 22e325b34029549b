//! From counted facts to guesses. A guess without something that speaks for it does not exist.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, Label};

/// Names that a comment lists.
const NAMED: usize = 5;

/// A value, and what speaks for it.
#[derive(Clone, Debug, Default)]
pub struct Guess {
    pub value: Value,
    /// lines of a comment: how much supports it, and what speaks against it
    pub evidence: Vec<String>,
    /// other values that were seen, as lines of a comment
    pub others: Vec<String>,
}

/// A value in one of the types of parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    #[default]
    Nothing,
    Text(String),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

/// `3 of 12 namespaces: a, b, c`.
fn some<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let all: Vec<&str> = names.into_iter().map(String::as_str).collect();
    let more = if all.len() > NAMED { format!(", +{}", all.len() - NAMED) } else { String::new() };
    format!("{}{more}", all.iter().take(NAMED).copied().collect::<Vec<_>>().join(", "))
}

pub(super) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// The part of a label's key behind its domain, in lower case.
fn last(key: &str) -> String {
    key.rsplit('/').next().unwrap_or(key).to_ascii_lowercase()
}

fn map(label: &Label) -> Value {
    Value::Map(BTreeMap::from([label.clone()]))
}

/// `key: value`, quoted as YAML wants it.
fn shown((key, value): &Label) -> String {
    format!("{{{}: {}}}", super::write::scalar(key), super::write::scalar(value))
}

/// Labels of namespaces by the namespaces that carry them.
fn by_label(facts: &Facts) -> BTreeMap<Label, BTreeSet<String>> {
    let mut out: BTreeMap<Label, BTreeSet<String>> = BTreeMap::new();
    for (name, labels) in &facts.namespaces {
        for label in labels {
            out.entry(label.clone()).or_default().insert(name.clone());
        }
    }
    out
}

/// The most common one first, then by name.
fn ranked(map: BTreeMap<Label, BTreeSet<String>>) -> Vec<(Label, BTreeSet<String>)> {
    let mut out: Vec<_> = map.into_iter().collect();
    out.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    out
}

/// Labels that say that a namespace is production.
pub fn production(facts: &Facts) -> Option<Guess> {
    let says = |(key, value): &Label| {
        let (key, value) = (last(key), value.to_ascii_lowercase());
        let named = ["environment", "env", "stage", "environment-name", "env-name", "environment-type"];
        let flag =
            ["production", "is-production", "prod", "is-prod"].contains(&key.as_str()) && value == "true";
        flag || (named.contains(&key.as_str())
            && ["production", "prod", "prd", "live"].contains(&value.as_str()))
    };
    let labels = by_label(facts);
    let mut found = ranked(labels.clone());
    found.retain(|(label, _)| says(label));
    if found.is_empty() {
        return None;
    }
    let (label, carrying) = found.remove(0);
    let all = facts.namespaces.len();
    let mut evidence =
        vec![format!("{} of {} carry it: {}", carrying.len(), counted(all, "namespace"), some(&carrying))];
    let rivals = labels.iter().filter(|((key, value), _)| *key == label.0 && *value != label.1);
    let rivals: Vec<String> =
        rivals.map(|((_, value), names)| format!("{value} ({})", names.len())).take(12).collect();
    let with_key =
        facts.namespaces.values().filter(|labels| labels.iter().any(|(key, _)| *key == label.0)).count();
    if !rivals.is_empty() {
        evidence.push(format!("other values of the label: {}", rivals.join(", ")));
    }
    if with_key < all {
        evidence.push(format!("{} without the label: these would not be production", all - with_key));
    }
    let others = found.iter().map(|(label, names)| format!("{} is carried by {}", shown(label), names.len()));
    Some(Guess { value: map(&label), evidence, others: others.take(NAMED).collect() })
}

/// What names of an identity provider begin with.
pub fn prefix(facts: &Facts) -> Option<Guess> {
    let names: Vec<(&String, &u64)> = facts.subjects.iter().filter(|(name, _)| !is_own(name)).collect();
    let mut by: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for (name, bindings) in &names {
        if let Some(at) = name.find([':', '/']).filter(|at| *at + 1 < name.len()) {
            let entry = by.entry(&name[..=at]).or_default();
            *entry = (entry.0 + 1, entry.1 + **bindings);
        }
    }
    let mut found: Vec<(&str, (usize, u64))> =
        by.into_iter().filter(|(prefix, _)| *prefix != "arn:").collect();
    found.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
    let said = facts.prefixes.iter().next();
    let prefix = said.map(|(prefix, _)| prefix.as_str()).or(found.first().map(|(prefix, _)| *prefix))?;
    let mut evidence = Vec::new();
    if let Some((_, place)) = said {
        evidence.push(format!("set by {place}"));
    }
    let with = names.iter().filter(|(name, _)| name.starts_with(prefix)).count();
    evidence.push(format!(
        "{with} of {} in bindings begin with it (names that begin with system: or eks: left out)",
        counted(names.len(), "user and group name"),
    ));
    if names.len() > with {
        evidence.push(format!("{} do not: where do they come from?", counted(names.len() - with, "name")));
    }
    let others = found.iter().filter(|(other, _)| *other != prefix);
    let others = others.map(|(other, (count, _))| format!("\"{other}\" begins {}", counted(*count, "name")));
    Some(Guess { value: Value::Text(prefix.to_string()), evidence, others: others.take(NAMED).collect() })
}

/// Names that Kubernetes or a managed control plane makes.
fn is_own(name: &str) -> bool {
    ["system:", "eks:", "gke-", "aks-", "kubeadm:"].iter().any(|own| name.starts_with(own))
}

fn carried(found: &mut Vec<(Label, BTreeSet<String>)>, what: &str, all: usize) -> Option<Guess> {
    if found.is_empty() {
        return None;
    }
    let (label, names) = found.remove(0);
    let evidence = vec![format!("{} of {} carry it: {}", names.len(), counted(all, what), some(&names))];
    let others = found.iter().map(|(label, names)| {
        format!("{} is carried by {}: {}", shown(label), counted(names.len(), what), some(names))
    });
    Some(Guess { value: map(&label), evidence, others: others.take(NAMED).collect() })
}

/// Labels of Services whose key speaks of payments; values that do are told beside it.
pub fn payment_path(facts: &Facts) -> Option<Guess> {
    let mut by_key = ranked(facts.services.clone());
    by_key.retain(|((key, value), _)| last(key).contains("payment") && !value.eq_ignore_ascii_case("false"));
    let services: BTreeSet<&String> = facts.services.values().flatten().collect();
    carried(&mut by_key, "labelled Service", services.len())
}

/// A label that says whose a namespace is.
pub fn tenant(facts: &Facts) -> Option<Guess> {
    let words = ["tenant", "tenant-name", "tenant-id", "customer", "client", "mandant"];
    let mut keys: BTreeMap<&str, (BTreeSet<&str>, usize)> = BTreeMap::new();
    for labels in facts.namespaces.values() {
        for (key, value) in labels.iter().filter(|(key, _)| words.contains(&last(key).as_str())) {
            let entry = keys.entry(key).or_default();
            entry.0.insert(value);
            entry.1 += 1;
        }
    }
    let named: BTreeSet<String> = facts
        .namespaces
        .keys()
        .filter(|name| ["tenant-", "customer-", "client-"].iter().any(|word| name.starts_with(word)))
        .cloned()
        .collect();
    let mut found: Vec<_> = keys.into_iter().collect();
    found.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.cmp(b.0)));
    let by_name = format!(
        "{} named after a tenant, without a label: {}",
        counted(named.len(), "namespace"),
        some(&named)
    );
    match found.first() {
        Some((key, (values, carrying))) => {
            let all = facts.namespaces.len();
            let evidence =
                format!("{carrying} of {} carry it, {} different", counted(all, "namespace"), values.len());
            let others = found.iter().skip(1).map(|(key, (_, count))| format!("{key} is carried by {count}"));
            Some(Guess {
                value: Value::Text(key.to_string()),
                evidence: vec![evidence],
                others: others.collect(),
            })
        }
        None if !named.is_empty() => {
            Some(Guess { value: Value::Nothing, evidence: vec![by_name], others: Vec::new() })
        }
        None => None,
    }
}

/// The registry of an image as written.
fn registry(image: &str) -> String {
    match image.split_once('/') {
        // The name that older clients write for the same registry.
        Some(("index.docker.io", _)) => "docker.io".to_string(),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host.to_string(),
        _ => "docker.io".to_string(),
    }
}

/// Registries that images come from, with images and namespaces.
pub fn registries(facts: &Facts) -> Option<Guess> {
    let mut by: BTreeMap<String, (usize, BTreeSet<&String>)> = BTreeMap::new();
    for (image, namespaces) in &facts.images {
        let entry = by.entry(registry(image)).or_default();
        entry.0 += 1;
        entry.1.extend(namespaces);
    }
    let evidence = by.iter().map(|(host, (images, namespaces))| {
        format!("{host}: {} in {}", counted(*images, "image"), counted(namespaces.len(), "namespace"))
    });
    let evidence: Vec<String> = evidence.take(40).collect();
    (!by.is_empty()).then(|| Guess {
        value: Value::List(by.into_keys().collect()),
        evidence,
        others: Vec::new(),
    })
}

/// Regions of nodes, backups and registries.
pub fn regions(facts: &Facts) -> Option<Guess> {
    let mut evidence = Vec::new();
    let mut all: BTreeSet<String> = BTreeSet::new();
    for (region, nodes) in &facts.regions {
        evidence.push(format!("{region}: {}", counted(nodes.len(), "node")));
        all.insert(region.clone());
    }
    for (region, places) in &facts.stores {
        evidence.push(format!("{region}: {}: {}", counted(places.len(), "backup location"), some(places)));
        all.insert(region.clone());
    }
    let mut registries: BTreeMap<&str, usize> = BTreeMap::new();
    for image in facts.images.keys() {
        let region = image.split_once(".dkr.ecr.").and_then(|(_, rest)| rest.split_once('.'));
        if let Some((region, _)) = region {
            *registries.entry(region).or_default() += 1;
        }
    }
    for (region, images) in registries {
        evidence.push(format!("{region}: {} from a registry there", counted(images, "image")));
        all.insert(region.to_string());
    }
    (!all.is_empty()).then(|| Guess {
        value: Value::List(all.into_iter().collect()),
        evidence,
        others: Vec::new(),
    })
}

/// Labels that say that something is critical.
pub fn critical(facts: &Facts) -> Option<Guess> {
    let says = |(key, value): &Label| {
        let (key, value) = (last(key), value.to_ascii_lowercase());
        let keyed = [
            "critical",
            "criticality",
            "critical-function",
            "business-critical",
            "business-criticality",
            "is-critical",
        ];
        let high = ["true", "critical", "high", "important", "1", "tier-1", "tier1"];
        keyed.contains(&key.as_str()) && high.contains(&value.as_str())
    };
    let mut all = by_label(facts);
    for (label, places) in facts.workloads.iter().chain(&facts.services) {
        all.entry(label.clone()).or_default().extend(places.iter().cloned());
    }
    let mut found = ranked(all);
    found.retain(|(label, _)| says(label));
    if found.is_empty() {
        return None;
    }
    let (label, carrying) = found.remove(0);
    let evidence = vec![format!("{} carry it: {}", counted(carrying.len(), "object"), some(&carrying))];
    let others =
        found.iter().map(|(label, places)| format!("{} is carried by {}", shown(label), places.len()));
    Some(Guess { value: map(&label), evidence, others: others.take(NAMED).collect() })
}

/// Namespaces that hold the platform itself: the defaults that exist here, and others with an operator and a name
/// that installation guides use.
pub fn platform(facts: &Facts, default: &[String]) -> Option<Guess> {
    const STARTS: [&str; 26] = [
        "calico-",
        "cattle-",
        "cert-manager",
        "cilium",
        "falco",
        "fleet-",
        "flux-system",
        "gatekeeper-",
        "harvester-",
        "ingress-",
        "istio-",
        "karpenter",
        "keda",
        "knative-",
        "kyverno",
        "linkerd",
        "longhorn-",
        "metallb-",
        "monitoring",
        "logging",
        "olm",
        "openshift-",
        "rook-",
        "tigera-",
        "trivy-",
        "velero",
    ];
    let known: BTreeSet<&String> = default.iter().collect();
    let new: Vec<&String> = facts
        .used
        .iter()
        .filter(|name| !known.contains(name))
        .filter(|name| name.starts_with("kube-") || STARTS.iter().any(|start| name.starts_with(start)))
        .collect();
    if new.is_empty() {
        return None;
    }
    let here = default.iter().filter(|name| facts.used.contains(*name)).count();
    let mut evidence = vec![
        format!("{here} of the {} of the default hold workloads here", counted(default.len(), "namespace")),
        format!(
            "{} beside them look like the platform's by their names: {}",
            new.len(),
            some(new.iter().copied())
        ),
    ];
    let bound: Vec<&String> = new.iter().copied().filter(|name| facts.operators.contains(*name)).collect();
    if !bound.is_empty() {
        evidence.push(format!("with a service account that is bound cluster-wide: {}", some(bound)));
    }
    let mut all: Vec<String> = default.to_vec();
    all.extend(new.into_iter().cloned());
    all.sort();
    all.dedup();
    Some(Guess { value: Value::List(all), evidence, others: Vec::new() })
}
