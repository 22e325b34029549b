//! Goal: the server and this machine are not hurt (bar 3): the program with its default settings, against fetching the
//! same lists and throwing them away, by the server's own audit log.
//!
//! The big run is ignored: it takes minutes and is for a release build. Its numbers stand in docs/design/measurements.md:
//! `cargo test --release -p nachweis --test live fifty -- --ignored --nocapture`

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nachweis_testkit::cluster::{Api, Cluster, Options, assets};
use serde_json::{Value, json};

use crate::server::{MAPS, Running, cluster, kubeconfig};

/// Objects of the big run.
const MANY: usize = 50_000;
/// Rounds of the big run; the shortest of each side counts.
const ROUNDS: usize = 5;
/// Lists at a time, and objects per page: what the program does without flags.
const LANES: usize = 4;
const PAGE: usize = 500;
/// What one collection may hold in memory.
const PEAK_BYTES_MAX: u64 = 300 << 20;

#[test]
fn the_server_sees_lists_and_reviews_and_nothing_else() {
    let Some(cluster) = cluster() else { return };
    let taken = collect(cluster, "counted");
    let lists = audited(cluster, "counted", MAPS);
    assert!(lists.len() > 40, "{lists:?}");
    assert!(taken.peak < PEAK_BYTES_MAX, "{} MiB", taken.peak >> 20);
}

#[test]
#[ignore = "50,000 objects: minutes; run it alone, with --release"]
fn fifty_thousand_objects() {
    let Some(assets) = assets() else { return };
    let cluster = Cluster::start(&assets, Options { audit: true, ..Options::default() });
    let text = "x".repeat(1500);
    let map = |at| json!({"metadata": {"name": format!("map-{at}")}, "data": {"text": text}});
    cluster.admin().create_many("/api/v1/namespaces/default/configmaps", MANY, map);

    let first = collect(&cluster, "first");
    let lists = audited(&cluster, "first", MANY);
    let (mut ours, mut raw, mut peak) = (Duration::MAX, Duration::MAX, 0);
    let mut kept = vec![first.home];
    for round in 0..ROUNDS {
        let (took, bytes) = fetch(&cluster.admin(), &lists);
        let name = format!("round-{round}");
        let taken = collect(&cluster, &name);
        audited(&cluster, &name, MANY);
        eprintln!(
            "raw {took:.2?} for {} lists, {} MiB; `snapshot --live` {:.2?}, peak {} MiB",
            lists.len(),
            bytes >> 20,
            taken.took,
            taken.peak >> 20
        );
        (ours, raw, peak) = (ours.min(taken.took), raw.min(took), peak.max(taken.peak));
        kept.push(taken.home);
    }
    eprintln!("shortest: {ours:.2?} against {raw:.2?}, {:.2} times", ours.as_secs_f64() / raw.as_secs_f64());
    assert!(ours.as_secs_f64() <= 1.5 * raw.as_secs_f64(), "{ours:?} against {raw:?}");
    assert!(peak < PEAK_BYTES_MAX, "{} MiB", peak >> 20);
}

/// One run of the program.
struct Taken {
    /// from its start to its end, the sealed snapshot on disk
    took: Duration,
    /// the most that it had in memory, in bytes; 0 where the system does not tell
    peak: u64,
    /// where the snapshot lies. A file system that has removed thousands of files makes new ones slowly (ext4 keeps
    /// away from their places for a minute or more), so a measured round keeps what it wrote.
    home: tempfile::TempDir,
}

/// Runs the program as a user of this name, without any flag that could make it faster.
fn collect(cluster: &Cluster, user: &str) -> Taken {
    let home = tempfile::tempdir().unwrap();
    let config = kubeconfig(cluster, user, None).display().to_string();
    let arguments = ["snapshot", "--live", "--kubeconfig", &config, "--out", "out", "--format", "json"];
    let began = Instant::now();
    let running = Running::start(home.path(), &arguments);
    let status = format!("/proc/{}/status", running.id());
    let (run, peak) = std::thread::scope(|scope| {
        let peak = scope.spawn(|| peak(Path::new(&status)));
        (running.end(), peak.join().unwrap())
    });
    let took = began.elapsed();
    assert_eq!(run.code, 0, "{run:?}");
    let rows = run.json()["collections"].take();
    for row in rows.as_array().unwrap() {
        assert!(
            ["complete", "not-served", "not-collected"].contains(&row["status"].as_str().unwrap()),
            "{row}"
        );
    }
    Taken { took, peak, home }
}

