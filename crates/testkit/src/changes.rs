//! Changes of single objects of the shipped example, each of which one control answers to.

use nachweis_canon::Json;

use crate::platform::{Platform, at, json, set};

/// A change of one object.
pub struct Change {
    /// in words
    pub name: &'static str,
    /// the control that answers
    pub control: &'static str,
    /// less is covered than before
    pub worse: bool,
    apply: fn(&mut Platform),
}

impl Change {
    /// Makes the change; the index counts what is there afterwards.
    pub fn apply(&self, platform: &mut Platform) {
        (self.apply)(platform);
        if self.control == "restore-tested" {
            platform.recount();
        }
    }
}

macro_rules! changes {
    ($($word:ident $control:literal $name:literal => $apply:expr;)+) => {
        /// At least one for each of the ten rows of the table.
        pub const CHANGES: &[Change] = &[$(Change {
            name: $name,
            control: $control,
            worse: changes!($word),
            apply: $apply,
        },)+];
    };
    (worse) => { true };
    (better) => { false };
}

changes! {
    worse "audit-policy-levels" "Secrets are logged with their bodies" => |p| {
        let place = p.of_kind("Policy")[0];
        p.edit(place, |policy| {
            for rule in 0..policy.list(&["rules"]).len() {
                let pointer = format!("/rules/{rule}");
                if at(policy, &pointer).unwrap().list(&["resources"]).iter().any(|r| {
                    r.list(&["resources"]).iter().any(|name| name.as_str() == Some("secrets"))
                }) {
                    set(policy, &pointer, "level", Json::str("RequestResponse"));
                }
            }
        });
    };
    worse "addon-sboms" "the bill of materials of coredns speaks of nothing" => |p| {
        let file = p.files.iter().position(|file| file.path.ends_with("/coredns.cdx.json")).unwrap();
        p.edit((file, 0), |bom| set(bom, "/metadata", "component", json(r#"{"name":"coredns","type":"container"}"#)));
    };
    worse "secret-wildcard-roles" "a role of accounts may do everything with secrets" => |p| {
        let place = p.find("Role", "accounts", "release-manager");
        p.edit(place, |role| set(role, "", "rules", json(r#"[{"apiGroups":[""],"resources":["secrets"],"verbs":["*"]}]"#)));
    };
    better "secret-wildcard-roles" "the onboarding role names its verbs" => |p| {
        let place = p.find("Role", "tenant-borealis", "onboarding");
        p.edit(place, |role| set(role, "/rules/0", "verbs", json(r#"["get","list"]"#)));
    };
    better "secret-wildcard-roles" "the break-glass role names its verbs" => |p| {
        let place = p.find("ClusterRole", "", "platform-breakglass");
        p.edit(place, |role| set(role, "", "rules", json(r#"[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]"#)));
    };
    worse "binding-subjects" "a group of no identity provider is bound" => |p| {
        let place = p.find("RoleBinding", "fraud", "team-view");
        p.edit(place, |binding| set(binding, "/subjects/0", "name", Json::str("team-fraud")));
    };
    worse "mesh-mtls-strict" "the root namespace takes plain text" => |p| {
        let place = p.find("PeerAuthentication", "istio-system", "default");
        p.edit(place, |mode| set(mode, "/spec/mtls", "mode", Json::str("PERMISSIVE")));
    };
    better "mesh-mtls-strict" "tenant-aurora takes no plain text" => |p| strict(p, "tenant-aurora");
    better "mesh-mtls-strict" "tenant-borealis takes no plain text" => |p| strict(p, "tenant-borealis");
    better "mesh-mtls-strict" "tenant-cygnus takes no plain text" => |p| strict(p, "tenant-cygnus");
    worse "network-policy-coverage" "the policy of tenant-aurora selects nobody" => |p| {
        let place = p.find("NetworkPolicy", "tenant-aurora", "default-deny");
        p.edit(place, |policy| set(policy, "/spec", "podSelector", json(r#"{"matchLabels":{"app":"nobody"}}"#)));
    };
    better "network-policy-coverage" "the policy of tenant-borealis selects everybody" => |p| {
        let place = p.find("NetworkPolicy", "tenant-borealis", "portal");
        p.edit(place, |policy| set(policy, "/spec", "podSelector", json("{}")));
    };
    worse "payment-path-budgets" "the budget of the ledger lets every pod go" => |p| {
        let place = p.find("PodDisruptionBudget", "payments", "ledger");
        p.edit(place, |budget| set(budget, "/spec", "minAvailable", Json::Int(0)));
    };
    worse "operator-image-digests" "an operator's image is named by its tag" => |p| {
        let place = p.find("Deployment", "cert-manager", "cert-manager");
        p.edit(place, |owner| {
            set(owner, "/spec/template/spec/containers/0", "image", Json::str("quay.io/jetstack/cert-manager-controller:v1"));
        });
    };
    worse "production-image-tags" "a pod in production runs latest" => |p| {
        let place = p.of_kind("Pod").into_iter().find(|place| {
            p.object(*place).text(&["metadata", "namespace"]) == Some("payments")
        });
        p.edit(place.unwrap(), |pod| {
            set(pod, "/spec/containers/0", "image", Json::str("registry.pay.example/api:latest"));
        });
    };
    better "restore-tested" "a restore was completed" => |p| {
        p.add("namespaces/velero/restores.velero.io.yaml", vec![json(r#"{
            "apiVersion": "velero.io/v1", "kind": "Restore",
            "metadata": {"namespace": "velero", "name": "drill", "uid": "3f0c1a7e-8f4e-4b61-9a52-0c9a6c0d1e11"},
            "spec": {"backupName": "nightly"},
            "status": {"phase": "Completed", "completionTimestamp": "2026-11-10T03:00:00Z"}
        }"#)]);
    };
}

fn strict(p: &mut Platform, namespace: &str) {
    let place = p.find("PeerAuthentication", namespace, "default");
    p.edit(place, |mode| set(mode, "/spec/mtls", "mode", Json::str("STRICT")));
}

/// A policy that selects every pod of a namespace.
pub fn deny_all(p: &mut Platform, namespace: &str) {
    let text = format!(
        r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
            "metadata":{{"namespace":"{namespace}","name":"deny-all"}},"spec":{{"podSelector":{{}}}}}}"#
    );
    p.add(&format!("namespaces/{namespace}/deny-all.yaml"), vec![json(&text)]);
}
