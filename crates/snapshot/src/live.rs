//! What a collector that reads a running API server hands over: pages of lists, and how each list ended.
//!
//! A list is taken in page by page. One that starts over has a higher attempt, and nothing of the older ones stays.
//! Objects that a watch brings could enter the same way: a page of one object, in an attempt of its own.

use std::collections::BTreeMap;

use nachweis_model::Instant;
use nachweis_model::seal::{CollectionStatus, Server};

use crate::resources;

/// One list: a resource at one version, in a namespace or everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listing {
    /// API group, empty for the core group
    pub group: String,
    /// version in which it is listed
    pub version: String,
    /// kind of its objects
    pub kind: String,
    /// plural, as in URLs
    pub plural: String,
    /// a namespace, or `*`
    pub scope: String,
    /// the list shows metadata only (PartialObjectMetadata)
    pub metadata_only: bool,
}

impl Listing {
    /// The key of its collection.
    pub fn resource(&self) -> String {
        resources::key(&self.plural, &self.group)
    }

    /// `group/version`, the version alone in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The path below the server's address, which is also the name of the list among the files of an input.
    pub fn path(&self) -> String {
        let prefix = if self.group.is_empty() { "api" } else { "apis" };
        let namespace = if self.scope == "*" { String::new() } else { format!("namespaces/{}/", self.scope) };
        format!("{prefix}/{}/{namespace}{}", self.api_version(), self.plural)
    }
}

/// How a list ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// the list
    pub listing: Listing,
    /// how completely it was read
    pub status: CollectionStatus,
    /// why not completely, in words
    pub detail: Option<String>,
    /// the state of the store that it shows
    pub resource_version: Option<String>,
}

/// What is known of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveHead {
    /// uid of the namespace kube-system, where it could be read apart from the lists
    pub uid: Option<String>,
    /// version of the API server
    pub version: Option<String>,
    /// what it said of itself
    pub server: Server,
    /// the server's clock at the first answer
    pub from: Instant,
    /// the server's clock at the last answer
    pub to: Instant,
    /// API groups of which discovery does not know everything, with the reason: their kinds are not known to be absent
    pub unknown_groups: BTreeMap<String, String>,
}
