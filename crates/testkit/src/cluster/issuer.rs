//! A small issuer of OpenID Connect: discovery, keys, and a token endpoint that takes a refresh token. The API server
//! reads its keys and checks its tokens; nothing of that is played.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

use super::https::{Answer, Asked, Https};
use super::{Authority, Pair};

/// The client that tokens are for.
pub const CLIENT: &str = "nachweis-test";
/// What the client has to show, beside the refresh token.
pub const SECRET: &str = "client-secret";
/// The one refresh token that is good.
pub const REFRESH: &str = "refresh-me";

/// An issuer that runs until it is dropped.
pub struct Issuer {
    url: String,
    key: Arc<SigningKey>,
    refreshed: Arc<AtomicU64>,
    authority: Authority,
    _server: Https,
}

impl Issuer {
    /// Starts an issuer with an authority of its own. Refreshed tokens are for the user `user` and live `seconds`.
    pub fn start(user: &str, seconds: u64) -> Self {
        // A key of a test, the same every time: nothing but a test's API server trusts it.
        let key = Arc::new(SigningKey::from_slice(&[7; 32]).unwrap());
        let authority = Authority::new("nachweis-test-issuer");
        let pair: Pair = authority.server(&["127.0.0.1", "localhost"]);
        let refreshed = Arc::<AtomicU64>::default();
        // Its own address is known only once it listens.
        let address = Arc::<OnceLock<String>>::default();
        let (url, signer, count, user) =
            (Arc::clone(&address), Arc::clone(&key), Arc::clone(&refreshed), user.to_string());
        let server = Https::start(&pair, move |asked| {
            let url = url.wait();
            match (&*asked.method, &*asked.path) {
                ("GET", "/.well-known/openid-configuration") => Answer::json(&discovery(url)),
                ("GET", "/keys") => Answer::json(&keys(&signer)),
                ("POST", "/token") if knows(asked) => {
                    count.fetch_add(1, Ordering::Relaxed);
                    let token = token(url, &signer, &user, now() + seconds);
                    Answer::json(&json!({"id_token": token, "access_token": "none", "token_type": "Bearer",
                                         "refresh_token": REFRESH, "expires_in": seconds}))
                }
                ("POST", "/token") => {
                    Answer(400, "application/json", json!({"error": "invalid_grant"}).to_string())
                }
                _ => Answer(404, "text/plain", String::new()),
            }
        });
        let url = format!("https://127.0.0.1:{}", server.port());
        address.set(url.clone()).unwrap();
        Issuer { url, key, refreshed, authority, _server: server }
    }

    /// `https://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate of the authority that signed the issuer's own, as PEM.
    pub fn authority(&self) -> &str {
        self.authority.pem()
    }

    /// How often a token was refreshed.
    pub fn refreshed(&self) -> u64 {
        self.refreshed.load(Ordering::Relaxed)
    }

    /// A token of `user` that is good for an hour.
    pub fn good(&self, user: &str) -> String {
        token(&self.url, &self.key, user, now() + 3600)
    }

    /// A token of `user` that ended a minute ago.
    pub fn expired(&self, user: &str) -> String {
        token(&self.url, &self.key, user, now() - 60)
    }

    /// What an API server needs to know: take the authority's certificate from `file`.
    pub fn flags(&self, file: &str) -> Vec<String> {
        vec![
            format!("--oidc-issuer-url={}", self.url),
            format!("--oidc-ca-file={file}"),
            format!("--oidc-client-id={CLIENT}"),
            "--oidc-username-claim=sub".into(),
            "--oidc-username-prefix=-".into(),
            "--oidc-signing-algs=ES256".into(),
        ]
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// True where the refresh token and the client are right, in the header or in the body.
fn knows(asked: &Asked) -> bool {
    let form = |name: &str, value: &str| asked.body.split('&').any(|pair| pair == format!("{name}={value}"));
    let basic = format!("Basic {}", base64ct::Base64::encode_string(format!("{CLIENT}:{SECRET}").as_bytes()));
    let header = asked.headers.iter().any(|(name, value)| name == "authorization" && *value == basic);
    let client = header || (form("client_id", CLIENT) && form("client_secret", SECRET));
    client && form("grant_type", "refresh_token") && form("refresh_token", REFRESH)
}

fn discovery(url: &str) -> Value {
    json!({
        "issuer": url, "jwks_uri": format!("{url}/keys"), "token_endpoint": format!("{url}/token"),
        "authorization_endpoint": format!("{url}/authorize"), "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
    })
}

fn keys(key: &SigningKey) -> Value {
    let point = key.verifying_key().to_sec1_point(false);
    let half = |bytes: Option<&[u8]>| Base64UrlUnpadded::encode_string(bytes.unwrap());
    json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one",
                     "x": half(point.x().map(|x| x.as_slice())), "y": half(point.y().map(|y| y.as_slice()))}]})
}

/// A signed token of a user, good until `end` (seconds since 1970).
fn token(issuer: &str, key: &SigningKey, user: &str, end: u64) -> String {
    let part = |value: Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let head = part(json!({"alg": "ES256", "kid": "one", "typ": "JWT"}));
    let claims = part(json!({"iss": issuer, "aud": CLIENT, "sub": user, "iat": end - 3600, "exp": end}));
    let signature: Signature = key.sign(format!("{head}.{claims}").as_bytes());
    format!("{head}.{claims}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
}
