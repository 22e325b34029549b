//! Plain calls of an API server: no client library between a test and the bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::Pair;

/// Who calls.
#[derive(Clone, Debug)]
pub enum Login {
    /// a bearer token
    Token(String),
    /// a client certificate
    Certificate(Pair),
    /// nobody: `system:anonymous`
    Anonymous,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status
    pub status: u16,
    /// the body
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON, which a good answer must be.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert!(self.good(), "{}: {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// True for 2xx.
    pub fn good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Connections of one caller to one API server. Cheap to clone; threads may share it.
#[derive(Clone)]
pub struct Api {
    agent: Agent,
    url: String,
    token: Option<String>,
}

impl Api {
    /// Calls `url`, whose certificate `authority` (PEM) has signed.
    pub fn new(url: &str, authority: &str, login: &Login) -> Self {
        let root = Certificate::from_pem(authority.as_bytes()).unwrap();
        let client = match login {
            Login::Certificate(pair) => Some(ClientCert::new_with_certs(
                &[Certificate::from_pem(pair.certificate.as_bytes()).unwrap()],
                PrivateKey::from_pem(pair.key.as_bytes()).unwrap(),
            )),
            Login::Token(_) | Login::Anonymous => None,
        };
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&[root]))
            .client_cert(client)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .proxy(None)
            .max_idle_connections_per_host(16)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        let token = match login {
            Login::Token(token) => Some(token.clone()),
            Login::Certificate(_) | Login::Anonymous => None,
        };
        Api { agent: config.new_agent(), url: url.into(), token }
    }

    /// One call. `Err` where no answer came.
    pub fn call(&self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Result<Reply, String> {
        self.send(method, path, kind, "application/json", body)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        accept: &str,
        body: Vec<u8>,
    ) -> Result<Reply, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        request = request.header("Accept", accept).header("Content-Type", kind);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let answer = match body.is_empty() {
            true => self.agent.run(request.body(()).unwrap()),
            false => self.agent.run(request.body(body).unwrap()),
        };
        let mut answer: Response<Body> = answer.map_err(|error| error.to_string())?;
        let bytes = answer.body_mut().with_config().limit(1 << 30).read_to_vec();
        Ok(Reply { status: answer.status().as_u16(), body: bytes.map_err(|error| error.to_string())? })
    }

    /// GET of a path such as `/api/v1/pods?limit=5`.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path, "application/json", Vec::new()).unwrap()
    }

    /// GET of a path in a form of the answer that the header `Accept` names.
    #[track_caller]
    pub fn get_as(&self, path: &str, accept: &str) -> Reply {
        self.send("GET", path, "application/json", accept, Vec::new()).unwrap()
    }

    /// One call, made again while the server asks to come back: it does where it has just got a new kind.
    pub fn call_again(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Reply, String> {
        let mut reply = self.call(method, path, kind, body.to_vec())?;
        for _ in 0..60 {
            if reply.status != 429 {
                break;
            }
            std::thread::sleep(Duration::from_millis(500));
            reply = self.call(method, path, kind, body.to_vec())?;
        }
        Ok(reply)
    }

    /// The items of a list.
    #[track_caller]
    pub fn items(&self, path: &str) -> Vec<Value> {
        let reply = self.call_again("GET", path, "application/json", &[]).unwrap();
        match reply.json()["items"].take() {
            Value::Array(items) => items,
            other => panic!("{path} answers with items {other}"),
        }
    }

    /// Creates an object in the collection `path`.
    #[track_caller]
    pub fn create(&self, path: &str, object: &Value) -> Value {
        let reply = self.call("POST", path, "application/json", object.to_string().into_bytes()).unwrap();
        assert!(reply.good(), "POST {path}: {} {}", reply.status, reply.text());
        reply.json()
    }

    /// Merges members into the object at `path`, which may end in `/status`.
    #[track_caller]
    pub fn merge(&self, path: &str, patch: &Value) -> Value {
        let kind = "application/merge-patch+json";
        let reply = self.call("PATCH", path, kind, patch.to_string().into_bytes()).unwrap();
        assert!(reply.good(), "PATCH {path}: {} {}", reply.status, reply.text());
        reply.json()
    }

    /// Deletes the object at `path`.
    #[track_caller]
    pub fn delete(&self, path: &str) {
        let reply = self.call("DELETE", path, "application/json", Vec::new()).unwrap();
        assert!(reply.good(), "DELETE {path}: {} {}", reply.status, reply.text());
    }

    /// Creates `count` objects in the collection `path` over eight connections.
    pub fn create_many(&self, path: &str, count: usize, object: impl Fn(usize) -> Value + Sync) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..count.min(8) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= count {
                            break;
                        }
                        self.create(path, &object(index));
                    }
                });
            }
        });
    }
}
