//! One case of a control: the files that were seen, and what the control has to say about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nachweis_canon::{Digest, Json};
use nachweis_catalog::{Files, from_yaml};
use nachweis_evaluate::{AssessError, Evidence, Inputs, Item, ReadError, assess};
use nachweis_model::assessment::{Assessment, Finding};
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::seal::Seal;
use nachweis_model::{Instant, ItemId};
use nachweis_oci::MemoryStore;
use nachweis_snapshot::{FileSpool, Ingest, Resources, Settings, Snapshot};
use serde::Deserialize;
use serde_json::Value;

use super::source;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: String,
    covered: Option<u64>,
    total: Option<u64>,
    reasons: Option<BTreeMap<String, u64>>,
    excluded: Option<BTreeMap<String, u64>>,
    counts: Option<BTreeMap<String, u64>>,
    #[serde(default)]
    params: BTreeMap<String, Value>,
    as_of: Option<Instant>,
}

/// A case that can be asked again and again.
pub struct Case {
    expected: Expected,
    /// its sealed items
    pub evidence: Sealed,
}

/// The items of a snapshot, read once.
pub struct Sealed {
    seal: Seal,
    id: Digest,
    items: Vec<(u32, ItemId, Vec<Json<'static>>)>,
}

impl Evidence for Sealed {
    fn seal(&self) -> &Seal {
        &self.seal
    }

    fn id(&self) -> Digest {
        self.id
    }

    fn read(
        &self,
        want: &dyn Fn(&str, &str) -> bool,
        visit: &mut dyn FnMut(&Item<'_>),
    ) -> Result<(), ReadError> {
        for (index, id, bodies) in self.items.iter().filter(|(_, id, _)| want(&id.group, &id.kind)) {
            visit(&Item { index: *index, id, bodies });
        }
        Ok(())
    }
}

/// Names and folders of a control's cases, sorted.
pub fn folders(control: &Path) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(control.join("cases")).into_iter().flatten().flatten();
    let found = entries.filter(|entry| entry.path().is_dir());
    found.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

impl Case {
    /// Reads and seals a case as if its files lay in one folder.
    pub fn open(folder: &Path) -> Result<Case, String> {
        let file = folder.join("expected.yaml");
        let bytes = source::bytes(&file).map_err(|failure| failure.to_string())?;
        let expected: Expected = from_yaml("expected.yaml", &bytes).map_err(|fault| fault.to_string())?;
        let input = source::files(&folder.join("input")).map_err(|failure| failure.to_string())?;
        Ok(Case { expected, evidence: seal(&input)? })
    }

    /// Asks the controls of a catalogue.
    pub fn assess(&self, catalogue: &Catalogue) -> Result<Assessment, AssessError> {
        let overlay = Overlay { params: self.expected.params.clone(), ..Overlay::default() };
        let as_of = self.expected.as_of.unwrap_or(self.evidence.seal.collected_to);
        assess(&Inputs { evidence: &self.evidence, catalogue, overlay: &overlay, packs: &[], as_of })
    }

    /// What a finding has that was not expected.
    pub fn differences(&self, found: &Finding) -> Vec<String> {
        let expected = &self.expected;
        let mut out = Vec::new();
        let mut check = |what: &str, wanted: Option<String>, got: String| {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
                out.push(format!("{what}: expected {wanted}, found {got}"));
            }
        };
        let show = |map: &BTreeMap<String, u64>| match map.len() {
            0 => "none".to_string(),
            _ => map.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", "),
        };
        check("verdict", Some(expected.verdict.clone()), found.verdict.as_str().to_string());
        check("covered", expected.covered.map(|n| n.to_string()), found.covered.to_string());
        check("total", expected.total.map(|n| n.to_string()), found.total.to_string());
        check("reasons", expected.reasons.as_ref().map(show), show(&found.reasons));
        let excluded = found.excluded.iter().map(|(code, items)| (code.clone(), items.len())).collect();
        check("excluded", expected.excluded.as_ref().map(show), show(&excluded));
        check("counts", expected.counts.as_ref().map(show), show(&found.counts));
        out
    }
}

fn seal(input: &Files) -> Result<Sealed, String> {
    let store = MemoryStore::new();
    // Cases carry their own instant; this one is for those that need none.
    let settings = Settings { threads: 1, ..Settings::new(Instant::from_unix(0), "case") };
    let spool = FileSpool::new(std::io::Cursor::new(Vec::new()));
    let mut ingest = Ingest::new(settings, Resources::built_in(), spool);
    for (path, content) in input {
        ingest.entry(path, content.clone());
    }
    let sealed = ingest.finish(&store).map_err(|error| error.to_string())?;
    let snapshot = Snapshot::sealed(&sealed);
    if let Some(unread) = snapshot.seal().unread.first() {
        return Err(format!("{}:{}: {}", unread.file, unread.line, unread.detail));
    }
    let mut items = Vec::new();
    let mut visit = |item: &Item<'_>| {
        let bodies = item.bodies.iter().map(|body| body.clone().into_owned()).collect();
        items.push((item.index, item.id.clone(), bodies));
    };
    Evidence::read(&snapshot, &|_, _| true, &mut visit).map_err(|error| error.to_string())?;
    Ok(Sealed { seal: snapshot.seal().clone(), id: snapshot.id(), items })
}
