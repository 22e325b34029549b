//! Claims and volumes as a storage driver in the zones of a cloud has them: a volume is made in the zone of the first
//! node that needs it, and from then on its pods run in that zone.

use serde_json::{Value, json};

use super::Api;

const ZONE: &str = "topology.kubernetes.io/zone";

/// What there is.
pub struct Volumes {
    claims: Vec<Value>,
    volumes: Vec<Value>,
    /// name and zone of each node
    zones: Vec<(String, String)>,
}

impl Volumes {
    /// Reads claims and volumes of a cluster with these nodes.
    pub fn new(api: &Api, nodes: &[Value]) -> Self {
        let zone = |node: &Value| node["metadata"]["labels"][ZONE].as_str().unwrap_or_default().to_string();
        let name = |node: &Value| node["metadata"]["name"].as_str().unwrap().to_string();
        Volumes {
            claims: api.items("/api/v1/persistentvolumeclaims"),
            volumes: api.items("/api/v1/persistentvolumes"),
            zones: nodes.iter().map(|node| (name(node), zone(node))).collect(),
        }
    }

    /// True if every volume of a pod can be mounted on a node. A claim without a volume says nothing yet.
    pub fn reach(&self, pod: &Value, node: &Value) -> bool {
        self.claims(pod).filter_map(|claim| self.volume(claim)).all(|volume| {
            let terms = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"].as_array();
            let mut terms = terms.into_iter().flatten().peekable();
            terms.peek().is_none()
                || terms.any(|term| {
                    term["matchExpressions"].as_array().into_iter().flatten().all(|wanted| {
                        let label = &node["metadata"]["labels"][wanted["key"].as_str().unwrap()];
                        wanted["values"].as_array().unwrap().contains(label)
                    })
                })
        })
    }

    /// Makes the volumes that the claims of a pod still lack, in the zone of its node; the controller binds them.
    pub fn provision(&self, api: &Api, pod: &Value, node: &str) {
        let zone = self.zones.iter().find(|(name, _)| name == node).map(|(_, zone)| zone).unwrap();
        for claim in self.claims(pod).filter(|claim| self.volume(claim).is_none()) {
            let (metadata, spec) = (&claim["metadata"], &claim["spec"]);
            let uid = metadata["uid"].as_str().unwrap();
            let volume = json!({
                "apiVersion": "v1", "kind": "PersistentVolume",
                "metadata": {
                    "name": name(claim),
                    "annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"},
                    "finalizers": ["external-provisioner.volume.kubernetes.io/finalizer"],
                },
                "spec": {
                    "accessModes": spec["accessModes"], "capacity": spec["resources"]["requests"],
                    "persistentVolumeReclaimPolicy": "Delete", "storageClassName": spec["storageClassName"],
                    "claimRef": {
                        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": metadata["namespace"],
                        "name": metadata["name"], "uid": uid, "resourceVersion": metadata["resourceVersion"],
                    },
                    "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": format!("vol-0{}", &uid.replace('-', "")[..16])},
                    "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]}},
                },
            });
            api.create("/api/v1/persistentvolumes", &volume);
        }
    }

    fn claims(&self, pod: &Value) -> impl Iterator<Item = &Value> {
        let namespace = &pod["metadata"]["namespace"];
        let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
        let names: Vec<&Value> =
            volumes.filter_map(|volume| volume["persistentVolumeClaim"].get("claimName")).collect();
        self.claims.iter().filter(move |claim| {
            claim["metadata"]["namespace"] == *namespace && names.contains(&&claim["metadata"]["name"])
        })
    }

    fn volume(&self, claim: &Value) -> Option<&Value> {
        let bound = claim["spec"]["volumeName"].as_str().map_or_else(|| name(claim), str::to_string);
        self.volumes.iter().find(|volume| volume["metadata"]["name"] == *bound)
    }
}

/// The name of the volume that is made for a claim.
fn name(claim: &Value) -> String {
    format!("pvc-{}", claim["metadata"]["uid"].as_str().unwrap())
}
