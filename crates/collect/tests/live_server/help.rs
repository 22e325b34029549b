//! Collections in memory, clusters with something in them, and a proxy that does harm.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use nachweis_collect::live::{Event, Interruption, LiveError, Settings, collect};
use nachweis_model::Instant;
use nachweis_model::seal::{Collection, CollectionStatus};
use nachweis_oci::MemoryStore;
use nachweis_snapshot::{FileSpool, Ingest, Resources, Settings as SealSettings};
use nachweis_testkit::cluster::Cluster;
use nachweis_testkit::{Kept, changed};
use serde_json::{Value, json};

/// A collection that was sealed.
pub struct Taken {
    pub kept: Kept,
    pub interrupted: Option<Interruption>,
    /// resources told to be denied before the first list
    pub denied: Vec<String>,
    pub restarts: usize,
}

/// Settings that do not wait long.
pub fn settings(kubeconfig: PathBuf) -> Settings {
    Settings {
        kubeconfig: Some(kubeconfig),
        timeout: Duration::from_secs(20),
        patience: Duration::from_secs(60),
        deadline: Duration::from_secs(300),
        rate: 500,
        ..Settings::default()
    }
}

/// Collects and seals. `look` sees every event first.
pub fn take_with(settings: &Settings, look: &mut dyn FnMut(&Event)) -> Result<Taken, LiveError> {
    let mut sealing = SealSettings::new(Instant::from_unix(0), "test");
    sealing.threads = 2;
    let spool = FileSpool::new(tempfile::SpooledTempFile::new(16 << 20));
    let mut ingest = Ingest::new(sealing, Resources::built_in(), spool);
    let (mut denied, mut restarts) = (Vec::new(), 0);
    let collected = collect(settings, &mut |event| {
        look(&event);
        match event {
            Event::Served(resource) => ingest.served(resource),
            Event::Denied(keys) => denied = keys,
            Event::Planned(_) | Event::Begun(_) => {}
            Event::Page { listing, attempt, bytes, .. } => ingest.page(&listing, attempt, bytes),
            Event::Restart { listing, attempt } => {
                restarts += 1;
                ingest.restart(&listing, attempt);
            }
            Event::Listed(listed) => ingest.listed(listed),
        }
    })?;
    ingest.live(collected.head);
    let store = MemoryStore::new();
    let sealed = ingest.finish(&store).unwrap();
    let taken = Taken { kept: Kept { store, sealed }, interrupted: collected.interrupted, denied, restarts };
    let problems = taken.kept.open().check();
    assert!(problems.is_empty(), "{problems:?}");
    Ok(taken)
}

/// Collects and seals.
#[track_caller]
pub fn take(settings: &Settings) -> Taken {
    take_with(settings, &mut |_| {}).unwrap()
}

/// Collects until nothing changes any more: a server that is ready still makes objects of its own for some seconds.
#[track_caller]
pub fn settled(settings: &Settings) -> Taken {
    let mut last = take(settings);
    for _ in 0..60 {
        std::thread::sleep(Duration::from_secs(1));
        let next = take(settings);
        if changed(&last.kept.bodies(), &next.kept.bodies()).is_empty() {
            return next;
        }
        last = next;
    }
    panic!("the cluster does not come to rest")
}

impl Taken {
    /// The row of a resource for the whole cluster.
    #[track_caller]
    pub fn row(&self, resource: &str) -> &Collection {
        self.kept.collection(resource, "*").unwrap_or_else(|| panic!("no row for {resource}"))
    }

    /// Status and detail of everything that is neither complete, nor not served, nor left out on purpose.
    pub fn open(&self) -> BTreeMap<String, (CollectionStatus, String)> {
        let rows = self.kept.sealed.seal.collections.iter();
        rows.filter(|row| !row.status.closes() && row.status != CollectionStatus::NotCollected)
            .map(|row| (row.resource.clone(), (row.status, row.detail.clone().unwrap_or_default())))
            .collect()
    }
}

