//! `related.mtls`: the mode of Istio for a pod. The workload's own setting counts before the namespace's, that
//! before the one of the root namespace, and without any plain text is accepted. `UNSET` inherits. Of several
//! settings of one level the oldest counts.

use nachweis_canon::Json;
use nachweis_model::ItemId;

use crate::world::World;

/// The settings of a namespace that speak of this workload (`own`) or of all, oldest first.
fn settings<'w>(
    world: &'w World,
    namespace: &'w str,
    pod: Option<&Json<'_>>,
) -> Option<(String, &'w Json<'static>)> {
    let mut found: Vec<(&str, &str, &Json<'static>)> = Vec::new();
    for thing in world.within("peerauthentications.security.istio.io", namespace) {
        let Some(body) = thing.body(&["v1", "v1beta1"]) else { continue };
        let pairs: Vec<(&str, &str)> = match body.at(&["spec", "selector", "matchLabels"]) {
            Some(Json::Obj(pairs)) => {
                pairs.iter().filter_map(|(key, value)| Some((key, value.as_str()?))).collect()
            }
            _ => Vec::new(),
        };
        let fits = match pod {
            None => pairs.is_empty(),
            Some(pod) => {
                let has = |key: &str, value: &str| pod.text(&["metadata", "labels", key]) == Some(value);
                !pairs.is_empty() && pairs.iter().all(|(key, value)| has(key, value))
            }
        };
        if fits {
            let created = body.text(&["metadata", "creationTimestamp"]).unwrap_or_default();
            found.push((created, &thing.id.name, body));
        }
    }
    found.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    found.first().map(|(_, name, body)| (format!("{namespace}/{name}"), *body))
}

fn mode(node: Option<&Json<'_>>) -> Option<String> {
    node?.text(&["mode"]).filter(|mode| *mode != "UNSET").map(str::to_string)
}

pub(super) fn mtls(world: &World, id: &ItemId, pod: &Json<'_>) -> Json<'static> {
    let own = settings(world, &id.namespace, Some(pod));
    let levels = [own.clone(), settings(world, &id.namespace, None), settings(world, "istio-system", None)];
    let (mut effective, mut source) = ("PERMISSIVE".to_string(), String::new());
    for (name, body) in levels.into_iter().flatten() {
        if let Some(found) = mode(body.at(&["spec", "mtls"])) {
            (effective, source) = (found, name);
            break;
        }
    }
    let mut weak = Vec::new();
    if let Some(Json::Obj(ports)) = own.and_then(|(_, body)| body.at(&["spec", "portLevelMtls"])) {
        for (port, node) in ports.iter() {
            if let (Ok(port), Some(mode)) = (port.parse(), mode(Some(node)))
                && mode != "STRICT"
            {
                weak.push(Json::Int(port));
            }
        }
    }
    Json::object([
        ("mode", Json::str(effective)),
        ("source", Json::str(source)),
        ("weakPorts", Json::Arr(weak)),
    ])
}
