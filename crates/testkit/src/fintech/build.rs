//! The objects described so far, and what several makers need of the platform.

use nachweis_canon::Digest;
use nachweis_model::Instant;
use serde_json::{Value, json};

use super::description::{Platform, Pool, Workload};
use super::object::{earlier, number, object};

/// A machine of the cluster.
pub struct Node {
    pub name: String,
    pub pool: String,
    pub zone: String,
    pub machine: String,
    pub address: String,
    pub cpu: u32,
    pub memory_mi: u32,
}

/// Everything that was described so far.
pub struct Build<'a> {
    pub platform: &'a Platform,
    /// when this is applied; what operators report happened before
    pub instant: Instant,
    pub objects: Vec<Value>,
}

impl<'a> Build<'a> {
    /// Nothing yet.
    pub fn new(platform: &'a Platform, instant: Instant) -> Self {
        Build { platform, instant, objects: Vec::new() }
    }

    /// Adds an object.
    pub fn add(&mut self, object: Value) {
        self.objects.push(object);
    }

    /// Adds an object unless there is one of its identity, such as the account of two workloads.
    pub fn add_once(&mut self, object: Value) {
        let identity = super::object::identity(&object);
        if !self.objects.iter().any(|other| super::object::identity(other) == identity) {
            self.objects.push(object);
        }
    }

    /// An instant in the last days before this is applied.
    pub fn lately(&self, what: &str, days: u64) -> Instant {
        earlier(self.instant, 3600 + number(&format!("lately {what}"), days * 86_400))
    }

    /// The machines.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = Vec::new();
        for pool in &self.platform.nodes {
            for (zone_index, zone) in pool.zones.iter().enumerate() {
                for index in 0..pool.per_zone {
                    nodes.push(node(self.platform, pool, zone, zone_index, index));
                }
            }
        }
        nodes
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

    /// The image as it is pulled: names without a registry lie in the organisation's own one.
    pub fn image(&self, image: &str, pinned: bool) -> String {
        let cluster = &self.platform.cluster;
        let own = !image.split('/').next().is_some_and(|first| first.contains('.'));
        let mut full = image.to_string();
        if own {
            full = format!("{}.dkr.ecr.{}.amazonaws.com/{image}", cluster.account, cluster.region);
        }
        if pinned {
            // The digest that the driver reports for what it runs.
            full = format!("{full}@{}", Digest::of(format!("image {full}").as_bytes()));
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
        cpu: pool.cpu,
        memory_mi: pool.memory_mi,
        address,
    }
}

/// An object of a namespace, empty for cluster-scoped ones, with its spec.
pub fn with_spec(api_version: &str, kind: &str, namespace: &str, name: &str, spec: Value) -> Value {
    let mut made = object(api_version, kind, namespace, name);
    made["spec"] = spec;
    made
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
