//! From entries to a sealed snapshot, an assessment, a bundle; everything in memory.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use nachweis_attest::{PrivateKey, sign_statement};
use nachweis_canon::Digest;
use nachweis_collect::live::{Event, Settings as LiveSettings, collect};
use nachweis_evaluate::{Inputs, assess};
use nachweis_model::Instant;
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::seal::Collection;
use nachweis_oci::{BlobsMut, Descriptor, MemoryStore};
use nachweis_snapshot::{Ingest, Pseudonyms, Resources, SealError, Sealed, Settings, Snapshot};
use nachweis_verify::bundle::{Parts, compose};
use nachweis_verify::statement;

use crate::entries::Entries;

/// What the command line would say.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--complete`
    pub complete: Vec<String>,
    /// `--ignore`
    pub ignore: Vec<String>,
    /// `--at`; `None` leaves the instant to the input
    pub at: Option<Instant>,
    /// `--threads`
    pub threads: usize,
    /// `--pseudonymise`
    pub pseudonyms: Option<Pseudonyms>,
}

impl Options {
    /// `--at 2026-11-24T06:00:00Z`, for inputs that know no instant.
    pub fn fixed() -> Self {
        Options { at: Some("2026-11-24T06:00:00Z".parse().unwrap()), ..Options::default() }
    }

    /// The same with `--complete`.
    pub fn complete(mut self, names: &[&str]) -> Self {
        self.complete = names.iter().map(|name| name.to_string()).collect();
        self
    }

    /// The same with `--ignore`.
    pub fn ignore(mut self, file: &str) -> Self {
        self.ignore.push(file.into());
        self
    }
}

/// A sealed snapshot with its storage.
pub struct Kept {
    /// the blobs
    pub store: MemoryStore,
    /// the seal
    pub sealed: Sealed,
}

/// Seals entries.
pub fn seal(entries: &Entries, options: &Options) -> Result<Kept, SealError> {
    let settings = Settings {
        at: options.at,
        complete: options.complete.clone(),
        ignore: options.ignore.clone(),
        threads: options.threads,
        // Small inputs are read by threads too where a test asks for threads.
        alone_bytes: 0,
        pseudonyms: options.pseudonyms.clone(),
        ..Settings::new(Instant::from_unix(1_800_000_000), "nachweis-testkit 0")
    };
    let store = MemoryStore::new();
    let mut ingest = Ingest::new(settings, Resources::built_in(), Vec::new());
    for (path, bytes) in &entries.files {
        ingest.entry(path, bytes.to_vec());
    }
    entries.unread.iter().for_each(|unread| ingest.unread(unread.clone()));
    let sealed = ingest.finish(&store)?;
    Ok(Kept { store, sealed })
}

/// Seals a running cluster with the collector, and `evidence` files (path, bytes) beside it.
///
/// # Panics
/// Where the cluster cannot be read.
pub fn seal_live(kubeconfig: &Path, evidence: &[(String, Arc<[u8]>)]) -> Kept {
    let settings = Settings::new(Instant::from_unix(1_800_000_000), "nachweis-testkit 0");
    let mut ingest = Ingest::new(settings, Resources::built_in(), Vec::new());
    for (path, bytes) in evidence {
        ingest.entry(path, bytes.to_vec());
    }
    let collected = collect(&live_settings(kubeconfig), &mut |event| match event {
        Event::Served(resource) => ingest.served(resource),
        Event::Denied(_) | Event::Planned(_) | Event::Begun(_) => {}
        Event::Page { listing, attempt, bytes, .. } => ingest.page(&listing, attempt, bytes),
        Event::Restart { listing, attempt } => ingest.restart(&listing, attempt),
        Event::Listed(listed) => ingest.listed(listed),
    });
    let collected = collected.unwrap_or_else(|error| panic!("{}: {}", error.code, error.message));
    assert!(collected.interrupted.is_none(), "{:?}", collected.interrupted);
    ingest.live(collected.head);
    let store = MemoryStore::new();
    let sealed = ingest.finish(&store).unwrap();
    Kept { store, sealed }
}

/// How a test's own server is read, which need not be spared.
pub(crate) fn live_settings(kubeconfig: &Path) -> LiveSettings {
    LiveSettings { kubeconfig: Some(kubeconfig.into()), rate: 1000, ..LiveSettings::default() }
}

/// The newest catalogue release.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> =
        LazyLock::new(|| nachweis_catalog::parse(nachweis_catalog::current().bytes).unwrap());
    &CATALOGUE
}

impl Kept {
    /// The snapshot.
    pub fn open(&self) -> Snapshot<'_> {
        Snapshot::open(&self.store, &self.sealed.manifest()).unwrap()
    }

    /// Every control of the newest release, as of the snapshot's own instant.
    pub fn assess(&self, overlay: &Overlay) -> Assessment {
        self.assess_with(catalogue(), overlay)
    }

    /// The same with another catalogue.
    pub fn assess_with(&self, catalogue: &Catalogue, overlay: &Overlay) -> Assessment {
        let snapshot = self.open();
        let as_of = snapshot.seal().collected_to;
        assess(&Inputs { evidence: &snapshot, catalogue, overlay, packs: &[], as_of }).unwrap()
    }

    /// Ids of all items in sealed order.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.open()
            .read::<()>(&|_, _| true, &mut |item| {
                names.push(item.id.to_string());
                Ok(())
            })
            .unwrap();
        names
    }

    /// The row of a resource in a scope.
    pub fn collection(&self, resource: &str, scope: &str) -> Option<&Collection> {
        self.sealed.seal.collections.iter().find(|row| row.resource == resource && row.scope == scope)
    }
}

/// A signing key that is known to be worthless.
pub fn key(number: u8) -> PrivateKey {
    PrivateKey::generate([number; 32])
}

/// Writes a bundle of a snapshot's blobs, which `store` holds.
pub fn bundle(
    store: &dyn BlobsMut,
    snapshot: &[Descriptor],
    catalogue: &[u8],
    overlay: &Overlay,
    assessment: &Assessment,
    key: Option<&PrivateKey>,
) -> Digest {
    let envelope = key.map(|key| sign_statement(&statement(assessment, "nachweis-testkit 0"), key).unwrap());
    let pem = key.map(|key| key.public().to_pem());
    let attestation = envelope.as_deref().zip(pem.as_deref());
    compose(store, &Parts { snapshot, catalogue, overlay, assessment, attestation }).unwrap().digest
}
