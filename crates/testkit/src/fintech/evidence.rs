//! Documents beside the API's objects: bills of materials of the add-ons' images.

use std::collections::BTreeSet;

use nachweis_canon::Digest;
use serde_json::{Value, json};

use super::build::Build;
use super::object::{number, uid};
use super::pods::containers;
use crate::cluster::image_id;

/// Modules that go into images of this kind of software; which ones an image has follows from its name.
const MODULES: [(&str, &str); 12] = [
    ("github.com/aws/aws-sdk-go-v2", "v1.39.2"),
    ("github.com/containernetworking/cni", "v1.3.0"),
    ("github.com/container-storage-interface/spec", "v1.11.0"),
    ("github.com/coredns/caddy", "v1.1.3"),
    ("github.com/go-logr/logr", "v1.4.3"),
    ("github.com/miekg/dns", "v1.1.68"),
    ("github.com/prometheus/client_golang", "v1.23.2"),
    ("github.com/vishvananda/netlink", "v1.3.1"),
    ("google.golang.org/grpc", "v1.75.1"),
    ("google.golang.org/protobuf", "v1.36.9"),
    ("k8s.io/api", "v0.36.0"),
    ("k8s.io/client-go", "v0.36.0"),
];

/// One CycloneDX document for every image of an EKS add-on: file name and content.
pub fn bills(build: &Build<'_>) -> Vec<(String, Value)> {
    let mut images = BTreeSet::new();
    for component in build.platform.components.iter().filter(|component| component.addon.is_some()) {
        for container in
            component.workloads.iter().flat_map(|one| [containers(one), one.init.clone()].concat())
        {
            images.insert(image_id(&build.image(&container.image, container.pinned)));
        }
    }
    images.iter().filter_map(|image| bill(build, image)).collect()
}

fn bill(build: &Build<'_>, image: &str) -> Option<(String, Value)> {
    let (name, digest) = image.split_once('@')?;
    let digest: Digest = digest.parse().ok()?;
    let short = name.rsplit('/').next()?;
    let purl = format!("pkg:oci/{short}@sha256%3A{}?arch=amd64&repository_url={name}", digest.hex());
    let components: Vec<Value> = MODULES
        .iter()
        .filter(|(module, _)| number(&format!("{short} uses {module}"), 3) > 0)
        .map(|(module, version)| {
            let purl = format!("pkg:golang/{module}@{version}");
            json!({"type": "library", "name": module, "version": version, "purl": purl, "bom-ref": purl})
        })
        .collect();
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "serialNumber": format!("urn:uuid:{}", uid(&format!("bill {image}"))),
        "metadata": {
            "timestamp": build.lately(&format!("bill {short}"), 5).to_string(),
            "tools": {"components": [{"type": "application", "name": "example-sbom-generator", "version": "1.0.0"}]},
            "component": {
                "type": "container", "name": name, "version": digest.to_string(), "purl": purl, "bom-ref": purl,
                "hashes": [{"alg": "SHA-256", "content": digest.hex()}],
            },
        },
        "components": components,
    });
    Some((format!("{short}.cdx.json"), document))
}
