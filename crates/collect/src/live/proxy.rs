//! Which proxy stands between us and the server, by kubectl's rules: the cluster's `proxy-url` always counts; else
//! `HTTPS_PROXY` (`HTTP_PROXY` for a server without TLS), unless `NO_PROXY` names the server or it is this machine.

use std::net::IpAddr;

use http::Uri;
use kube_client::config::Kubeconfig;

use super::LiveError;

/// The `proxy-url` of the context's cluster.
pub(super) fn declared(kubeconfig: &Kubeconfig, context: Option<&str>) -> Option<String> {
    let context = context.or(kubeconfig.current_context.as_deref())?;
    let context = kubeconfig.contexts.iter().find(|named| named.name == context)?.context.as_ref()?;
    let cluster = kubeconfig.clusters.iter().find(|named| named.name == context.cluster)?.cluster.as_ref()?;
    cluster.proxy_url.clone().filter(|url| !url.is_empty())
}

/// The proxy to use, if any.
pub(super) fn choose(declared: Option<String>, server: &Uri) -> Result<Option<Uri>, LiveError> {
    let env = |name: &str| {
        [name.to_uppercase(), name.to_lowercase()]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    let by_scheme = if server.scheme_str() == Some("http") { "http_proxy" } else { "https_proxy" };
    let url = match declared {
        Some(url) => Some(url),
        None => env(by_scheme).filter(|_| !exempt(server, &env("no_proxy").unwrap_or_default())),
    };
    let Some(url) = url else { return Ok(None) };
    let url = if url.contains("://") { url } else { format!("http://{url}") };
    let url = url.strip_prefix("socks5h://").map(|rest| format!("socks5://{rest}")).unwrap_or(url);
    url.parse().map(Some).map_err(|error| {
        LiveError::new("kubeconfig-unusable", format!("the proxy's address is none: {error}"))
    })
}

/// True where the environment's proxy is not for this server.
fn exempt(server: &Uri, list: &str) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).any(
        |entry| {
            if entry == "*" {
                return true;
            }
            let (entry, port) = match entry.rsplit_once(':') {
                Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.contains(':') => {
                    (name.to_string(), port.parse::<u16>().ok())
                }
                _ => (entry, None),
            };
            let default = if server.scheme_str() == Some("http") { 80 } else { 443 };
            if port.is_some_and(|port| port != server.port_u16().unwrap_or(default)) {
                return false;
            }
            match address {
                Some(address) => in_range(address, &entry),
                None => {
                    let name = entry.trim_start_matches("*.").trim_start_matches('.');
                    let below = host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
                    below || (host == name && !entry.starts_with('.') && !entry.starts_with("*."))
                }
            }
        },
    )
}

/// True where `range` is the address, or a CIDR range that holds it.
fn in_range(address: IpAddr, range: &str) -> bool {
    let (base, bits) = range.split_once('/').unwrap_or((range, ""));
    let Ok(base) = base.parse::<IpAddr>() else { return false };
    let (a, b, width) = match (address, base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let bits = if range.contains('/') { bits.parse().unwrap_or(u32::MAX) } else { width };
    match bits {
        0 => true,
        bits if bits <= width => (a ^ b) >> (width - bits) == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_as_kubectl_reads_it() {
        for (server, list, expected) in [
            ("https://localhost:6443", "", true),
            ("https://127.0.0.1:6443", "", true),
            ("https://[::1]:6443", "", true),
            ("https://10.0.0.1:6443", "", false),
            ("https://10.0.0.1:6443", "10.0.0.0/8", true),
            ("https://10.0.0.1:6443", "192.168.0.0/16, 10.0.0.1", true),
            ("https://10.0.0.1:6443", "10.0.0.0/33", false),
            ("https://api.example.org", "example.org", true),
            ("https://api.example.org", ".example.org", true),
            ("https://example.org", ".example.org", false),
            ("https://api.example.org", "ample.org", false),
            ("https://api.example.org", "example.org:443", true),
            ("https://api.example.org", "example.org:6443", false),
            ("https://api.example.org", "*", true),
        ] {
            assert_eq!(exempt(&server.parse().unwrap(), list), expected, "{server} {list}");
        }
    }

    #[test]
    fn the_clusters_own_proxy_always_counts() {
        let server = "https://127.0.0.1:6443".parse().unwrap();
        let chosen = choose(Some("socks5h://proxy:1080".into()), &server).unwrap().unwrap();
        assert_eq!(chosen.to_string(), "socks5://proxy:1080/");
    }
}
