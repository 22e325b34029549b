//! Network policies and the mesh's settings.

use serde_json::{Value, json};

use super::build::{Build, with_spec};
use super::description::NetworkPolicy;
use super::object::{earlier, later, object};

/// Network policies.
pub fn policies(build: &mut Build<'_>) {
    for policy in &build.platform.network_policies {
        build.add(with_spec(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            &policy.namespace,
            &policy.name,
            spec(policy),
        ));
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

/// Mutual TLS and the ways into the mesh.
pub fn mesh(build: &mut Build<'_>) {
    let mesh = &build.platform.mesh;
    let root = mesh.root_namespace.as_str();
    let mut modes = vec![(root.to_string(), mesh.mtls.clone())];
    for (name, space) in &build.platform.namespaces {
        modes.extend(space.mtls.clone().map(|mode| (name.clone(), mode)));
    }
    for (namespace, mode) in modes {
        let spec = json!({"mtls": {"mode": mode}});
        build.add(with_spec("security.istio.io/v1", "PeerAuthentication", &namespace, "default", spec));
    }
    for gateway in &build.platform.gateways {
        let (name, space) = (gateway.name.as_str(), gateway.namespace.as_str());
        let secret = format!("{name}-tls");
        let spec = json!({
            "selector": {"istio": "ingressgateway"},
            "servers": [{"hosts": [gateway.host], "port": {"name": "https", "number": 443, "protocol": "HTTPS"},
                         "tls": {"mode": "SIMPLE", "credentialName": secret, "minProtocolVersion": "TLSV1_2"}}],
        });
        build.add(with_spec("networking.istio.io/v1", "Gateway", root, name, spec));
        let host = format!("{}.{space}.svc.cluster.local", gateway.service);
        let spec = json!({
            "gateways": [format!("{root}/{name}")], "hosts": [gateway.host],
            "http": [{"route": [{"destination": {"host": host, "port": {"number": gateway.port}}}], "timeout": "15s"}],
        });
        build.add(with_spec("networking.istio.io/v1", "VirtualService", space, name, spec));
        build.add(certificate(build, root, name, &gateway.host, &secret));
        let mut made = object("v1", "Secret", root, &secret);
        made["type"] = "kubernetes.io/tls".into();
        made["data"] = json!({"tls.crt": "bmFjaHdlaXMtZXhhbXBsZQ==", "tls.key": "bmFjaHdlaXMtZXhhbXBsZQ=="});
        build.add(made);
    }
    let issuer = json!({"acme": {
        "server": "https://acme-v02.api.letsencrypt.org/directory", "email": "platform@pay.example", "privateKeySecretRef": {"name": "letsencrypt-account"},
        "solvers": [{"dns01": {"route53": {"region": build.platform.cluster.region}}}],
    }});
    build.add(with_spec("cert-manager.io/v1", "ClusterIssuer", "", "letsencrypt", issuer));
}

/// A certificate of 90 days, half of which have gone by.
fn certificate(build: &Build<'_>, namespace: &str, name: &str, host: &str, secret: &str) -> Value {
    const DAY: u64 = 86_400;
    let mut made = with_spec(
        "cert-manager.io/v1",
        "Certificate",
        namespace,
        name,
        json!({
            "dnsNames": [host], "secretName": secret, "duration": "2160h0m0s", "renewBefore": "720h0m0s",
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"},
        }),
    );
    let from = earlier(build.instant, 45 * DAY);
    made["status"] = json!({
        "notBefore": from.to_string(), "notAfter": later(from, 90 * DAY).to_string(), "renewalTime": later(from, 60 * DAY).to_string(),
        "revision": 9,
        "conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": "Certificate is up to date and has not expired",
                        "lastTransitionTime": from.to_string()}],
    });
    made
}
