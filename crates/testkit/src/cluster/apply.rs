//! What an API server serves, and objects written into it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Api;

/// Writers at a time.
const LANES: usize = 6;

/// A served resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// such as `apps/v1`
    pub version: String,
    /// such as `Deployment`
    pub kind: String,
    /// such as `deployments`
    pub plural: String,
    /// true where objects lie in a namespace
    pub namespaced: bool,
    /// true where the status is written apart
    pub status: bool,
    /// true where it can be listed
    pub list: bool,
}

impl Resource {
    /// `plural.group`, the plural alone in the core group.
    pub fn key(&self) -> String {
        match self.version.split_once('/') {
            Some((group, _)) => format!("{}.{group}", self.plural),
            None => self.plural.clone(),
        }
    }

    /// Path of the collection; an empty namespace means all of them.
    pub fn path(&self, namespace: &str) -> String {
        let root = if self.version.contains('/') { "apis" } else { "api" };
        let space = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
        format!("/{root}/{}{space}/{}", self.version, self.plural)
    }

    /// Path of an object.
    pub fn path_of(&self, object: &Value) -> String {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let namespace = if self.namespaced && namespace.is_empty() { "default" } else { namespace };
        // Names of roles carry colons, which a path may.
        format!("{}/{}", self.path(namespace), object["metadata"]["name"].as_str().unwrap())
    }
}

/// Everything that is served, at every version. Group versions that do not answer are left out.
pub fn served(api: &Api) -> Vec<Resource> {
    let mut versions = vec!["v1".to_string()];
    for group in api.get("/apis").json()["groups"].as_array().unwrap() {
        let all = group["versions"].as_array().unwrap();
        versions.extend(all.iter().map(|version| version["groupVersion"].as_str().unwrap().to_string()));
    }
    let mut found = Vec::new();
    for version in versions {
        let root = if version.contains('/') { "apis" } else { "api" };
        let reply = api.get(&format!("/{root}/{version}"));
        if !reply.good() {
            continue;
        }
        let list = reply.json();
        let resources = list["resources"].as_array().unwrap();
        let named = |name: &str| resources.iter().any(|resource| resource["name"] == name);
        for resource in resources {
            let plural = resource["name"].as_str().unwrap();
            if plural.contains('/') {
                continue;
            }
            found.push(Resource {
                version: version.clone(),
                kind: resource["kind"].as_str().unwrap().into(),
                plural: plural.into(),
                namespaced: resource["namespaced"] == true,
                status: named(&format!("{plural}/status")),
                list: resource["verbs"].as_array().unwrap().iter().any(|verb| verb == "list"),
            });
        }
    }
    found
}

/// Every listable resource once, at the version that its group prefers.
pub fn preferred(api: &Api) -> Vec<Resource> {
    let groups = api.get("/apis").json();
    let rank = |version: &str| {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let found = groups["groups"].as_array().unwrap().iter().find(|found| found["name"] == group);
        let versions = found.and_then(|group| group["versions"].as_array());
        versions.and_then(|all| all.iter().position(|one| one["version"] == version)).unwrap_or(0)
    };
    let mut best: BTreeMap<String, Resource> = BTreeMap::new();
    for resource in served(api).into_iter().filter(|resource| resource.list) {
        let known = best.get(&resource.key()).map(|known| rank(&known.version));
        if known.is_none_or(|known| rank(&resource.version) < known) {
            best.insert(resource.key(), resource);
        }
    }
    best.into_values().collect()
}

/// Writes objects as `kubectl apply --server-side` does, statuses too.
pub struct Applier {
    api: Api,
    served: Vec<Resource>,
}

impl Applier {
    /// Writes through `api`.
    pub fn new(api: Api) -> Self {
        Applier { served: served(&api), api }
    }

    /// The resource of an object.
    pub fn resource(&self, object: &Value) -> Option<&Resource> {
        self.served.iter().find(|one| object["apiVersion"] == *one.version && object["kind"] == *one.kind)
    }

