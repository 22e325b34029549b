//! What a run shows that a baseline did not: two recorded assessments, item by item, without evaluating anything.
//!
//! An item is the same one where its id is. Pods and what else controllers make have a new name after every
//! rollout: such an item that the baseline does not have counts as one of its owner's, so that a rollout alone makes
//! nothing new. An item that the baseline *has* is never excused by its owner.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::assessment::{Assessment, Finding, code};
use nachweis_model::news::{Baseline, FindingNews, News};
use nachweis_model::seal::{Cluster, Seal};
use nachweis_model::{ItemId, Ranges, Verdict};

/// A recorded assessment with the names of its items.
pub struct Told<'a> {
    /// the findings
    pub assessment: &'a Assessment,
    /// seal of the snapshot
    pub seal: &'a Seal,
    /// identity of every item and what made it, such as `Deployment payments/api`, in sealed order
    pub items: &'a [(ItemId, Option<String>)],
}

/// How bad an item or a finding stands; the order is the one that makes something new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    /// covered, excluded, exempted, or not there
    #[default]
    Quiet,
    /// cannot be judged
    Unknown,
    /// not satisfied, and nobody accepted it
    Failed,
}

impl Told<'_> {
    /// The indices that lie in the snapshot: a bundle that nobody verified may claim four billion of them.
    fn within<'r>(&self, items: &'r Ranges) -> impl Iterator<Item = u32> + use<'r> {
        let count = self.items.len();
        items.iter().take_while(move |index| (*index as usize) < count)
    }

    fn index_of(&self, id: &ItemId) -> Option<u32> {
        let at = self.items.binary_search_by(|(known, _)| known.cmp(id)).ok()?;
        u32::try_from(at).ok()
    }

    fn get(&self, index: u32) -> Option<&(ItemId, Option<String>)> {
        self.items.get(index as usize)
    }

    /// Open items of a finding with how they stand. Exempted ones are quiet: somebody accepted them.
    fn open(&self, finding: &Finding) -> BTreeMap<u32, Stand> {
        let mut out = BTreeMap::new();
        for group in &finding.items {
            let failed = group.verdict == Verdict::NotSatisfied;
            for index in self.within(&group.items) {
                let exempted = finding.exempted.values().any(|items| items.contains(index));
                if !(failed && exempted) {
                    out.insert(index, if failed { Stand::Failed } else { Stand::Unknown });
                }
            }
        }
        out
    }
}

/// One finding on one side.
struct Side<'a> {
    told: &'a Told<'a>,
    finding: Option<&'a Finding>,
    open: BTreeMap<u32, Stand>,
    /// worst stand by namespace and owner
    owners: BTreeMap<(&'a str, &'a str), Stand>,
    /// namespaces and owners of covered items, collected when first asked for
    covered_owners: OnceCell<BTreeSet<(&'a str, &'a str)>>,
    /// how the finding stands as a whole
    whole: Stand,
}

impl<'a> Side<'a> {
    fn new(told: &'a Told<'a>, finding: Option<&'a Finding>) -> Self {
        let open = finding.map(|finding| told.open(finding)).unwrap_or_default();
        let mut owners = BTreeMap::new();
        for (index, stand) in &open {
            if let Some(key) = told.get(*index).and_then(owner_key) {
                let worst: &mut Stand = owners.entry(key).or_default();
                *worst = (*worst).max(*stand);
            }
        }
        let whole = finding.map_or(Stand::Quiet, |finding| stand(finding, &open));
        Side { told, finding, open, owners, covered_owners: OnceCell::new(), whole }
    }

    /// How the item stands here, by its own id or else by its owner.
    fn stand_of(&self, item: &'a (ItemId, Option<String>)) -> Stand {
        if let Some(index) = self.told.index_of(&item.0) {
            return self.open.get(&index).copied().unwrap_or_default();
        }
        owner_key(item).and_then(|key| self.owners.get(&key).copied()).unwrap_or_default()
    }

    /// True where other items of the item's owner are covered; asked for items that are gone.
    fn covers_owner_of(&self, item: &(ItemId, Option<String>)) -> bool {
        let covered = self.covered_owners.get_or_init(|| {
            let passed = self.finding.into_iter().flat_map(|finding| self.told.within(&finding.passed));
            passed.filter_map(|index| self.told.get(index).and_then(owner_key)).collect()
        });
        owner_key(item).is_some_and(|key| covered.contains(&key))
    }

    fn reasons(&self) -> impl Iterator<Item = &'a String> + use<'a> {
        self.finding.into_iter().flat_map(|finding| {
            let carried = |reason: &str| finding.items.iter().any(|group| group.reason == reason);
            finding.reasons.keys().filter(move |reason| !carried(reason))
        })
    }
}

