//! The seal of a snapshot (`nachweis-snapshot/1`, `spec/snapshot.md`).

use std::collections::BTreeMap;

use nachweis_canon::Digest;
use serde::{Deserialize, Serialize};

use crate::Instant;

/// Format of a seal.
pub const FORMAT: &str = "nachweis-snapshot/1";

/// The scope of a collection that spans the whole cluster; no namespace can have this name.
pub const EVERYWHERE: &str = "*";

/// How the snapshot knows which cluster it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentitySource {
    /// read from a running API server
    Live,
    /// read from a dump that a collector of the cluster wrote
    Dump,
    /// read from files; the operator says what they are
    Declared,
}

/// How the snapshot knows when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstantSource {
    /// the API server's clock
    ApiServer,
    /// the dump's own metadata
    DumpMetadata,
    /// given by the operator
    Declared,
    /// the clock of the machine that sealed
    Clock,
}

/// The cluster that a snapshot shows; every part may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// name given by the operator or the dump
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// uid of the namespace kube-system
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uid: Option<String>,
    /// version of the API server
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
}

/// What a part of the input was recognised as.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// stable code: `support-bundle-kit`, `troubleshoot`, `cluster-info-dump`, `must-gather`, `velero-backup`, `git-commit`
    pub form: String,
    /// folder of the input in which it lies; empty for the input itself
    pub folder: String,
    /// the name that it gives itself: of a backup, of a commit
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

/// What a running API server said of itself (`identity_source` live).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// the members of `/version` that are text, by name; empty where it was not answered
    pub version: BTreeMap<String, String>,
    /// the lines of `/readyz?verbose`, in the server's order; absent where it was not answered
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub readyz: Option<Vec<ReadyCheck>>,
}

/// One line of `/readyz?verbose`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadyCheck {
    /// name of the check, such as `etcd`
    pub name: String,
    /// it held
    pub ok: bool,
}

/// How completely a collection was seen (docs/concepts/verdicts.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CollectionStatus {
    /// everything in the scope was read
    Complete,
    /// something was read; whether more exists is not known
    Partial,
    /// the collector had no right to read it
    Denied,
    /// reading failed
    Error,
    /// discovery was read and does not list the resource: known to be empty
    NotServed,
    /// nobody asked
    NotCollected,
}

impl CollectionStatus {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            CollectionStatus::Complete => "complete",
            CollectionStatus::Partial => "partial",
            CollectionStatus::Denied => "denied",
            CollectionStatus::Error => "error",
            CollectionStatus::NotServed => "not-served",
            CollectionStatus::NotCollected => "not-collected",
        }
    }

    /// True for the two statuses after which absence means absence.
    pub fn closes(self) -> bool {
        matches!(self, CollectionStatus::Complete | CollectionStatus::NotServed)
    }
}

/// Who says what the status of a collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CollectionBasis {
    /// the collector that read the API server
    Collector,
    /// a dump's own metadata or index
    Dump,
    /// the operator, by `--complete`
    Operator,
    /// nobody: derived from the items that were found
    Found,
}

/// One row of the seal: a resource in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// `plural.group`, the plural alone in the core group
    pub resource: String,
    /// a namespace, or `*` for the whole cluster
    pub scope: String,
    /// how completely it was seen
    pub status: CollectionStatus,
    /// who says so
    pub basis: CollectionBasis,
    /// sealed items in it
    pub count: u64,
    /// canonical bytes of these items' lines
    pub bytes: u64,
    /// why it is not complete, in words
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// the state of the store that a list of a running API server shows
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource_version: Option<String>,
}

/// A part of the input that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// path relative to the input
    pub file: String,
    /// line from 1; 0 where the file as a whole was not read
    pub line: u64,
    /// column from 1 in characters; 0 where unknown
    pub column: u64,
    /// stable code
    pub reason: String,
    /// the problem in words
    pub detail: String,
    /// the operator took this file out by `--ignore`
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub ignored: bool,
}

/// A key that the input gave twice in one object; the last value was kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DuplicateKey {
    /// path relative to the input
    pub file: String,
    /// line from 1
    pub line: u64,
    /// the key
    pub key: String,
}

/// Values of one item that were not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// index of the item in the sealed order
    pub item: u32,
    /// JSON pointers (RFC 6901) into its body, sorted
    pub pointers: Vec<String>,
    /// for each pointer the code of the rule that withheld the value
    #[serde(default)]
    pub rules: Vec<String>,
}

/// Names of people were replaced before sealing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pseudonyms {
    /// rules: `nachweis-pseudonyms/1`
    pub format: String,
    /// tells keys apart and leads back to none: 32 hexadecimal digits
    pub key: String,
    /// different pseudonyms in the items
    pub people: u64,
    /// prefixes of users that stayed because the operator named them, sorted
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub prefixes: Vec<String>,
}

/// A kind of which items are sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// API group
    pub group: String,
    /// kind
    pub kind: String,
    /// `plural.group`
    pub resource: String,
    /// sealed items
    pub count: u64,
}

/// Objects that were read and are no evidence: counted, not sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// API group
    pub group: String,
    /// kind
    pub kind: String,
    /// objects
    pub count: u64,
}

/// One object that the input listed under a second group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// index of the item in the sealed order
    pub item: u32,
    /// the other group
    pub group: String,
    /// the other kind
    pub kind: String,
}

/// Different declarations of one identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// index of the item in the sealed order
    pub item: u32,
    /// digests of the canonical bodies, sorted
    pub bodies: Vec<Digest>,
    /// files that declare it, sorted
    pub files: Vec<String>,
}

/// The seal: everything that is known of a snapshot besides the items themselves.
/// The snapshot's id is the SHA-256 of its canonical bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// `nachweis-snapshot/1`
    pub format: String,
    /// canonical form of bodies and seal: `nachweis-json/1`
    pub canonical: String,
    /// normalisation list that the bodies went through
    pub normalisation: String,
    /// list of what was withheld from the bodies
    pub redaction: String,
    /// that names of people were replaced, where they were
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pseudonyms: Option<Pseudonyms>,
    /// which cluster
    pub cluster: Cluster,
    /// what the API server said of itself, where it was read live
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<Server>,
    /// how that is known
    pub identity_source: IdentitySource,
    /// earliest instant at which the content held
    pub collected_from: Instant,
    /// latest instant at which the content held
    pub collected_to: Instant,
    /// how that is known
    pub instant_source: InstantSource,
    /// name and version of the program that sealed
    pub collector: String,
    /// what the input was recognised as, sorted; empty for plain files
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub origins: Vec<Origin>,
    /// one row per collection, sorted by resource and scope
    pub collections: Vec<Collection>,
    /// what was not read, sorted
    pub unread: Vec<Unread>,
    /// keys given twice, sorted
    pub duplicate_keys: Vec<DuplicateKey>,
    /// values not stored, by item
    pub withheld: Vec<Withheld>,
    /// objects left out, by group and kind
    pub left_out: Vec<LeftOut>,
    /// second listings of one object
    pub aliases: Vec<Alias>,
    /// identities with different bodies
    pub conflicts: Vec<Conflict>,
    /// declared objects of a namespaced or unknown kind that named no namespace
    pub defaulted_namespaces: u64,
    /// sealed items
    pub items: u64,
    /// sealed items by kind, sorted by group and kind
    pub kinds: Vec<Kind>,
    /// RFC 6962 Merkle root over the items' lines in sealed order
    pub root: Digest,
}
