//! The objects made so far, and what several makers need of the platform.

use nachweis_model::Instant;
use serde_json::{Value, json};

use super::description::{Namespace, Platform, Pool, Workload};
use super::object::{earlier, later, number, object};

/// A machine of the cluster.
pub struct Node {
    pub name: String,
    pub pool: String,
    pub zone: String,
    pub machine: String,
    pub address: String,
    /// first three numbers of its pods' addresses
    pub network: String,
    pub since: Instant,
    pub cpu: u32,
    pub memory_mi: u32,
    pods: u32,
}

/// A pod as other makers look at it.
pub struct PodSeen {
    pub namespace: String,
    pub name: String,
    pub labels: Value,
    pub address: String,
    pub node: String,
    pub zone: String,
    /// container images with their digests
    pub images: Vec<String>,
    /// name of the workload that it belongs to
    pub workload: String,
}

/// Everything that was made so far.
pub struct Build<'a> {
    pub platform: &'a Platform,
    pub nodes: Vec<Node>,
    pub objects: Vec<Value>,
    pub pods: Vec<PodSeen>,
}

impl<'a> Build<'a> {
    /// Nothing but the machines' names.
    pub fn new(platform: &'a Platform) -> Self {
        let mut nodes = Vec::new();
        for pool in &platform.nodes {
            for (zone_index, zone) in pool.zones.iter().enumerate() {
                for index in 0..pool.per_zone {
                    nodes.push(node(platform, pool, zone, zone_index, index));
                }
            }
        }
        Build { platform, nodes, objects: Vec::new(), pods: Vec::new() }
    }

    /// Adds an object.
    pub fn add(&mut self, object: Value) {
        self.objects.push(object);
    }

    /// A namespaced object that came some days after its namespace.
    pub fn object(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Value {
        object(api_version, kind, namespace, name, self.since(namespace, &format!("{kind} {name}")))
    }

    /// An instant in the life of a namespace; of the cluster where the namespace is empty.
    pub fn since(&self, namespace: &str, what: &str) -> Instant {
        let start =
            self.platform.namespaces.get(namespace).map_or(self.platform.cluster.born, |found| found.since);
        later(start, 60 + number(&format!("since {namespace} {what}"), 20 * 3600))
    }

    /// An instant in the last days before the dump.
    pub fn lately(&self, what: &str, days: u64) -> Instant {
        earlier(self.platform.cluster.instant, 3600 + number(&format!("lately {what}"), days * 86_400))
    }

    /// What the description says of a namespace.
    pub fn namespace(&self, name: &str) -> Option<&'a Namespace> {
        self.platform.namespaces.get(name)
    }

    /// Every workload with its namespace, the platform's own first.
    pub fn workloads(&self) -> Vec<Workload> {
        let of_components = self.platform.components.iter().flat_map(|component| {
            component.workloads.iter().map(|workload| {
                let mut workload = workload.clone();
                workload.namespace.clone_from(&component.namespace);
                workload
            })
        });
        of_components.chain(self.platform.workloads.iter().cloned()).collect()
    }

    /// The nodes on which the replicas of a workload run, in turn over the zones.
    pub fn place(&self, workload: &Workload, replica: u32) -> usize {
        let fitting: Vec<usize> =
            (0..self.nodes.len()).filter(|index| self.nodes[*index].pool == workload.pool).collect();
        let start =
            number(&format!("place {}/{}", workload.namespace, workload.name), fitting.len() as u64) as usize;
        fitting[(start + replica as usize) % fitting.len()]
    }

    /// The next free address of a pod on a node.
    pub fn address(&mut self, node: usize) -> String {
        let node = &mut self.nodes[node];
        node.pods += 1;
        format!("{}.{}", node.network, 10 + node.pods)
    }

    /// The image as it is pulled: names without a registry lie in the organisation's own one.
    pub fn image(&self, image: &str, pinned: bool) -> String {
        let cluster = &self.platform.cluster;
        let own = !image.split('/').next().is_some_and(|first| first.contains('.'));
        let mut full = image.to_string();
        if own {
            full = format!("{}.dkr.ecr.{}.amazonaws.com/{image}", cluster.account, cluster.region);
        }
        if pinned {
            full = format!("{full}@{}", super::object::image_digest(&full));
        }
        full
    }
}

fn node(platform: &Platform, pool: &Pool, zone: &str, zone_index: usize, index: u32) -> Node {
    let system = u32::from(pool.pool != "system");
    let third = zone_index as u32 * 64 + system * 32 + index * 4;
    let address =
        format!("10.20.{third}.{}", 20 + number(&format!("address {}{zone}{index}", pool.pool), 200));
    Node {
        name: format!("ip-{}.{}.compute.internal", address.replace('.', "-"), platform.cluster.region),
        pool: pool.pool.clone(),
        zone: zone.to_string(),
        machine: pool.machine.clone(),
        network: format!("10.20.{}", third + 1),
        since: earlier(
            platform.cluster.instant,
            9 * 86_400 + number(&format!("node {}{zone}{index}", pool.pool), 86_400),
        ),
        cpu: pool.cpu,
        memory_mi: pool.memory_mi,
        address,
        pods: 0,
    }
}

/// Adds members to an object's map, such as labels.
pub fn merge(target: &mut Value, members: Value) {
    if target.is_null() {
        *target = json!({});
    }
    if let (Value::Object(target), Value::Object(members)) = (target, members) {
        target.extend(members);
    }
}
