//! Tokens that may change while a collection runs: those of files, which somebody rotates, and those of an OIDC issuer.
//!
//! A token that the server refuses is read, or asked for, again at once. `kube-client` waits for a minute with files
//! and sends the line feed at their end; of issuers it knows those alone that the system trusts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use kube_client::Config;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::LiveError;
use super::failure::Refused;
use super::oidc::Issuer;

/// How long a token of a file is taken for the file's.
const FILE_HOLDS: Duration = Duration::from_secs(10);

/// Where the token of every request comes from.
pub(super) struct Bearer(Mutex<Held>);

struct Held {
    source: Source,
    token: String,
    until: Instant,
}

enum Source {
    File(PathBuf),
    Issuer(Box<Issuer>),
}

impl Bearer {
    /// Takes the token's source out of a configuration that has one of these two, in kubectl's order: a file wins over a
    /// token that stands beside it.
    pub(super) fn take(config: &mut Config) -> Result<Option<Self>, LiveError> {
        let held = |source, token, until| Some(Bearer(Mutex::new(Held { source, token, until })));
        let auth = &mut config.auth_info;
        if let Some(provider) = auth.auth_provider.take_if(|provider| provider.name == "oidc") {
            let (issuer, token, holds) = Issuer::new(provider.config.into_iter().collect());
            return Ok(held(Source::Issuer(Box::new(issuer)), token, Instant::now() + holds));
        }
        let Some(file) = auth.token_file.take() else { return Ok(None) };
        match read(Path::new(&file)) {
            Ok(token) => {
                auth.token = None;
                Ok(held(Source::File(file.into()), token, Instant::now() + FILE_HOLDS))
            }
            Err(_) if auth.token.is_some() => Ok(None),
            Err(why) => Err(LiveError::new("credentials-unusable", format!("token file `{file}`: {why}"))),
        }
    }

    /// The value of the header `Authorization`.
    pub(super) async fn header(&self) -> Result<HeaderValue, Refused> {
        let mut held = self.0.lock().await;
        if held.until <= Instant::now() {
            held.refresh().await?;
        }
        let value = HeaderValue::try_from(format!("Bearer {}", held.token));
        let mut value =
            value.map_err(|_| Refused::Unauthorized("the token is no text of one line".into()))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The server refused this value: the next one comes from its source again.
    pub(super) async fn refused(&self, value: &HeaderValue) {
        let mut held = self.0.lock().await;
        // Another list may have been faster.
        if value.as_bytes().strip_prefix(b"Bearer ") == Some(held.token.as_bytes()) {
            held.until = Instant::now();
        }
    }
}

impl Held {
    async fn refresh(&mut self) -> Result<(), Refused> {
        match &mut self.source {
            Source::File(path) => {
                // A file that went away leaves its last token, as with kubectl.
                if let Ok(token) = read(path) {
                    self.token = token;
                }
                self.until = Instant::now() + FILE_HOLDS;
            }
            Source::Issuer(issuer) => {
                let (token, holds) = issuer.refresh().await.map_err(Refused::Unauthorized)?;
                self.token = token;
                self.until = Instant::now() + holds;
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    match text.trim() {
        "" => Err("it is empty".into()),
        token => Ok(token.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_file_is_read_again_once_its_token_is_refused() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let write = |text: &str| std::fs::write(file.path(), text).unwrap();
        write("one\n");
        let mut config = Config::new("https://127.0.0.1".parse().unwrap());
        config.auth_info.token_file = Some(file.path().display().to_string());
        config.auth_info.token = Some("beside".to_string().into());
        let bearer = Bearer::take(&mut config).unwrap().unwrap();
        assert!(config.auth_info.token.is_none() && config.auth_info.token_file.is_none());
        runtime.block_on(async {
            let first = bearer.header().await.unwrap();
            assert_eq!(first, "Bearer one");
            write("two\n");
            assert_eq!(bearer.header().await.unwrap(), "Bearer one");
            bearer.refused(&first).await;
            assert_eq!(bearer.header().await.unwrap(), "Bearer two");
            // What another list was refused with is no reason to read again, and a file that is gone leaves its token.
            bearer.refused(&first).await;
            write("");
            bearer.refused(&HeaderValue::from_static("Bearer two")).await;
            assert_eq!(bearer.header().await.unwrap(), "Bearer two");
        });
    }

    #[test]
    fn files_without_a_token() {
        let mut config = Config::new("https://127.0.0.1".parse().unwrap());
        config.auth_info.token_file = Some("/nowhere/token".into());
        assert_eq!(Bearer::take(&mut config).err().unwrap().code, "credentials-unusable");
        config.auth_info.token_file = Some("/nowhere/token".into());
        config.auth_info.token = Some("beside".to_string().into());
        assert!(Bearer::take(&mut config).unwrap().is_none() && config.auth_info.token.is_some());
    }
}
