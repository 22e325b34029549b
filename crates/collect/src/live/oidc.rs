//! ID tokens of an OpenID Connect issuer, as kubectl's `auth-provider` `oidc` keeps them: the one in the kubeconfig as
//! long as it is good, then another one for the refresh token.
//!
//! The kubeconfig is not written. An issuer that takes each refresh token once leaves the one in the file used up.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use kube_client::client::Body;
use kube_client::config::{KubeConfigOptions, Kubeconfig};
use kube_client::{Client, Config};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use super::failure::{causes, short};
use super::list::escape;
use super::proxy;

/// A token that ends within this time is not used any more.
const SPARE: Duration = Duration::from_secs(10);
/// Time for one answer of the issuer.
const ANSWER: Duration = Duration::from_secs(20);
/// Bytes of one answer.
const ANSWER_BYTES_MAX: usize = 256 << 10;

/// An issuer, with what the kubeconfig says of it.
pub(super) struct Issuer {
    settings: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Discovery {
    token_endpoint: String,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    id_token: String,
    #[serde(default)]
    refresh_token: String,
}

impl Issuer {
    /// The issuer, the token that the kubeconfig has, and how long it is good.
    pub(super) fn new(mut settings: BTreeMap<String, String>) -> (Self, String, Duration) {
        let token = settings.remove("id-token").unwrap_or_default();
        let holds = holds(&token).unwrap_or_default();
        (Issuer { settings }, token, holds)
    }

    fn setting(&self, name: &str) -> Result<&str, String> {
        let value = self.settings.get(name).filter(|value| !value.is_empty());
        value.map(String::as_str).ok_or_else(|| {
            format!("the ID token has expired, and the kubeconfig has no `{name}` to get another one")
        })
    }

    /// Another ID token, and how long it is good; the reason in words where the issuer gives none.
    pub(super) async fn refresh(&mut self) -> Result<(String, Duration), String> {
        let issuer = self.setting("idp-issuer-url")?.trim_end_matches('/').to_string();
        let refresh = self.setting("refresh-token")?.to_string();
        let client = self.setting("client-id")?.to_string();
        let secret = self.settings.get("client-secret").cloned().unwrap_or_default();
        let place = format!("{issuer}/.well-known/openid-configuration");
        let (status, bytes) = self.call(Method::GET, &place, None, String::new()).await?;
        let discovery = serde_json::from_slice::<Discovery>(&bytes);
        let endpoint = match discovery {
            Ok(discovery) if status.is_success() => discovery.token_endpoint,
            _ => {
                return Err(format!(
                    "the issuer `{issuer}` answers {status} where it should describe itself"
                ));
            }
        };
        let form = format!("grant_type=refresh_token&refresh_token={}", escape(&refresh));
        // Some issuers want the client in the header, some in the form, and some refuse both at once.
        let pair = Base64::encode_string(format!("{}:{}", escape(&client), escape(&secret)).as_bytes());
        let in_form = format!("{form}&client_id={}&client_secret={}", escape(&client), escape(&secret));
        let mut said = String::new();
        for (basic, form) in [(Some(format!("Basic {pair}")), form), (None, in_form)] {
            let (status, bytes) = self.call(Method::POST, &endpoint, basic, form).await?;
            if !status.is_success() {
                // Some issuers and proxies repeat what they were sent.
                let mut words = String::from_utf8_lossy(&bytes).into_owned();
                for sent in [&refresh, &escape(&refresh), &secret, &escape(&secret)] {
                    if !sent.is_empty() {
                        words = words.replace(sent.as_str(), "…");
                    }
                }
                said = format!("{status}: {}", short(&words));
                continue;
            }
            let tokens: Tokens = serde_json::from_slice(&bytes)
                .map_err(|_| format!("the issuer `{issuer}` answers with something else than tokens"))?;
            if !tokens.refresh_token.is_empty() {
                self.settings.insert("refresh-token".into(), tokens.refresh_token);
            }
            let holds = holds(&tokens.id_token).filter(|holds| !holds.is_zero());
            let holds =
                holds.ok_or_else(|| format!("the issuer `{issuer}` gives no ID token that is good"))?;
            return Ok((tokens.id_token, holds));
        }
        Err(format!("the issuer `{issuer}` refuses the refresh token: {said}"))
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        basic: Option<String>,
        form: String,
    ) -> Result<(StatusCode, Vec<u8>), String> {
        let uri: Uri = url.parse().map_err(|_| format!("`{}` is no address", short(url)))?;
        let client = self.client(&uri).await?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request =
            Request::builder().method(method).uri(path).header(header::ACCEPT, "application/json");
        if !form.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(basic) = basic {
            request = request.header(header::AUTHORIZATION, basic);
        }
        let request = request.body(Body::from(form.into_bytes())).map_err(|error| error.to_string())?;
        let answer = async {
            let answer = client.send(request).await.map_err(|error| causes(&error))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
            let body = body.map_err(|error| short(&error.to_string()))?;
            Ok((status, body.to_bytes().to_vec()))
        };
        let late = || format!("no answer within {} s", ANSWER.as_secs());
        let answer = timeout(ANSWER, answer).await.unwrap_or_else(|_| Err(late()));
        answer.map_err(|why: String| format!("`{}` of the issuer: {why}", short(url)))
    }

