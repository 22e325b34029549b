//! What the server says of itself.

use std::collections::BTreeMap;

use nachweis_model::seal::{ReadyCheck, Server};
use serde_json::Value;

use super::client::Api;

const JSON: &str = "application/json";
/// Checks of `/readyz` that are kept at most.
const CHECKS_MAX: usize = 500;

/// `/version` and `/readyz?verbose`, as far as they are answered.
pub(super) async fn server(api: &Api) -> Server {
    let version = api.get("version", JSON).await.map(|bytes| version(&bytes)).unwrap_or_default();
    let readyz = api.probe("readyz?verbose", "*/*").await;
    // A server that is not ready answers 500 with the same lines.
    let readyz = readyz.filter(|answer| answer.status.is_success() || answer.status.as_u16() == 500);
    Server { version, readyz: readyz.map(|answer| checks(&answer.bytes)).filter(|checks| !checks.is_empty()) }
}

/// The uid of the namespace kube-system, which identifies the cluster.
pub(super) async fn cluster_uid(api: &Api) -> Option<String> {
    let answer = api.probe("api/v1/namespaces/kube-system", JSON).await?;
    let value: Value = serde_json::from_slice(&answer.bytes).ok()?;
    value.pointer("/metadata/uid")?.as_str().map(str::to_string)
}

fn version(bytes: &[u8]) -> BTreeMap<String, String> {
    let Ok(Value::Object(members)) = serde_json::from_slice(bytes) else { return BTreeMap::new() };
    members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_string()))).collect()
}

fn checks(bytes: &[u8]) -> Vec<ReadyCheck> {
    let text = String::from_utf8_lossy(bytes);
    let line = |line: &str| {
        let (ok, rest) = match line.strip_prefix("[+]") {
            Some(rest) => (true, rest),
            None => (false, line.strip_prefix("[-]")?),
        };
        Some(ReadyCheck { name: rest.split(' ').next()?.to_string(), ok })
    };
    text.lines().filter_map(line).take(CHECKS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_readyz() {
        let text =
            "[+]ping ok\n[-]etcd failed: reason withheld\n[+]poststarthook/start-x ok\nreadyz check failed\n";
        let found: Vec<(String, bool)> =
            checks(text.as_bytes()).into_iter().map(|c| (c.name, c.ok)).collect();
        assert_eq!(
            found,
            [("ping".into(), true), ("etcd".into(), false), ("poststarthook/start-x".into(), true)]
        );
    }
}