/// The peak of a process, looked at until it is gone.
fn peak(status: &Path) -> u64 {
    let mut peak = 0;
    while let Ok(text) = fs::read_to_string(status) {
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        // A process that has ended and was not waited for has no such line.
        let Some(line) = line else { break };
        peak = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) << 10;
        std::thread::sleep(Duration::from_millis(10));
    }
    peak
}

/// The lists of a user as the server's audit log has them, by the path of their first page. Everything that this user
/// did, from the first request to the last one, was to read, or to ask what it may do.
fn audited(cluster: &Cluster, user: &str, objects: usize) -> BTreeSet<String> {
    let (mut lists, mut pages) = (BTreeSet::new(), 0);
    for event in cluster.audit().iter().filter(|event| event["user"]["username"] == user) {
        let verb = event["verb"].as_str().unwrap();
        let path = event["requestURI"].as_str().unwrap();
        let resource = &event["objectRef"]["resource"];
        match verb {
            // Discovery, the version, readiness and the one namespace that names the cluster.
            "get" => {
                let one = path == "/api/v1/namespaces/kube-system";
                assert!(one || ["/api", "/apis", "/version", "/readyz?verbose"].contains(&path), "{event}");
            }
            "list" if path.contains("continue=") => pages += usize::from(resource == "configmaps"),
            "list" => {
                pages += usize::from(resource == "configmaps");
                assert!(lists.insert(path.to_string()), "a list that was begun twice: {event}");
            }
            "create" => assert_eq!(resource, "selfsubjectaccessreviews", "{event}"),
            _ => panic!("{event}"),
        }
        assert!(event["responseStatus"]["code"].as_u64().is_some_and(|code| code < 400), "{event}");
    }
    // One list of a kind, in pages; each page is one request.
    assert!(pages >= objects / PAGE && pages <= objects / PAGE + 2, "{pages}");
    lists
}

/// Fetches these lists page by page, as many at a time as the program does, and throws them away. Time and bytes.
fn fetch(api: &Api, lists: &BTreeSet<String>) -> (Duration, usize) {
    let began = Instant::now();
    let (rest, bytes) = (Mutex::new(lists.iter()), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let Some(path) = rest.lock().unwrap().next() else { break };
                    let mut next = String::new();
                    loop {
                        let page = api.get(&format!("{path}{next}"));
                        assert!(page.good(), "{path}: {}", page.text());
                        *bytes.lock().unwrap() += page.body.len();
                        let Some(token) = token(&page.body) else { break };
                        next = format!("&continue={token}");
                    }
                }
            });
        }
    });
    (began.elapsed(), bytes.into_inner().unwrap())
}

/// The token of the next page, from the head of a page.
fn token(page: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&page[..page.len().min(4 << 10)]).into_owned();
    // Kinds of definitions write their metadata behind the items; none of them has a second page here.
    let at = head.find("\"continue\":\"")?;
    let token = head[at + 12..].split('"').next().unwrap();
    (!token.is_empty()).then(|| token.to_string())
}

/// What the program says of the server is the server's own: its version, its readiness, its clock.
#[test]
fn the_servers_own_words_are_sealed() {
    let Some(cluster) = cluster() else { return };
    let home = tempfile::tempdir().unwrap();
    let config = kubeconfig(cluster, "words", None).display().to_string();
    let run = Running::start(
        home.path(),
        &["snapshot", "--live", "--kubeconfig", &config, "--out", "out", "--format", "json"],
    )
    .end();
    let said: Value = run.json();
    let version = cluster.admin().get("/version").json();
    assert_eq!(said["cluster"]["version"], version["gitVersion"]);
    assert_eq!(said["server"]["version"]["gitVersion"], version["gitVersion"]);
    assert_eq!(said["server"]["version"]["platform"], version["platform"]);
    let checks = said["server"]["readyz"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["name"] == "etcd" && check["ok"] == true), "{checks:?}");
}
