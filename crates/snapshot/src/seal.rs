//! Seals what was gathered: layers, Merkle root, seal.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

use nachweis_canon::{Digest, canonical_bytes};
use nachweis_model::seal::{
    Alias, Cluster, Conflict, EVERYWHERE, FORMAT, IdentitySource, InstantSource, Kind, Origin, Seal, Unread,
    Withheld,
};
use nachweis_model::{Instant, Source};
use nachweis_oci::{BlobsMut, Descriptor, Manifest, Problem, media};

use crate::collections::{Sources, Tallies, collections};
use crate::forms::Forms;
use crate::gitops;
use crate::head::reason;
use crate::ingest::{Gathered, Ingest, Settings};
use crate::intake::Found;
use crate::lines::Lines;
use crate::lookup::Lookup;
use crate::normalise;
use crate::pack::pack;
use crate::pseudonyms;
use crate::resolve::{Item, Resolved, resolve};
use crate::resources::{KindScope, NameError, Resource, Resources, Tier};
use crate::withhold;

/// Why an input could not be sealed.
#[derive(Debug)]
pub enum SealError {
    /// the input shows more than one cluster
    TwoClusters {
        /// uids of kube-system that were found, sorted
        uids: Vec<String>,
    },
    /// a name given to `--complete`
    Name(NameError),
    /// bodies could not be written or read back
    Spool(io::Error),
    /// layers could not be written
    Storage(Problem),
    /// more items than there may be, whose number is told
    TooManyItems(u32),
    /// a thread ended in the middle of a file: a defect of this program
    Worker,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SealError::TwoClusters { uids } => {
                write!(f, "the input shows several clusters: kube-system has the uids {}", uids.join(", "))
            }
            SealError::Name(error) => error.fmt(f),
            SealError::Spool(error) => write!(f, "temporary storage failed: {error}"),
            SealError::Storage(problem) => problem.fmt(f),
            SealError::TooManyItems(max) => write!(f, "more than {max} items"),
            SealError::Worker => f.write_str("a thread ended in the middle of a file"),
        }
    }
}

impl std::error::Error for SealError {}

impl From<NameError> for SealError {
    fn from(error: NameError) -> Self {
        SealError::Name(error)
    }
}

impl From<Problem> for SealError {
    fn from(problem: Problem) -> Self {
        SealError::Storage(problem)
    }
}

impl From<io::Error> for SealError {
    fn from(error: io::Error) -> Self {
        SealError::Spool(error)
    }
}

/// A sealed snapshot whose blobs are in the storage. It still has what they were made of, for
/// [`Snapshot::sealed`](crate::Snapshot::sealed).
#[derive(Debug)]
pub struct Sealed {
    /// the seal
    pub seal: Seal,
    /// SHA-256 of the seal's canonical bytes
    pub id: Digest,
    /// descriptors of the seal and then of the items' layers in sealed order
    pub layers: Vec<Descriptor>,
    pub(crate) lines: Lines,
}

impl Sealed {
    /// The manifest of this snapshot alone. It is not stored yet: a bundle has a manifest of its own.
    pub fn manifest(&self) -> Manifest {
        Manifest { layers: self.layers.clone(), ..Manifest::artifact(media::SNAPSHOT) }
    }
}

impl Ingest {
    /// Seals everything that was taken in and stores its blobs.
    pub fn finish(self, blobs: &dyn BlobsMut) -> Result<Sealed, SealError> {
        let (settings, resources, gathered) = self.gather().ok_or(SealError::Worker)?;
        seal(&settings, resources, gathered, blobs)
    }
}

