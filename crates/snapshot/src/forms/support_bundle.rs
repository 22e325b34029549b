//! Harvester, Longhorn: `rancher/support-bundle-kit`.
//!
//! `yamls/{cluster,namespaced/<namespace>}/[<group>/]<version>/<plural>.yaml` beside a `metadata.yaml`. The collector
//! lists every resource of a namespace, so each file is a whole list.

use nachweis_canon::Json;
use nachweis_model::seal::EVERYWHERE;

use super::{Form, Marker, Place};

/// File name of the metadata.
pub(super) const METADATA: &str = "metadata.yaml";

pub(super) fn place(path: &str) -> Option<Place<'_>> {
    let (root, rest) = super::below(path, "yamls/")?;
    let (scope, rest) = match rest.strip_prefix("namespaced/") {
        Some(rest) => rest.split_once('/')?,
        None => (EVERYWHERE, rest.strip_prefix("cluster/")?),
    };
    let parts: Vec<&str> = rest.split('/').collect();
    let (group, version, file) = match parts[..] {
        [version, file] => ("", version, file),
        [group, version, file] => (group, version, file),
        _ => return None,
    };
    let plural = super::stem(file)?;
    let versioned = version.starts_with('v') && version[1..].starts_with(|c: char| c.is_ascii_digit());
    let named = !scope.is_empty() && (scope != EVERYWHERE || !path.contains("namespaced/*"));
    (versioned && named).then_some(Place {
        form: Form::SupportBundle,
        root,
        scope,
        group,
        plural,
        list: true,
    })
}

pub(super) fn marker(path: &str, value: &Json<'_>) -> Option<Marker> {
    let root = super::root_of(path, METADATA)?;
    let instant = value.text(&["bundlecreatedat"])?.parse().ok()?;
    Some(Marker {
        version: Some(value.text(&["kubernetesversion"])?.into()),
        from: Some(instant),
        to: Some(instant),
        ..Marker::new(Form::SupportBundle, root)
    })
}
