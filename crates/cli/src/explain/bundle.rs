//! A bundle opened for reading.

use std::path::Path;

use nachweis_model::assessment::{Assessment, Finding};
use nachweis_model::catalogue::Catalogue;
use nachweis_oci::select;
use nachweis_snapshot::Snapshot;
use nachweis_verify::bundle::Documents;

use crate::fail::Failure;
use crate::items::Names;
use crate::store;

/// Snapshot, documents and names of a bundle.
pub struct Bundle<'b> {
    pub snapshot: &'b Snapshot<'b>,
    pub documents: &'b Documents,
    pub names: &'b Names,
    /// path as the user wrote it
    pub path: String,
}

impl Bundle<'_> {
    /// The assessment.
    pub fn assessment(&self) -> &Assessment {
        &self.documents.assessment
    }

    /// The catalogue of the bundle with the organisation's own controls.
    pub fn catalogue(&self) -> Catalogue {
        let mut catalogue = self.documents.catalogue.clone();
        catalogue.controls.extend(self.documents.overlay.controls.iter().cloned());
        catalogue
    }

    /// The finding of a control.
    pub fn finding(&self, control: &str) -> Option<&Finding> {
        self.assessment().findings.iter().find(|finding| finding.control == control)
    }
}

/// Opens a bundle and works on it. Nothing is verified: `nachweis verify` does.
pub fn open(path: &Path, work: &mut dyn FnMut(Bundle<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    let store = store::open(path)?;
    let selected = select(store.as_ref(), None)?;
    let snapshot = Snapshot::open(store.as_ref(), &selected.manifest)
        .map_err(|error| Failure::new("snapshot-unreadable", error.to_string()))?;
    let documents = Documents::read(store.as_ref(), &selected)?;
    let names = Names::read(&snapshot)?;
    work(Bundle {
        snapshot: &snapshot,
        documents: &documents,
        names: &names,
        path: path.display().to_string(),
    })
}
