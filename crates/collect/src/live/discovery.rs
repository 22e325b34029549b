//! Which resources the server serves.
//!
//! Aggregated discovery takes two requests. Servers without it are asked group by group. A group that does not
//! answer is told by name: its kinds are not known to be absent.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_snapshot::{KindScope, Resource, Tier};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client::Api;
use super::failure::Refused;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const JSON: &str = "application/json";

/// A resource that can be listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Served {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub namespaced: bool,
    pub short: Vec<String>,
}

impl Served {
    /// As the snapshot room knows resources.
    pub(super) fn resource(&self) -> Resource {
        Resource {
            tier: Tier::Definition,
            group: self.group.clone(),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
            scope: if self.namespaced { KindScope::Namespaced } else { KindScope::Cluster },
            made: false,
            short: self.short.clone(),
        }
    }
}

/// What discovery says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Discovery {
    /// sorted by group and plural; each resource once, at the first version of its group that has it
    pub served: Vec<Served>,
    /// groups that are not known completely, with the reason
    pub unknown: BTreeMap<String, String>,
}

/// Asks the server.
///
/// # Errors
/// If it does not say at all what it serves.
pub(super) async fn discover(api: &Api) -> Result<Discovery, Refused> {
    let mut out = Discovery::default();
    for root in ["api", "apis"] {
        let bytes = api.get(root, AGGREGATED).await?;
        let kind: Kind = read(&bytes)?;
        match kind.kind.as_str() {
            "APIGroupDiscoveryList" => aggregated(read(&bytes)?, &mut out),
            "APIVersions" => {
                let versions: Versions = read(&bytes)?;
                group(api, "", &versions.versions, None, &mut out).await;
            }
            "APIGroupList" => {
                let list: GroupList = read(&bytes)?;
                for one in list.groups {
                    let versions: Vec<String> = one.versions.into_iter().map(|v| v.version).collect();
                    group(api, &one.name, &versions, one.preferred.map(|v| v.version), &mut out).await;
                }
            }
            other => return Err(Refused::Odd(format!("`/{root}` answers with a `{other}`"))),
        }
    }
    out.served.sort();
    Ok(out)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(bytes).map_err(|error| Refused::Odd(format!("discovery is unreadable: {error}")))
}

fn aggregated(list: GroupDiscoveryList, out: &mut Discovery) {
    for group in list.items {
        let name = group.metadata.name;
        let mut there = BTreeSet::new();
        for version in group.versions {
            if version.freshness.as_deref() == Some("Stale") {
                let why = format!("the server behind `{name}/{}` did not answer discovery", version.version);
                out.unknown.insert(name.clone(), why);
            }
            for resource in version.resources {
                let kind = resource.kind.map(|kind| kind.kind).unwrap_or_default();
                let listed = resource.verbs.iter().any(|verb| verb == "list");
                if listed && !kind.is_empty() && there.insert(resource.resource.clone()) {
                    out.served.push(Served {
                        group: name.clone(),
                        version: version.version.clone(),
                        kind,
                        plural: resource.resource,
                        namespaced: resource.scope != "Cluster",
                        short: resource.short,
                    });
                }
            }
        }
    }
}

/// Asks for each version of one group, the preferred one first.
async fn group(api: &Api, name: &str, versions: &[String], preferred: Option<String>, out: &mut Discovery) {
    let rest = versions.iter().filter(|version| Some(*version) != preferred.as_ref());
    let ordered: Vec<&String> = preferred.iter().chain(rest).collect();
    let mut there = BTreeSet::new();
    for version in ordered {
        let path = if name.is_empty() { format!("api/{version}") } else { format!("apis/{name}/{version}") };
        let list: ResourceList = match api.get(&path, JSON).await.and_then(|bytes| read(&bytes)) {
            Ok(list) => list,
            Err(refused) => {
                out.unknown.insert(name.to_string(), format!("discovery of `/{path}` failed: {refused}"));
                continue;
            }
        };
        for resource in list.resources {
            let listed = resource.verbs.iter().any(|verb| verb == "list");
            if listed && !resource.name.contains('/') && there.insert(resource.name.clone()) {
                out.served.push(Served {
                    group: name.to_string(),
                    version: version.clone(),
                    kind: resource.kind,
                    plural: resource.name,
                    namespaced: resource.namespaced,
                    short: resource.short,
                });
            }
        }
    }
}

#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct GroupDiscoveryList {
    #[serde(default)]
    items: Vec<GroupDiscovery>,
}

#[derive(Deserialize)]
struct GroupDiscovery {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    versions: Vec<VersionDiscovery>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct VersionDiscovery {
    version: String,
    #[serde(default)]
    freshness: Option<String>,
    #[serde(default)]
    resources: Vec<ResourceDiscovery>,
}

#[derive(Deserialize)]
struct ResourceDiscovery {
    resource: String,
    #[serde(default, rename = "responseKind")]
    kind: Option<Kind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default, rename = "shortNames")]
    short: Vec<String>,
}

#[derive(Deserialize)]
struct Versions {
    #[serde(default)]
    versions: Vec<String>,
}

#[derive(Deserialize)]
struct GroupList {
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    #[serde(default)]
    versions: Vec<GroupVersion>,
    #[serde(default, rename = "preferredVersion")]
    preferred: Option<GroupVersion>,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: String,
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    resources: Vec<ListedResource>,
}

#[derive(Deserialize)]
struct ListedResource {
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default, rename = "shortNames")]
    short: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resource_once_at_its_first_version_and_stale_groups_by_name() {
        let text = r#"{"kind":"APIGroupDiscoveryList","items":[
            {"metadata":{"name":"a.b"},"versions":[
                {"version":"v1","freshness":"Current","resources":[
                    {"resource":"xs","responseKind":{"kind":"X"},"scope":"Namespaced","verbs":["get","list"]},
                    {"resource":"reviews","responseKind":{"kind":"Review"},"scope":"Cluster","verbs":["create"]}]},
                {"version":"v1beta1","resources":[
                    {"resource":"xs","responseKind":{"kind":"X"},"scope":"Namespaced","verbs":["list"]},
                    {"resource":"ys","responseKind":{"kind":"Y"},"scope":"Cluster","verbs":["list"]}]}]},
            {"metadata":{"name":"slow.io"},"versions":[{"version":"v1","freshness":"Stale"}]}]}"#;
        let mut out = Discovery::default();
        aggregated(serde_json::from_str(text).unwrap(), &mut out);
        let found: Vec<(&str, &str)> = out.served.iter().map(|s| (&*s.plural, &*s.version)).collect();
        assert_eq!(found, [("xs", "v1"), ("ys", "v1beta1")]);
        assert_eq!(out.unknown.keys().collect::<Vec<_>>(), ["slow.io"]);
    }
}