fn owner_key(item: &(ItemId, Option<String>)) -> Option<(&str, &str)> {
    Some((item.0.namespace.as_str(), item.1.as_deref()?))
}

fn stand(finding: &Finding, open: &BTreeMap<u32, Stand>) -> Stand {
    let had_items = finding.items.iter().any(|group| group.verdict == Verdict::NotSatisfied);
    let unaccepted = open.values().any(|stand| *stand == Stand::Failed);
    match finding.verdict {
        Verdict::NotSatisfied if unaccepted || !had_items => Stand::Failed,
        Verdict::NotSatisfied
            if finding.indeterminate > 0 || finding.reasons.contains_key(code::POPULATION_OPEN) =>
        {
            Stand::Unknown
        }
        Verdict::Indeterminate => Stand::Unknown,
        _ => Stand::Quiet,
    }
}

/// Whether both name their cluster and it is one; `None` where that cannot be told.
fn same_cluster(old: &Cluster, new: &Cluster) -> Option<bool> {
    let by = |a: &Option<String>, b: &Option<String>| Some(a.as_ref()? == b.as_ref()?);
    by(&old.uid, &new.uid).or_else(|| by(&old.name, &new.name))
}

/// What is new against the baseline. `Err` names both clusters where they are two.
///
/// Items below a finding that is satisfied in spite of them are not told: the threshold allows them.
pub fn news(old: &Told<'_>, new: &Told<'_>) -> Result<News, Box<(Cluster, Cluster)>> {
    let same = same_cluster(&old.seal.cluster, &new.seal.cluster);
    if same == Some(false) {
        return Err(Box::new((old.seal.cluster.clone(), new.seal.cluster.clone())));
    }
    let mut controls: BTreeMap<&str, (Option<&Finding>, Option<&Finding>)> = BTreeMap::new();
    for finding in &old.assessment.findings {
        controls.entry(&finding.control).or_default().0 = Some(finding);
    }
    for finding in &new.assessment.findings {
        controls.entry(&finding.control).or_default().1 = Some(finding);
    }
    let findings = controls
        .into_iter()
        .map(|(control, (before, now))| {
            let (before, now) = (Side::new(old, before), Side::new(new, now));
            FindingNews { control: control.to_string(), ..compare(&before, &now) }
        })
        .collect();
    let baseline = Baseline {
        snapshot: old.assessment.snapshot,
        assessment: nachweis_canon::Digest::of(&nachweis_canon::canonical_bytes(old.assessment)),
        as_of: old.assessment.as_of,
        catalogue_version: old.assessment.catalogue.version.clone(),
        same_catalogue: old.assessment.catalogue.logic == new.assessment.catalogue.logic,
        same_overlay: old.assessment.overlay == new.assessment.overlay,
        same_semantics: old.assessment.semantics == new.assessment.semantics,
        same_cluster: same == Some(true),
    };
    Ok(News { baseline, findings })
}

fn compare<'a>(before: &Side<'a>, now: &Side<'a>) -> FindingNews {
    let mut out = FindingNews {
        before: before.finding.map(|finding| finding.verdict),
        turned: now.whole > before.whole,
        ..FindingNews::default()
    };
    // A control that is not asked any more fixes nothing.
    let Some(finding) = now.finding else { return out };
    if now.whole > Stand::Quiet {
        for (index, stand) in &now.open {
            let known = now.told.get(*index).map_or(Stand::Quiet, |item| before.stand_of(item));
            let place = match stand {
                _ if known >= *stand => &mut out.known,
                Stand::Failed => &mut out.not_satisfied,
                _ => &mut out.indeterminate,
            };
            place.push(*index);
        }
        for reason in now.reasons() {
            let had = before.whole > now.whole || before.reasons().any(|known| known == reason);
            if had { out.known_reasons += 1 } else { out.reasons.push(reason.clone()) }
        }
    }
    for index in before.open.keys() {
        let Some(item) = before.told.get(*index) else { continue };
        if now.stand_of(item) > Stand::Quiet {
            continue;
        }
        match now.told.index_of(&item.0) {
            Some(at) if finding.passed.contains(at) => out.fixed.push(item.0.clone()),
            // Accepted since: it has a total of its own.
            Some(at) if finding.exempted.values().any(|items| items.contains(at)) => {}
            None if now.covers_owner_of(item) => out.fixed.push(item.0.clone()),
            _ => out.gone.push(item.0.clone()),
        }
    }
    out
}