    /// A client for the issuer's host: its authority is the kubeconfig's, or else the system's.
    async fn client(&self, uri: &Uri) -> Result<Client, String> {
        let (Some("https"), Some(host)) = (uri.scheme_str(), uri.authority()) else {
            return Err("an issuer is reached over TLS alone".into());
        };
        let mut cluster = json!({"server": format!("https://{host}")});
        for (from, to) in [
            ("idp-certificate-authority", "certificate-authority"),
            ("idp-certificate-authority-data", "certificate-authority-data"),
        ] {
            if let Some(value) = self.settings.get(from).filter(|value| !value.is_empty()) {
                cluster[to] = json!(value);
            }
        }
        let config: Kubeconfig = serde_json::from_value(json!({
            "current-context": "issuer", "clusters": [{"name": "issuer", "cluster": cluster}],
            "contexts": [{"name": "issuer", "context": {"cluster": "issuer", "user": "nobody"}}],
            "users": [{"name": "nobody", "user": {}}],
        }))
        .map_err(|error| error.to_string())?;
        let config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
        let mut config = config.map_err(|error| format!("the issuer's authority: {}", causes(&error)))?;
        config.proxy_url = proxy::choose(None, uri).map_err(|error| error.message)?;
        config.connect_timeout = Some(super::config::CONNECT);
        config.default_retry = false;
        Client::try_from(config).map_err(|error| causes(&error))
    }
}

/// How long a token is good from now on, less some time to spare; `None` where it does not say.
fn holds(token: &str) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: serde_json::Number,
    }
    let claims = token.split('.').nth(1)?.trim_end_matches('=');
    let claims: Claims = serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).ok()?).ok()?;
    // Whole seconds; an issuer may write them with a fraction.
    let end: u64 = claims.exp.to_string().split('.').next()?.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let holds = Duration::from_secs(end).saturating_sub(now + SPARE);
    // An end that no clock reaches is no sum of instants either.
    Some(holds.min(Duration::from_secs(u32::MAX.into())))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.x", Base64UrlUnpadded::encode_string(claims.as_bytes()))
    }

    #[test]
    fn ends_of_tokens() {
        assert_eq!(holds(&token(r#"{"exp":1}"#)), Some(Duration::ZERO));
        for late in ["99999999999.5", "18446744073709551615"] {
            let holds = holds(&token(&format!("{{\"exp\":{late}}}"))).unwrap();
            assert!(holds > Duration::from_secs(1 << 30) && Instant::now().checked_add(holds).is_some());
        }
        for none in ["", "a.b", "a.!.c", &token("{}"), &token(r#"{"exp":-5}"#), &token(r#"{"exp":"1"}"#)] {
            assert_eq!(holds(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let settings = BTreeMap::from([("idp-issuer-url".to_string(), "http://127.0.0.1:1".to_string())]);
        let (mut issuer, token, holds) = Issuer::new(settings);
        assert_eq!((&*token, holds), ("", Duration::ZERO));
        assert!(runtime.block_on(issuer.refresh()).unwrap_err().contains("`refresh-token`"));
        issuer.settings.extend([("refresh-token".into(), "a".into()), ("client-id".into(), "b".into())]);
        assert!(runtime.block_on(issuer.refresh()).unwrap_err().contains("over TLS alone"));
    }
}
