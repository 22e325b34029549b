//! From a kubeconfig, or the pod's service account, to a client.

use std::path::Path;
use std::time::Duration;

use kube_client::config::{KubeConfigOptions, Kubeconfig};
use kube_client::{Client, Config};

use super::failure::causes;
use super::{LiveError, Settings, proxy};

/// Time for a connection to be made.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// Reads the configuration; nothing is asked of any server yet.
pub(super) async fn config(settings: &Settings) -> Result<Config, LiveError> {
    let unusable = |error: &dyn std::error::Error| LiveError::new("kubeconfig-unusable", causes(error));
    let file = settings.kubeconfig.is_some() || settings.context.is_some() || has_kubeconfig();
    let mut config = if file {
        let kubeconfig = match &settings.kubeconfig {
            Some(path) => read(path)?,
            None => Kubeconfig::read().map_err(|error| unusable(&error))?,
        };
        let declared = proxy::declared(&kubeconfig, settings.context.as_deref());
        let options = KubeConfigOptions { context: settings.context.clone(), ..Default::default() };
        let mut config =
            Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| unusable(&error))?;
        config.proxy_url = proxy::choose(declared, &config.cluster_url)?;
        config
    } else if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        Config::incluster().map_err(|error| unusable(&error))?
    } else {
        let message = "there is no kubeconfig, and this is no pod with a service account";
        return Err(LiveError::new("kubeconfig-unusable", message));
    };
    if config.cluster_url.host().is_none() {
        return Err(LiveError::new("kubeconfig-unusable", "the cluster's `server` is no address"));
    }
    if let Some(user) = &settings.as_user {
        config.auth_info.impersonate = Some(user.clone());
    }
    if !settings.as_groups.is_empty() {
        config.auth_info.impersonate_groups = Some(settings.as_groups.clone());
    }
    config.connect_timeout = Some(CONNECT.min(settings.timeout));
    // Tries, pauses and timeouts are ours: the server's Retry-After counts, and all of them end at the deadline.
    config.default_retry = false;
    config.read_timeout = None;
    config.write_timeout = None;
    Ok(config)
}

fn read(path: &Path) -> Result<Kubeconfig, LiveError> {
    Kubeconfig::read_from(path).map_err(|error| {
        LiveError::new("kubeconfig-unusable", format!("`{}`: {}", path.display(), causes(&error)))
    })
}

/// True where kubectl would find a kubeconfig by itself.
fn has_kubeconfig() -> bool {
    let named = std::env::var_os("KUBECONFIG").is_some_and(|value| !value.is_empty());
    let home = std::env::home_dir().map(|home| home.join(".kube/config"));
    named || home.is_some_and(|path| path.is_file())
}

/// Makes the client. This may run the credential plugin that the kubeconfig names, and waits for it.
pub(super) fn client(config: Config) -> Result<Client, LiveError> {
    Client::try_from(config).map_err(|error| LiveError::new("credentials-unusable", causes(&error)))
}