fn seal(
    settings: &Settings,
    mut resources: Resources,
    mut gathered: Gathered,
    blobs: &dyn BlobsMut,
) -> Result<Sealed, SealError> {
    if let Some(error) = gathered.failure.take() {
        return Err(SealError::Spool(error));
    }
    gitops::set_apart(&mut gathered);
    let forms = Forms::new(std::mem::take(&mut gathered.markers));
    learn(&mut resources, &mut gathered, &forms);
    let found = std::mem::take(&mut gathered.found);
    let resolved = resolve(found, &forms, &resources, &mut *gathered.spool)?;
    if u32::try_from(resolved.items.len()).map_or(true, |count| count > settings.items_max) {
        return Err(SealError::TooManyItems(settings.items_max));
    }
    let cluster = cluster(settings, &gathered, &forms, &resolved)?;
    sort_lists(settings, &mut gathered, &forms);

    let mut people = settings.pseudonyms.is_some().then(BTreeSet::new);
    let mut seen = |line: &[u8]| {
        if let Some(people) = &mut people {
            people.extend(pseudonyms::pseudonyms_in(line).map(str::to_string));
        }
    };
    let bytes: u64 = resolved.items.iter().map(|item| item.line_len as u64).sum();
    let beside = settings.threads > 1 && bytes >= settings.alone_bytes;
    let (root, mut layers) = pack(&resolved.items, &mut *gathered.spool, blobs, beside, &mut seen)?;
    let (tallies, kinds) = tally(&resolved.items, &resources);
    let collections = collections(&Sources {
        resources: &resources,
        items: &resolved.items,
        tallies: &tallies,
        left_out: &resolved.left_out,
        forms: &forms,
        dump_files: &gathered.dump_files,
        dump_errors: &gathered.dump_errors,
        discoveries: &gathered.discoveries,
        evidence: &gathered.evidence,
        indexes: &gathered.indexes,
        live: gathered.live.as_ref(),
        listed: &gathered.listed,
        unread: &gathered.unread,
        fruitful: &resolved.fruitful,
        complete: &settings.complete,
    })?;
    let (collected_from, collected_to, instant_source) = instants(settings, &gathered, &forms);
    let identity_source = match &gathered.live {
        Some(_) => IdentitySource::Live,
        None if forms.markers.is_empty() && gathered.indexes.is_empty() => IdentitySource::Declared,
        None => IdentitySource::Dump,
    };
    let mut seal = Seal {
        format: FORMAT.into(),
        canonical: nachweis_canon::FORMAT.into(),
        normalisation: normalise::FORMAT.into(),
        redaction: withhold::FORMAT.into(),
        pseudonyms: None,
        cluster,
        server: gathered.live.take().map(|live| live.server),
        identity_source,
        collected_from,
        collected_to,
        instant_source,
        collector: settings.collector.clone(),
        origins: origins(&mut gathered, &forms),
        collections,
        unread: gathered.unread,
        duplicate_keys: gathered.duplicates,
        withheld: by_item(&resolved.items, |item, at| {
            let pointers: Vec<String> = item.withheld.iter().map(|mark| mark.pointer.clone()).collect();
            let rules = item.withheld.iter().map(|mark| mark.rule.to_string()).collect();
            (!pointers.is_empty()).then_some(Withheld { item: at, pointers, rules })
        }),
        left_out: resolved.left_out,
        aliases: by_item(&resolved.items, |item, at| (!item.aliases.is_empty()).then_some((item, at)))
            .into_iter()
            .flat_map(|(item, at)| {
                let alias = move |(group, kind): &(String, String)| Alias {
                    item: at,
                    group: group.clone(),
                    kind: kind.clone(),
                };
                item.aliases.iter().map(alias)
            })
            .collect(),
        conflicts: by_item(&resolved.items, |item, at| {
            let (bodies, files) = (item.digests.clone(), item.files.clone());
            (!bodies.is_empty()).then_some(Conflict { item: at, bodies, files })
        }),
        defaulted_namespaces: resolved.defaulted_namespaces,
        items: resolved.items.len() as u64,
        kinds,
        root,
    };
    if let (Some(pseudonyms), Some(people)) = (&settings.pseudonyms, people) {
        pseudonyms.seal(&mut seal, people.len() as u64);
    }
    let bytes = canonical_bytes(&seal);
    layers.insert(0, blobs.put(media::SEAL, &bytes)?);
    let lines = Lines::new(resolved.items, gathered.spool);
    Ok(Sealed { seal, id: Digest::of(&bytes), layers, lines })
}

fn by_item<'a, T>(items: &'a [Item], make: impl Fn(&'a Item, u32) -> Option<T>) -> Vec<T> {
    items.iter().zip(0u32..).filter_map(|(item, at)| make(item, at)).collect()
}

/// Adds what the input itself says of resources: definitions, and plurals in the paths of a dump.
fn learn(resources: &mut Resources, gathered: &mut Gathered, forms: &Forms) {
    for definition in gathered.definitions.drain(..) {
        resources.add(definition);
    }
    // All of them are looked at before one is added: of two plurals the smaller one stays, not the first one.
    let mut known = Lookup::new(resources);
    let derived: BTreeSet<Resource> = gathered
        .found
        .iter()
        .filter(|found| known.get(&found.group, &found.kind).is_none())
        .filter_map(|found| derive(found, forms))
        .collect();
    derived.into_iter().for_each(|row| resources.add(row));
}

/// The resource of an object as the path of its dump file names it.
fn derive(found: &Found, forms: &Forms) -> Option<Resource> {
    let place = forms.place(&found.file).filter(|place| place.group == found.group)?;
    Some(Resource {
        tier: Tier::Derived,
        group: found.group.clone(),
        kind: found.kind.clone(),
        plural: place.plural.into(),
        scope: if place.scope == EVERYWHERE { KindScope::Cluster } else { KindScope::Namespaced },
        made: false,
        short: Vec::new(),
    })
}

