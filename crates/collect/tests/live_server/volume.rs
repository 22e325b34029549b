//! Goal: the server and this machine are not hurt (bar 3). The big run is ignored: it takes minutes and is for a quiet
//! machine and a release build, whose numbers stand in docs/design/measurements.md.

use std::time::{Duration, Instant};

use nachweis_testkit::cluster::{Cluster, Options, assets, preferred};

use super::help::{config_maps, settings, take};

#[test]
fn a_few_thousand_objects() {
    measure(3_000);
}

#[test]
#[ignore = "50,000 objects: minutes; run it alone, with --release"]
fn fifty_thousand_objects() {
    let (ours, raw, peak) = measure(50_000);
    assert!(ours.as_secs_f64() <= 1.5 * raw.as_secs_f64(), "{ours:?} against {raw:?}");
    assert!(peak < 300 << 20, "{} MiB", peak >> 20);
}

/// Time of a collection, time of fetching the same pages and throwing them away, and the peak of memory in bytes.
fn measure(objects: usize) -> (Duration, Duration, u64) {
    let Some(assets) = assets() else { return (Duration::ZERO, Duration::from_secs(1), 0) };
    let cluster = Cluster::start(&assets, Options { audit: true, ..Options::default() });
    config_maps(&cluster, "map", objects, 1500);
    let mut settings = settings(cluster.kubeconfig(&cluster.admin_login()));
    // The server decides how fast it is, not our politeness.
    settings.rate = 1000;

    let api = cluster.admin();
    let lists = preferred(&api);
    let began = Instant::now();
    for resource in &lists {
        let mut next = String::new();
        loop {
            let page = api.get(&format!("{}?limit=500{next}", resource.path("")));
            let text = page.text();
            let Some(at) = text.find("\"continue\":\"") else { break };
            let token = text[at + 12..].split('"').next().unwrap();
            if token.is_empty() {
                break;
            }
            next = format!("&continue={token}");
        }
    }
    let raw = began.elapsed();

    let before = cluster.audit().len();
    let began = Instant::now();
    let taken = take(&settings);
    let ours = began.elapsed();
    assert!(taken.row("configmaps").count >= objects as u64);
    assert!(taken.open().is_empty());
    let peak = peak_bytes();
    eprintln!("{objects} objects: {ours:?}, raw {raw:?}, peak {} MiB of the whole test", peak >> 20);

    let log = cluster.audit();
    let lists: Vec<_> =
        log[before..].iter().filter(|event| event["objectRef"]["resource"] == "configmaps").collect();
    // One list of a kind, in pages; each page is one request.
    assert!(lists.len() <= objects / 500 + 2, "{}", lists.len());
    for event in &log[before..] {
        let verb = event["verb"].as_str().unwrap();
        let review = verb == "create" && event["objectRef"]["resource"] == "selfsubjectaccessreviews";
        let ours = event["user"]["username"] == "admin";
        assert!(!ours || review || ["get", "list"].contains(&verb), "{event}");
    }
    (ours, raw, peak)
}

/// The peak of this process so far; 0 where the system does not tell.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}
