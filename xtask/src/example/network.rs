//! Network policies, the endpoints that EKS computes from them, and the mesh's settings.

use serde_json::{Value, json};

use super::build::Build;
use super::description::NetworkPolicy;
use super::object::{owner, suffix};

/// Network policies with the PolicyEndpoint that the controller of EKS writes for each.
pub fn policies(build: &mut Build<'_>) {
    for policy in &build.platform.network_policies {
        let mut object =
            build.object("networking.k8s.io/v1", "NetworkPolicy", &policy.namespace, &policy.name);
        object["spec"] = spec(policy);
        build.add(object);
        policy_endpoint(build, policy);
    }
}

fn peers(namespaces: &[String]) -> Value {
    let peers: Vec<Value> = namespaces
        .iter()
        .map(|name| json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}))
        .collect();
    json!(peers)
}

fn spec(policy: &NetworkPolicy) -> Value {
    let selector = if policy.selects.is_empty() { json!({}) } else { json!({"matchLabels": policy.selects}) };
    let mut spec = json!({"podSelector": selector, "policyTypes": policy.types});
    let ports: Vec<Value> = policy
        .ports
        .iter()
        .flat_map(|port| {
            let protocols: &[&str] = if *port == 53 { &["UDP", "TCP"] } else { &["TCP"] };
            protocols.iter().map(move |protocol| json!({"port": port, "protocol": protocol}))
        })
        .collect();
    for (direction, side, namespaces) in [("ingress", "from", &policy.from), ("egress", "to", &policy.to)] {
        if namespaces.is_empty() {
            continue;
        }
        let mut rule = json!({side: peers(namespaces)});
        if !ports.is_empty() {
            rule["ports"] = json!(ports);
        }
        spec[direction] = json!([rule]);
    }
    spec
}

fn policy_endpoint(build: &mut Build<'_>, policy: &NetworkPolicy) {
    let selected: Vec<Value> = build
        .pods
        .iter()
        .filter(|pod| pod.namespace == policy.namespace)
        .filter(|pod| policy.selects.iter().all(|(key, value)| pod.labels[key] == value.as_str()))
        .map(|pod| json!({"name": pod.name, "namespace": pod.namespace, "podIP": pod.address}))
        .collect();
    let name =
        format!("{}-{}", policy.name, suffix(&format!("endpoint {}/{}", policy.namespace, policy.name), 5));
    let mut object = build.object("networking.k8s.aws/v1alpha1", "PolicyEndpoint", &policy.namespace, &name);
    object["metadata"]["ownerReferences"] =
        owner("networking.k8s.io/v1", "NetworkPolicy", &policy.namespace, &policy.name);
    object["spec"] = spec(policy);
    for side in ["ingress", "egress"] {
        object["spec"].as_object_mut().map(|members| members.remove(side));
    }
    object["spec"]["policyRef"] = json!({"name": policy.name, "namespace": policy.namespace});
    object["spec"]["podIsolation"] = object["spec"]["policyTypes"].take();
    object["spec"].as_object_mut().map(|members| members.remove("policyTypes"));
    object["spec"]["podSelectorEndpoints"] = json!(selected);
    build.add(object);
}

/// Mutual TLS and the ways into the mesh.
pub fn mesh(build: &mut Build<'_>) {
    let mesh = &build.platform.mesh;
    let root = mesh.root_namespace.as_str();
    let mut modes = vec![(root.to_string(), mesh.mtls.clone())];
    for (name, space) in &build.platform.namespaces {
        modes.extend(space.mtls.clone().map(|mode| (name.clone(), mode)));
    }
    for (namespace, mode) in modes {
        let mut object = build.object("security.istio.io/v1", "PeerAuthentication", &namespace, "default");
        object["spec"] = json!({"mtls": {"mode": mode}});
        build.add(object);
    }
    for gateway in &build.platform.gateways {
        let secret = format!("{}-tls", gateway.name);
        let mut object = build.object("networking.istio.io/v1", "Gateway", root, &gateway.name);
        object["spec"] = json!({
            "selector": {"istio": "ingressgateway"},
            "servers": [{"hosts": [gateway.host], "port": {"name": "https", "number": 443, "protocol": "HTTPS"},
                         "tls": {"mode": "SIMPLE", "credentialName": secret, "minProtocolVersion": "TLSV1_2"}}],
        });
        build.add(object);
        let mut object =
            build.object("networking.istio.io/v1", "VirtualService", &gateway.namespace, &gateway.name);
        let host = format!("{}.{}.svc.cluster.local", gateway.service, gateway.namespace);
        object["spec"] = json!({
            "gateways": [format!("{root}/{}", gateway.name)], "hosts": [gateway.host],
            "http": [{"route": [{"destination": {"host": host, "port": {"number": gateway.port}}}], "timeout": "15s"}],
        });
        build.add(object);
        let mut object = build.object("cert-manager.io/v1", "Certificate", root, &gateway.name);
        object["spec"] = json!({
            "dnsNames": [gateway.host], "secretName": secret, "duration": "2160h0m0s", "renewBefore": "720h0m0s",
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"},
        });
        object["status"] = json!({
            "notBefore": "2026-10-05T04:00:00Z", "notAfter": "2027-01-03T03:59:59Z", "renewalTime": "2026-12-04T03:59:59Z", "revision": 9,
            "conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": "Certificate is up to date and has not expired"}],
        });
        build.add(object);
        let mut object = build.object("v1", "Secret", root, &secret);
        object["type"] = "kubernetes.io/tls".into();
        object["data"] =
            json!({"tls.crt": "bmFjaHdlaXMtZXhhbXBsZQ==", "tls.key": "bmFjaHdlaXMtZXhhbXBsZQ=="});
        build.add(object);
    }
    let mut object = build.object("cert-manager.io/v1", "ClusterIssuer", "", "letsencrypt");
    object["spec"] = json!({"acme": {
        "server": "https://acme-v02.api.letsencrypt.org/directory", "email": "platform@pay.example", "privateKeySecretRef": {"name": "letsencrypt-account"},
        "solvers": [{"dns01": {"route53": {"region": build.platform.cluster.region}}}],
    }});
    build.add(object);
}