/// Creates `count` ConfigMaps in the namespace default.
pub fn config_maps(cluster: &Cluster, prefix: &str, count: usize, bytes: usize) {
    let text = "x".repeat(bytes);
    cluster.admin().create_many(
        "/api/v1/namespaces/default/configmaps",
        count,
        |at| json!({"metadata": {"name": format!("{prefix}-{at}")}, "data": {"text": text}}),
    );
}

/// A definition of a custom resource in the group `test.example.org`.
pub fn definition(plural: &str, kind: &str, versions: &[&str], conversion: Option<Value>) -> Value {
    let version = |(at, name): (usize, &&str)| {
        json!({"name": name, "served": true, "storage": at == 0,
               "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}})
    };
    let versions: Vec<Value> = versions.iter().enumerate().map(version).collect();
    let mut out = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.test.example.org")},
        "spec": {"group": "test.example.org", "scope": "Namespaced", "versions": versions,
                 "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List")}},
    });
    if let Some(conversion) = conversion {
        out["spec"]["conversion"] = conversion;
    }
    out
}

/// Grants `list` of resources to a user by a role of its own.
pub fn grant(cluster: &Cluster, user: &str, rules: &Value) {
    let api = cluster.admin();
    let base = "/apis/rbac.authorization.k8s.io/v1";
    api.create(&format!("{base}/clusterroles"), &json!({"metadata": {"name": user}, "rules": rules}));
    api.create(
        &format!("{base}/clusterrolebindings"),
        &json!({"metadata": {"name": user},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]}),
    );
}

/// A TCP proxy before the API server. It counts connections, and cuts them where it is told to.
pub struct Cutter {
    pub port: u16,
    /// bytes of answers after which the next connections are cut; 0: never
    pub cut_after: Arc<AtomicU32>,
    /// connections that will still be cut
    pub cuts: Arc<AtomicU32>,
    pub connections: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
}

impl Cutter {
    /// Listens, and hands bytes on to `target`.
    pub fn start(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let cutter = Cutter {
            port: listener.local_addr().unwrap().port(),
            cut_after: Arc::default(),
            cuts: Arc::default(),
            connections: Arc::default(),
            stop: Arc::default(),
        };
        let (after, cuts) = (Arc::clone(&cutter.cut_after), Arc::clone(&cutter.cuts));
        let (count, stop) = (Arc::clone(&cutter.connections), Arc::clone(&cutter.stop));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(client) = client else { continue };
                count.fetch_add(1, Ordering::Relaxed);
                let Ok(server) = TcpStream::connect(&target) else { continue };
                let limit = after.load(Ordering::Relaxed);
                let take = |n: u32| n.checked_sub(1);
                let cut = limit > 0 && cuts.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok();
                let (a, b) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || pump(a, b, usize::MAX));
                let limit = if cut { limit as usize } else { usize::MAX };
                std::thread::spawn(move || pump(server, client, limit));
            }
        });
        cutter
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Hands on at most `limit` bytes, then cuts both sides.
fn pump(mut from: TcpStream, mut to: TcpStream, limit: usize) {
    let mut buffer = [0; 16 << 10];
    let mut left = limit;
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || to.write_all(&buffer[..read.min(left)]).is_err() || read >= left {
            break;
        }
        left -= read;
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// A plain HTTP server that answers every request as `answer` says: status line, headers, body.
pub fn http_server(
    answer: impl Fn(&str) -> (u16, Vec<(String, String)>, Vec<u8>) + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), answer) = (stream, Arc::clone(&answer)) else { continue };
            std::thread::spawn(move || {
                while let Some(request) = read_request(&mut stream) {
                    let (status, headers, body) = answer(&request);
                    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
                    head.push_str("\r\n");
                    if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

/// Head and body of a request as text.
fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_string();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap_or(0))
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}
