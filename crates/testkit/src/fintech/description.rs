//! The description of the example platform as its file writes it (`examples/fintech/platform.yaml`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

type Labels = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    pub cluster: Cluster,
    pub nodes: Vec<Pool>,
    pub mesh: Mesh,
    pub namespaces: BTreeMap<String, Namespace>,
    pub workloads: Vec<Workload>,
    pub network_policies: Vec<NetworkPolicy>,
    pub components: Vec<Component>,
    pub access: Access,
    pub storage: Storage,
    pub backups: Backups,
    pub gitops: GitOps,
    pub gateways: Vec<Gateway>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    pub name: String,
    pub region: String,
    pub account: String,
    pub kubelet: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    pub pool: String,
    #[serde(rename = "type")]
    pub machine: String,
    pub zones: Vec<String>,
    pub per_zone: u32,
    pub cpu: u32,
    pub memory_mi: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mesh {
    pub root_namespace: String,
    pub proxy: String,
    /// mode of the whole mesh
    pub mtls: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Namespace {
    pub environment: Option<String>,
    pub owner: Option<String>,
    pub tenant: Option<String>,
    #[serde(default)]
    pub mesh: bool,
    /// mode of this namespace where it differs from the mesh
    pub mtls: Option<String>,
    pub quota: Option<Labels>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// left out inside a component
    #[serde(default)]
    pub namespace: String,
    pub name: String,
    #[serde(default = "deployment")]
    pub kind: String,
    #[serde(default = "one")]
    pub replicas: u32,
    pub schedule: Option<String>,
    #[serde(default)]
    pub labels: Labels,
    /// several containers, or the one that the fields below describe
    #[serde(default)]
    pub containers: Vec<Container>,
    #[serde(default)]
    pub init: Vec<Container>,
    pub image: Option<String>,
    pub port: Option<u16>,
    pub cpu: Option<String>,
    pub memory: Option<String>,
    #[serde(default)]
    pub host_network: bool,
    #[serde(default = "workloads")]
    pub pool: String,
    pub priority: Option<String>,
    pub service_account: Option<String>,
    pub service: Option<Service>,
    pub budget: Option<BTreeMap<String, Value>>,
    pub autoscaler: Option<Autoscaler>,
    pub storage: Option<String>,
    #[serde(default)]
    pub config: bool,
    #[serde(default)]
    pub secrets: Vec<String>,
    pub cluster_role: Option<String>,
    pub cluster_role_name: Option<String>,
    #[serde(default)]
    pub cluster_rules: Vec<String>,
    #[serde(default)]
    pub namespace_rules: Vec<String>,
    #[serde(default)]
    pub webhooks: Vec<Webhook>,
}

fn deployment() -> String {
    "Deployment".into()
}

fn workloads() -> String {
    "workloads".into()
}

fn one() -> u32 {
    1
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    pub name: String,
    pub image: String,
    /// the image is named by digest too
    #[serde(default)]
    pub pinned: bool,
    pub port: Option<u16>,
    pub cpu: Option<String>,
    pub memory: Option<String>,
    #[serde(default)]
    pub args: Vec<String>,
    #[serde(default)]
    pub privileged: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// the workload's name where left out
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub headless: bool,
    #[serde(default)]
    pub ports: Vec<u16>,
    /// on the path of a payment
    #[serde(default)]
    pub path: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autoscaler {
    pub min: u32,
    pub max: u32,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub kind: String,
    pub name: String,
    #[serde(default = "slash")]
    pub path: String,
    /// name, group, version, resource, operations
    pub rules: Vec<(String, String, String, String, Vec<String>)>,
}

fn slash() -> String {
    "/".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkPolicy {
    pub namespace: String,
    pub name: String,
    pub selects: Labels,
    pub types: Vec<String>,
    #[serde(default)]
    pub from: Vec<String>,
    #[serde(default)]
    pub to: Vec<String>,
    #[serde(default)]
    pub ports: Vec<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub name: String,
    pub namespace: String,
    pub addon: Option<Addon>,
    /// `plural.group Kind Scope versions`
    #[serde(default)]
    pub crds: Vec<String>,
    pub workloads: Vec<Workload>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addon {
    pub version: String,
    pub configuration: Option<String>,
    pub role: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    pub cluster_roles: Vec<Role>,
    pub roles: Vec<Role>,
    pub cluster_bindings: Vec<Binding>,
    pub bindings: Vec<Binding>,
    pub service_accounts: Vec<Account>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    #[serde(default)]
    pub namespace: String,
    pub name: String,
    pub rules: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    #[serde(default)]
    pub namespace: String,
    pub name: String,
    pub role: Option<String>,
    pub cluster_role: Option<String>,
    #[serde(default)]
    pub groups: Vec<String>,
    #[serde(default)]
    pub users: Vec<String>,
    #[serde(default)]
    pub service_accounts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub namespace: String,
    pub name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub classes: Vec<StorageClass>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageClass {
    pub name: String,
    pub default: bool,
    pub encrypted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backups {
    pub bucket: String,
    pub schedules: Vec<Schedule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub name: String,
    pub cron: String,
    /// hours between two runs
    pub every_hours: u64,
    pub namespaces: Vec<String>,
    pub ttl: String,
    /// how many of the newest backups are in the dump
    pub keep: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitOps {
    pub repository: String,
    pub projects: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    pub name: String,
    pub host: String,
    pub namespace: String,
    pub service: String,
    pub port: u16,
}
