//! Of which resources absence means absence (docs/concepts/verdicts.md).
//!
//! Only `complete` and `not-served` close a scope. A resource is closed in a namespace by the row of the namespace
//! or of the whole cluster; it is closed cluster-wide by the row of the whole cluster, or because Namespaces are
//! closed and every sealed Namespace has a closed row of it. Fewer rows, worse statuses and fewer Namespaces whose
//! list is open never close anything.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::seal::{Collection, CollectionStatus, EVERYWHERE, Seal};

/// Where a population lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// the whole cluster
    Cluster,
    /// one namespace
    Namespace(&'a str),
}

/// What the seal's collections close.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// by resource, then by scope
    rows: BTreeMap<String, BTreeMap<String, Collection>>,
    namespaces: BTreeSet<String>,
}

impl Coverage {
    /// The coverage of a seal; `namespaces` are the names of all sealed items of kind Namespace.
    pub fn new(seal: &Seal, namespaces: impl IntoIterator<Item = String>) -> Self {
        let mut out = Coverage { rows: BTreeMap::new(), namespaces: namespaces.into_iter().collect() };
        for row in &seal.collections {
            out.rows.entry(row.resource.clone()).or_default().insert(row.scope.clone(), row.clone());
        }
        out
    }

    /// The row of a resource in a scope.
    pub fn row(&self, resource: &str, scope: &str) -> Option<&Collection> {
        self.rows.get(resource)?.get(scope)
    }

    fn row_closes(&self, resource: &str, scope: &str) -> bool {
        self.row(resource, scope).is_some_and(|row| row.status.closes())
    }

    /// True if what is not sealed of this resource in this scope does not exist.
    pub fn closed(&self, resource: &str, scope: Scope<'_>) -> bool {
        match scope {
            Scope::Namespace(namespace) => self.closed_in(resource, namespace),
            Scope::Cluster => {
                self.row_closes(resource, EVERYWHERE)
                    || (self.namespaces_are_closed()
                        && self.namespaces.iter().all(|name| self.row_closes(resource, name)))
            }
        }
    }

    /// True if what is not sealed of this resource in this namespace does not exist.
    pub fn closed_in(&self, resource: &str, namespace: &str) -> bool {
        self.row_closes(resource, EVERYWHERE) || self.row_closes(resource, namespace)
    }

    /// A cluster has at least one namespace: where none is sealed, the list of them says nothing.
    fn namespaces_are_closed(&self) -> bool {
        !self.namespaces.is_empty() && self.row_closes("namespaces", EVERYWHERE)
    }

    /// Sealed namespaces in which the resource is open, sorted; empty where it is closed cluster-wide.
    pub fn open_namespaces(&self, resource: &str) -> Vec<&str> {
        let open = self.namespaces.iter().filter(|name| !self.closed_in(resource, name));
        open.map(String::as_str).collect()
    }

    /// The status of a resource as a whole: `complete` or `not-served` where it is closed cluster-wide, else the
    /// status of its row for the whole cluster, else `partial` where some namespace has a row, else `not-collected`.
    pub fn status(&self, resource: &str) -> CollectionStatus {
        let rows = self.rows.get(resource);
        let whole = rows.and_then(|rows| rows.get(EVERYWHERE)).map(|row| row.status);
        match whole {
            Some(status) if status.closes() => status,
            _ if self.closed(resource, Scope::Cluster) => CollectionStatus::Complete,
            Some(status) => status,
            None if rows.is_some() => CollectionStatus::Partial,
            None => CollectionStatus::NotCollected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::Digest;
    use nachweis_model::Instant;
    use nachweis_model::seal::{Cluster, CollectionBasis, IdentitySource, InstantSource};

    fn coverage(rows: &[(&str, &str, CollectionStatus)], namespaces: &[&str]) -> Coverage {
        let collection = |&(resource, scope, status): &(&str, &str, CollectionStatus)| Collection {
            resource: resource.into(),
            scope: scope.into(),
            status,
            basis: CollectionBasis::Dump,
            count: 0,
            bytes: 0,
            detail: None,
            resource_version: None,
        };
        let instant = Instant::from_unix(0);
        let seal = Seal {
            format: String::new(),
            canonical: String::new(),
            normalisation: String::new(),
            pseudonyms: None,
            redaction: crate::withhold::FORMAT.into(),
            cluster: Cluster::default(),
            server: None,
            identity_source: IdentitySource::Dump,
            collected_from: instant,
            collected_to: instant,
            instant_source: InstantSource::Declared,
            collector: String::new(),
            origins: Vec::new(),
            collections: rows.iter().map(collection).collect(),
            unread: Vec::new(),
            duplicate_keys: Vec::new(),
            withheld: Vec::new(),
            left_out: Vec::new(),
            aliases: Vec::new(),
            conflicts: Vec::new(),
            defaulted_namespaces: 0,
            items: 0,
            kinds: Vec::new(),
            root: Digest::of(b""),
        };
        Coverage::new(&seal, namespaces.iter().map(|name| name.to_string()))
    }

    use CollectionStatus::{Complete, Denied, NotCollected, NotServed, Partial};

    #[test]
    fn the_cluster_is_closed_by_its_own_row() {
        let one = coverage(&[("pods", "*", Complete), ("backups.velero.io", "*", NotServed)], &["a"]);
        assert!(one.closed("pods", Scope::Cluster) && one.closed_in("pods", "anything"));
        assert!(one.closed("backups.velero.io", Scope::Cluster));
        assert!(!one.closed("services", Scope::Cluster) && !one.closed_in("services", "a"));
        assert_eq!(one.status("services"), NotCollected);
        assert!(one.open_namespaces("pods").is_empty());
    }

    #[test]
    fn the_cluster_is_closed_by_every_namespace_of_a_closed_list() {
        let rows = [("namespaces", "*", Complete), ("pods", "a", Complete), ("pods", "b", NotServed)];
        assert!(coverage(&rows, &["a", "b"]).closed("pods", Scope::Cluster));
        assert_eq!(coverage(&rows, &["a", "b"]).status("pods"), Complete);
        let one_more = coverage(&rows, &["a", "b", "c"]);
        assert!(!one_more.closed("pods", Scope::Cluster));
        assert_eq!(one_more.open_namespaces("pods"), ["c"]);
        assert_eq!(one_more.status("pods"), Partial);
        assert!(!coverage(&rows[1..], &["a", "b"]).closed("pods", Scope::Cluster), "Namespaces are open");
        assert!(!coverage(&rows, &[]).closed("pods", Scope::Cluster), "no namespace closes nothing");
        assert!(!coverage(&rows, &[]).closed("nodes", Scope::Cluster));
    }

    #[test]
    fn other_statuses_close_nothing() {
        for status in [Partial, Denied, CollectionStatus::Error, NotCollected] {
            let one = coverage(&[("pods", "*", status), ("pods", "a", Complete)], &["a"]);
            assert!(!one.closed("pods", Scope::Cluster));
            assert!(one.closed_in("pods", "a") && !one.closed_in("pods", "b"));
            assert_eq!(one.status("pods"), status);
        }
    }
}
