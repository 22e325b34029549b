//! `--baseline BUNDLE`: what an earlier bundle of the same cluster knows already.

use std::path::Path;

use nachweis_delta::{Told, news};
use nachweis_model::ItemId;
use nachweis_model::assessment::Assessment;
use nachweis_model::news::News;
use nachweis_model::seal::{Cluster, Seal};
use nachweis_oci::select;
use nachweis_report::Items;
use nachweis_snapshot::Snapshot;
use nachweis_verify::bundle::Documents;

use crate::fail::Failure;
use crate::items::Names;
use crate::store;

/// A baseline as it was read. It is not verified: `nachweis verify` does.
pub struct Known {
    assessment: Assessment,
    seal: Seal,
    items: Vec<(ItemId, Option<String>)>,
}

impl Known {
    /// Reads the baseline. `out` is where this run writes its bundle: a run that replaced its own baseline would make
    /// everything known that it found.
    pub fn read(path: &Path, out: Option<&Path>) -> Result<Self, Failure> {
        if out.is_some_and(|out| same_place(path, out)) {
            return Err(Failure::new(
                "baseline-is-output",
                "the bundle that is written would replace the baseline",
            )
            .at(path.display())
            .note("the next run would know everything that this one finds; nothing was assessed")
            .help("keep the baseline under a name of its own, or write to another place with `--out`")
            .usage());
        }
        let unread = |failure: Failure| {
            failure.note(
                "it was given as `--baseline`: a bundle that `nachweis assess` wrote; nothing was assessed",
            )
        };
        Self::read_bundle(path).map_err(unread)
    }

    fn read_bundle(path: &Path) -> Result<Self, Failure> {
        let store = store::open(path)?;
        let selected = select(store.as_ref(), None)?;
        let documents = Documents::read(store.as_ref(), &selected)?;
        let snapshot = Snapshot::open(store.as_ref(), &selected.manifest)
            .map_err(|error| Failure::new("snapshot-unreadable", error.to_string()).at(path.display()))?;
        let items = named(&Names::read(&snapshot)?, snapshot.seal());
        Ok(Known { assessment: documents.assessment, seal: snapshot.seal().clone(), items })
    }

    /// What the run shows that the baseline does not.
    pub fn news(&self, assessment: &Assessment, seal: &Seal, names: &Names) -> Result<News, Failure> {
        let items = named(names, seal);
        let old = Told { assessment: &self.assessment, seal: &self.seal, items: &self.items };
        news(&old, &Told { assessment, seal, items: &items }).map_err(|clusters| {
            let (old, new) = *clusters;
            let message = format!("the baseline is of cluster {}, this is {}", name(&old), name(&new));
            Failure::new("baseline-other-cluster", message)
                .note("what one cluster knows says nothing of another; no bundle was written")
                .help("give a bundle of the same cluster, or leave `--baseline` out")
                .usage()
        })
    }
}

/// Identity and owner of every item.
fn named(names: &Names, seal: &Seal) -> Vec<(ItemId, Option<String>)> {
    let count = u32::try_from(seal.items).unwrap_or(u32::MAX);
    let subjects = (0..count).map_while(|index| names.subject(index));
    subjects.map(|subject| (subject.id, subject.owner)).collect()
}

fn name(cluster: &Cluster) -> String {
    let name = cluster.name.as_deref().map(nachweis_report::escape::terminal);
    let uid = cluster.uid.as_deref().map(nachweis_report::escape::terminal);
    match (name, uid) {
        (Some(name), Some(uid)) => format!("`{name}` ({uid})"),
        (Some(one), None) | (None, Some(one)) => format!("`{one}`"),
        (None, None) => "without a name".into(),
    }
}

fn same_place(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
