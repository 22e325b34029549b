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

/// How long an issuer that gave no token is not asked again: a collection has a list for each kind, and none of them
/// has to wait for the same silence.
const FAILURE_HOLDS: Duration = Duration::from_secs(30);

/// Where the token of every request comes from.
pub(super) struct Bearer(Mutex<Held>);

struct Held {
    source: Source,
    token: String,
    /// why there is none
    failed: Option<String>,
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
        let held =
            |source, token, until| Some(Bearer(Mutex::new(Held { source, token, failed: None, until })));
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
            held.refresh().await;
        }
        if let Some(why) = &held.failed {
            return Err(Refused::NoCredential(why.clone()));
        }
        let value = HeaderValue::try_from(format!("Bearer {}", held.token));
        let mut value =
            value.map_err(|_| Refused::NoCredential("the token is no text of one line".into()))?;
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
    async fn refresh(&mut self) {
        let holds = match &mut self.source {
            Source::File(path) => {
                // A file that went away leaves its last token, as with kubectl.
                if let Ok(token) = read(path) {
                    self.token = token;
                }
                FILE_HOLDS
            }
            Source::Issuer(issuer) => match issuer.refresh().await {
                Ok((token, holds)) => {
                    (self.token, self.failed) = (token, None);
                    holds
                }
                Err(why) => {
                    self.failed = Some(why);
                    FAILURE_HOLDS
                }
            },
        };
        self.until = Instant::now() + holds;
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

    /// The issuer is a socket that takes a connection and closes it without an answer.
    #[test]
    fn an_issuer_without_an_answer_is_asked_once() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", silent.local_addr().unwrap());
        let asked = std::thread::spawn(move || {
            // The first connection is closed unanswered; a second one would be counted.
            drop(silent.accept().unwrap());
            silent.set_nonblocking(true).unwrap();
            std::thread::sleep(Duration::from_millis(300));
            silent.accept().is_ok()
        });
        let settings = [("idp-issuer-url", &*url), ("refresh-token", "a"), ("client-id", "b")];
        let settings = settings.map(|(name, value)| (name.to_string(), value.to_string()));
        let (issuer, token, holds) = Issuer::new(settings.into());
        let until = Instant::now() + holds;
        let source = Source::Issuer(Box::new(issuer));
        let bearer = Bearer(Mutex::new(Held { source, token, failed: None, until }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let [first, second] = [(); 2].map(|()| runtime.block_on(bearer.header()).unwrap_err());
        assert!(matches!(&first, Refused::NoCredential(why) if why.contains("of the issuer")), "{first}");
        assert_eq!(first, second);
        assert!(!asked.join().unwrap(), "it was asked a second time");
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