    /// Writes objects: definitions and namespaces first, webhooks last. References to owners get the owners' uid. A
    /// status is written where the resource keeps it apart.
    ///
    /// # Panics
    /// With every refusal.
    pub fn apply(&mut self, objects: &[Value]) {
        let refused = self.try_apply(objects);
        assert!(refused.is_empty(), "{} refused: {refused:#?}", refused.len());
    }

    /// The same for objects of which a server may refuse some: `Kind namespace/name`, and what it said.
    pub fn try_apply(&mut self, objects: &[Value]) -> BTreeMap<String, String> {
        let rank = |object: &Value| match object["kind"].as_str().unwrap_or_default() {
            "CustomResourceDefinition" => 0,
            "Namespace" => 1,
            "PriorityClass" | "ServiceAccount" | "LimitRange" | "ResourceQuota" => 2,
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => 5,
            // What other objects own comes after them.
            _ if object["metadata"].get("ownerReferences").is_some() => 4,
            _ => 3,
        };
        let mut refused = BTreeMap::new();
        for step in 0..=5 {
            let batch: Vec<&Value> = objects.iter().filter(|object| rank(object) == step).collect();
            refused.extend(self.write_all(&batch));
            if step == 0 && !batch.is_empty() {
                self.established(&batch);
            }
        }
        refused
    }

    fn write_all(&self, batch: &[&Value]) -> BTreeMap<String, String> {
        let lane = |lane: usize| -> Vec<(String, String)> {
            let mine = batch.iter().skip(lane).step_by(LANES);
            mine.filter_map(|object| {
                let answer = self.write(object).err()?;
                let word = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
                let kind = object["kind"].as_str().unwrap_or_default();
                Some((format!("{kind} {}/{}", word("namespace"), word("name")), answer))
            })
            .collect()
        };
        std::thread::scope(|scope| {
            let lanes: Vec<_> = (0..LANES).map(|number| scope.spawn(move || lane(number))).collect();
            lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
        })
    }

    /// Waits until definitions are served.
    fn established(&mut self, definitions: &[&Value]) {
        // A hundred of them take a while on a machine with much else to do.
        let until = Instant::now() + Duration::from_secs(300);
        loop {
            self.served = served(&self.api);
            let missing: Vec<&str> = definitions
                .iter()
                .filter(|one| {
                    let (group, kind) = (&one["spec"]["group"], &one["spec"]["names"]["kind"]);
                    let group = format!("{}/", group.as_str().unwrap());
                    !self.served.iter().any(|seen| seen.version.starts_with(&group) && seen.kind == *kind)
                })
                .filter_map(|one| one["metadata"]["name"].as_str())
                .collect();
            if missing.is_empty() {
                return;
            }
            assert!(Instant::now() < until, "not established: {missing:?}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    fn write(&self, object: &Value) -> Result<(), String> {
        let resource = self.resource(object).ok_or("no such resource")?;
        let path = resource.path_of(object);
        let mut spec = object.clone();
        let status = spec.as_object_mut().and_then(|members| members.remove("status"));
        let owners = spec["metadata"].get_mut("ownerReferences").and_then(Value::as_array_mut);
        for owner in owners.into_iter().flatten() {
            let mut sought = json!({"apiVersion": owner["apiVersion"], "kind": owner["kind"], "metadata": {"name": owner["name"]}});
            sought["metadata"]["namespace"] = object["metadata"]["namespace"].clone();
            let of = self.resource(&sought).ok_or("no such resource of its owner")?;
            owner["uid"] = self.api.get(&of.path_of(&sought)).json()["metadata"]["uid"].clone();
        }
        let call = |path: &str, kind: &str, body: &Value| -> Result<(), String> {
            let reply = self.api.call_again("PATCH", path, kind, body.to_string().as_bytes())?;
            if reply.good() { Ok(()) } else { Err(format!("{} {}", reply.status, reply.text())) }
        };
        call(&format!("{path}?fieldManager=kubectl&force=true"), "application/apply-patch+yaml", &spec)?;
        match status.filter(|_| resource.status) {
            Some(status) => call(
                &format!("{path}/status?fieldManager=nachweis-driver"),
                "application/merge-patch+json",
                &json!({"status": status}),
            ),
            None => Ok(()),
        }
    }
}
