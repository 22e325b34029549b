//! A small HTTPS server on this machine, for what an API server or a client of it talks to: an aggregated API, an
//! issuer of tokens.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Pair;

/// Bytes of a request's body at most.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Time after which a silent connection is given up.
const SILENCE: Duration = Duration::from_secs(120);

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET`, `POST`
    pub method: String,
    /// path without its query
    pub path: String,
    /// names in lower case, with their values
    pub headers: Vec<(String, String)>,
    /// the body
    pub body: String,
}

/// What is answered: status, content type, body.
pub struct Answer(pub u16, pub &'static str, pub String);

impl Answer {
    /// 200 with JSON.
    pub fn json(body: &serde_json::Value) -> Self {
        Answer(200, "application/json", body.to_string())
    }
}

/// A server that answers over TLS, every connection on a thread of its own, until it is dropped.
pub struct Https {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Https {
    /// Listens on a free port of 127.0.0.1 with this certificate. `answer` may take its time: the connection waits.
    pub fn start(pair: &Pair, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Https { address: listener.local_addr().unwrap(), stop: Arc::default() };
        let (config, answer, stop) = (Arc::new(config), Arc::new(answer), Arc::clone(&server.stop));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (config, answer) = (Arc::clone(&config), Arc::clone(&answer));
                std::thread::spawn(move || {
                    // A client that goes away, or trusts nobody, is no failure of the server.
                    let _ = serve(stream, config, &*answer);
                });
            }
        });
        server
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    answer: &dyn Fn(&Asked) -> Answer,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    while let Some(asked) = read(&mut stream)? {
        let Answer(status, kind, body) = answer(&asked);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
        let out = stream.get_mut();
        out.write_all(head.as_bytes())?;
        out.write_all(body.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

/// The next request of a connection; `None` at its end.
fn read(stream: &mut impl BufRead) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_string);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default().to_string();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_string()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; std::cmp::min(length, BODY_BYTES_MAX)];
    stream.read_exact(&mut body)?;
    Ok(Some(Asked { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() }))
}