fn cluster(
    settings: &Settings,
    gathered: &Gathered,
    forms: &Forms,
    resolved: &Resolved,
) -> Result<Cluster, SealError> {
    let mut uids = resolved.cluster_uids.clone();
    uids.extend(gathered.indexes.iter().filter_map(|index| index.uid.clone()));
    uids.extend(gathered.live.iter().filter_map(|live| live.uid.clone()));
    if uids.len() > 1 {
        return Err(SealError::TwoClusters { uids: uids.into_iter().collect() });
    }
    let names = gathered.indexes.iter().filter_map(|index| index.name.clone());
    Ok(Cluster {
        name: settings.cluster_name.clone().or_else(|| names.min()),
        uid: uids.pop_first(),
        version: match &gathered.live {
            Some(live) => live.version.clone(),
            None => forms.markers.iter().filter_map(|marker| marker.version.clone()).min(),
        },
    })
}

/// What the input was recognised as. A backup is named once, where its tarball lies.
fn origins(gathered: &mut Gathered, forms: &Forms) -> Vec<Origin> {
    let mut out: BTreeSet<Origin> = std::mem::take(&mut gathered.origins).into_iter().collect();
    for marker in &forms.markers {
        let tarball = marker.backup.is_none();
        let named = tarball.then(|| forms.backup(&marker.root)).flatten().map(|backup| backup.name.clone());
        let alone = marker.backup.as_ref().is_some_and(|_| forms.velero_roots().next().is_none());
        if tarball || alone {
            let folder = marker.root.trim_end_matches('/').to_string();
            out.insert(Origin { form: marker.form.code().into(), folder, name: named });
        }
    }
    out.into_iter().collect()
}

/// What the operator says goes first, then what the input says of itself, then the edge's clock.
fn instants(settings: &Settings, gathered: &Gathered, forms: &Forms) -> (Instant, Instant, InstantSource) {
    if let Some(live) = &gathered.live {
        return (live.from, live.to, InstantSource::ApiServer);
    }
    if let Some(at) = settings.at {
        return (at, at, InstantSource::Declared);
    }
    let markers = forms.markers.iter().flat_map(|marker| marker.from.into_iter().chain(marker.to));
    let all: BTreeSet<Instant> = markers.chain(gathered.indexes.iter().filter_map(|i| i.instant)).collect();
    match (all.first(), all.last()) {
        (Some(from), Some(to)) => (*from, *to, InstantSource::DumpMetadata),
        _ => (settings.now, settings.now, InstantSource::Clock),
    }
}

/// Brings what the threads found into an order of its own, and marks what the operator ignores.
fn sort_lists(settings: &Settings, gathered: &mut Gathered, forms: &Forms) {
    // Errors of a collector whose dump this is not are words without meaning, and not read.
    let (known, unknown): (Vec<_>, Vec<_>) = std::mem::take(&mut gathered.dump_errors)
        .into_iter()
        .partition(|error| forms.has(error.form, &error.root));
    gathered.dump_errors = known;
    gathered.unread.extend(unknown.into_iter().map(|error| Unread {
        file: error.file.to_string(),
        line: 1,
        column: 0,
        reason: reason::NOT_AN_OBJECT.into(),
        detail: "it has no apiVersion and kind".into(),
        ignored: false,
    }));
    for unread in &mut gathered.unread {
        let no_object =
            matches!(&*unread.reason, reason::NOT_AN_OBJECT | reason::NO_NAME | reason::AND_MORE | "link");
        if no_object && forms.is_record(&unread.file) {
            unread.reason = reason::COLLECTOR_RECORD.into();
        }
    }
    gathered.dump_errors.sort();
    for unread in &mut gathered.unread {
        unread.ignored = settings.ignore.iter().any(|path| covers(path, unread));
    }
    gathered.unread.sort();
    gathered.unread.dedup();
    gathered.duplicates.sort();
    gathered.duplicates.dedup();
    gathered.evidence.sort();
    gathered.dump_files.sort_by(|a, b| a.0.cmp(&b.0));
    gathered.indexes.sort_by(|a, b| a.file.cmp(&b.file));
}

/// True if a path given to `--ignore` names the file or a folder above it.
fn covers(path: &str, unread: &Unread) -> bool {
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    unread.file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Items and bytes by resource and namespace, and the kinds.
fn tally(items: &[Item], resources: &Resources) -> (Tallies, Vec<Kind>) {
    fn place(item: &Item) -> (&str, &str, &str) {
        (&item.id.group, &item.id.kind, &item.id.namespace)
    }
    let mut tallies = Tallies::default();
    let mut kinds: std::collections::BTreeMap<(&str, &str), Kind> = Default::default();
    for run in items.chunk_by(|a, b| place(a) == place(b)) {
        let (group, kind, namespace) = place(&run[0]);
        let row = kinds.entry((group, kind)).or_insert_with(|| Kind {
            group: group.into(),
            kind: kind.into(),
            resource: resources.key_of(group, kind),
            count: 0,
        });
        row.count += run.len() as u64;
        let bytes = run.iter().map(|item| item.line_len as u64).sum();
        tallies.add(&row.resource, namespace, run.len() as u64, bytes);
    }
    debug_assert!(
        items.iter().all(|item| item.id.source == Source::Kubernetes || item.id.namespace.is_empty())
    );
    (tallies, kinds.into_values().collect())
}
