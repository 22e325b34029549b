//! Goal: whatever happens to the server, the snapshot completes or says what is missing, before its deadline (bar 4).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nachweis_collect::live::{Event, Interruption};
use nachweis_model::seal::CollectionStatus;
use nachweis_testkit::cluster::{Cluster, Login, Options, assets};
use serde_json::json;

use super::help::{Cutter, config_maps, definition, http_server, settings, take, take_with};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

#[test]
fn a_server_that_comes_and_goes() {
    let Some(assets) = assets() else { return };
    let options = Options { audit: true, ..Options::default() }.flag("--watch-cache=false");
    let mut cluster = Cluster::start(&assets, options);
    config_maps(&cluster, "map", 600, 100);
    let maps = cluster.admin().items("/api/v1/configmaps").len() as u64;
    let mut settings = settings(cluster.kubeconfig(&cluster.admin_login()));
    settings.page = 50;
    settings.concurrency = 1;

    // Compaction between two pages: the list starts over, and nothing is there twice.
    let mut compacted = false;
    let taken = take_with(&settings, &mut |event| {
        if let Event::Page { listing, .. } = event
            && listing.plural == "configmaps"
            && !compacted
        {
            compacted = true;
            // Something has to happen after the list began, or there is nothing to forget.
            cluster.kubectl(&["create", "configmap", "later", "-n", "default"]);
            cluster.compact();
        }
    })
    .unwrap();
    assert!(compacted && taken.restarts == 1, "{}", taken.restarts);
    assert_eq!(
        (taken.row("configmaps").status, taken.row("configmaps").count),
        (CollectionStatus::Complete, maps + 1)
    );
    assert!(taken.kept.sealed.seal.conflicts.is_empty());

    // Connections cut in the middle of answers.
    let cutter = Cutter::start(cluster.url().trim_start_matches("https://").to_string());
    let mut cut = settings.clone();
    let through = json!({"server": format!("https://127.0.0.1:{}", cutter.port)});
    cut.kubeconfig = Some(kubeconfig_through(&cluster, &through));
    cutter.cut_after.store(30_000, Ordering::Relaxed);
    cutter.cuts.store(6, Ordering::Relaxed);
    let taken = take(&cut);
    assert_eq!(cutter.cuts.load(Ordering::Relaxed), 0, "nothing was cut");
    assert_eq!(taken.row("configmaps").count, maps + 1);
    assert!(taken.open().is_empty(), "{:?}", taken.open());

    // The server is killed in the middle of a list, and comes back.
    let mut killed = false;
    let taken = take_with(&settings, &mut |event| {
        if let Event::Page { listing, .. } = event
            && listing.plural == "configmaps"
            && !killed
        {
            killed = true;
            cluster.kill_api_server();
            std::thread::sleep(Duration::from_secs(3));
            cluster.start_api_server();
        }
    })
    .unwrap();
    assert!(killed);
    assert_eq!(taken.row("configmaps").count, maps + 1, "{:?}", taken.open());
    assert!(taken.open().is_empty(), "{:?}", taken.open());

    // It hangs: the deadline ends the collection, and every list that is missing says so.
    let mut hung = false;
    let mut short = settings.clone();
    short.deadline = Duration::from_secs(15);
    let began = Instant::now();
    let taken = take_with(&short, &mut |event| {
        if let Event::Page { listing, .. } = event
            && listing.plural == "configmaps"
            && !hung
        {
            hung = true;
            cluster.signal_api_server("STOP");
        }
    });
    cluster.signal_api_server("CONT");
    let taken = taken.unwrap();
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    assert_eq!(taken.interrupted, Some(Interruption::Deadline(short.deadline)));
    let row = taken.row("configmaps");
    assert_eq!(row.status, CollectionStatus::Partial);
    assert!(row.detail.as_deref().unwrap().contains("the deadline of 15 s was reached"), "{row:?}");
    assert!(row.count > 0 && taken.row("pods").status == CollectionStatus::Error);
}

fn kubeconfig_through(cluster: &Cluster, members: &serde_json::Value) -> std::path::PathBuf {
    let plain = std::fs::read_to_string(cluster.kubeconfig(&cluster.admin_login())).unwrap();
    let plain: serde_json::Value = serde_json::from_str(&plain).unwrap();
    cluster.kubeconfig_with(members, &plain["users"][0]["user"])
}

#[test]
fn kinds_that_cannot_be_read() {
    let Some(assets) = assets() else { return };
    let mut cluster = Cluster::start(&assets, Options::default());
    let admin = cluster.admin();

    // A conversion webhook that nobody answers.
    admin.create(DEFINITIONS, &definition("oldthings", "OldThing", &["v1beta1"], None));
    cluster.wait("the old definition", |api| api.get("/apis/test.example.org/v1beta1/oldthings").good());
    admin.create(
        "/apis/test.example.org/v1beta1/namespaces/default/oldthings",
        &json!({"apiVersion": "test.example.org/v1beta1", "kind": "OldThing", "metadata": {"name": "one"}}),
    );
    let webhook = json!({"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"],
                         "clientConfig": {"url": "https://127.0.0.1:1/convert"}}});
    let spec = definition("oldthings", "OldThing", &["v1beta1", "v1"], Some(webhook));
    admin.merge(&format!("{DEFINITIONS}/oldthings.test.example.org"), &json!({"spec": spec["spec"]}));
    // A definition that goes away between discovery and list.
    admin.create(DEFINITIONS, &definition("shortlived", "ShortLived", &["v1"], None));
    cluster.wait("both definitions", |api| {
        api.get("/apis/test.example.org/v1/shortlived").good()
            && api.get("/apis/test.example.org/v1").text().contains("oldthings")
    });
    // An aggregated API whose server is not there.
    admin.create(
        "/apis/apiregistration.k8s.io/v1/apiservices",
        &json!({"metadata": {"name": "v1.gone.example.org"},
                "spec": {"group": "gone.example.org", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10,
                         "insecureSkipTLSVerify": true, "service": {"name": "nobody", "namespace": "default"}}}),
    );
    cluster.wait("the definition's removal to matter", |api| {
        api.get("/apis").text().contains("gone.example.org")
    });

    let settings = settings(cluster.kubeconfig(&cluster.admin_login()));
    let mut deleted = false;
    let taken = take_with(&settings, &mut |event| {
        if matches!(event, Event::Planned(_)) && !deleted {
            deleted = true;
            admin.delete(&format!("{DEFINITIONS}/shortlived.test.example.org"));
            let until = Instant::now() + Duration::from_secs(30);
            while admin.get("/apis/test.example.org/v1/shortlived").good() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    })
    .unwrap();
    let open = taken.open();
    let (status, words) = &open["oldthings.test.example.org"];
    assert_eq!(*status, CollectionStatus::Error);
    assert!(words.contains("conversion webhook"), "{words}");
    let (status, words) = &open["shortlived.test.example.org"];
    assert_eq!(*status, CollectionStatus::Error);
    assert!(words.contains("404"), "{words}");
    // Everything else is whole: no kind takes others with it.
    let rest: Vec<&String> = open.keys().filter(|key| !key.ends_with("example.org")).collect();
    assert!(rest.is_empty(), "{open:?}");
    eprintln!("open: {open:?}");
}

/// A server of our own plays the parts that a real one plays only under load.
#[test]
fn storms_slowness_expired_tokens_and_answers_with_too_much() {
    let storm = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&storm);
    let date = || ("date".to_string(), "Tue, 24 Nov 2026 10:03:07 GMT".to_string());
    let port = http_server(move |request| {
        let path = request.split(' ').nth(1).unwrap_or_default().to_string();
        let ok = |body: serde_json::Value| (200, vec![date()], body.to_string().into_bytes());
        let resource = |name: &str, kind: &str| json!({"name": name, "kind": kind, "namespaced": true, "verbs": ["list"]});
        match path.split('?').next().unwrap() {
            "/api" => ok(json!({"kind": "APIVersions", "versions": ["v1"]})),
            "/api/v1" => ok(json!({"kind": "APIResourceList", "resources": [
                resource("pods", "Pod"), resource("secrets", "Secret"), resource("services", "Service"),
                resource("endpoints", "Endpoints"), resource("configmaps", "ConfigMap")]})),
            "/apis" => ok(json!({"kind": "APIGroupList", "groups": [
                {"name": "slow.io", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}}]})),
            "/apis/slow.io/v1" => {
                (503, vec![date()], b"the server is currently unable to handle the request".to_vec())
            }
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
                ok(json!({"status": {"allowed": true}}))
            }
            // Twenty times too many requests, then an answer.
            "/api/v1/pods" if seen.fetch_add(1, Ordering::Relaxed) < 20 => {
                (429, vec![date(), ("retry-after".into(), "0".into())], Vec::new())
            }
            "/api/v1/pods" => {
                ok(json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"},
                "items": [{"metadata": {"name": "a", "namespace": "b", "uid": "u"}}]}))
            }
            // A server that gives more than it was asked for.
            "/api/v1/secrets" => ok(json!({"kind": "SecretList", "apiVersion": "v1", "metadata": {},
                "items": [{"metadata": {"name": "a", "namespace": "b", "uid": "v"}, "data": {"k": "aHVudGVyMg=="}}]})),
            "/api/v1/services" => {
                std::thread::sleep(Duration::from_secs(30));
                ok(json!({}))
            }
            // The token has expired in the meantime.
            "/api/v1/endpoints" => {
                (401, vec![date()], json!({"message": "Unauthorized"}).to_string().into_bytes())
            }
            // The same page for ever.
            "/api/v1/configmaps" => ok(json!({"kind": "ConfigMapList", "apiVersion": "v1",
                "metadata": {"continue": "again"}, "items": [{"metadata": {"name": "a", "namespace": "b", "uid": "w"}}]})),
            _ => (404, vec![date()], Vec::new()),
        }
    });
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("kubeconfig");
    let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "a",
        "clusters": [{"name": "a", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
        "users": [{"name": "a", "user": {}}], "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}]});
    std::fs::write(&path, config.to_string()).unwrap();
    let mut settings = settings(path);
    settings.timeout = Duration::from_secs(1);
    let began = Instant::now();
    let taken = take(&settings);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    let row =
        |resource: &str| (taken.row(resource).status, taken.row(resource).detail.clone().unwrap_or_default());
    assert_eq!(row("pods").0, CollectionStatus::Complete);
    assert!(storm.load(Ordering::Relaxed) > 20);
    let (status, words) = row("secrets");
    assert!(status == CollectionStatus::Error && words.contains("SecretList"), "{words}");
    assert!(!taken.kept.names().iter().any(|name| name.contains("Secret")));
    let (status, words) = row("services");
    assert!(status == CollectionStatus::Error && words.contains("no answer within 1 s"), "{words}");
    let (status, words) = row("endpoints");
    assert!(status == CollectionStatus::Error && words.contains("401"), "{words}");
    let (status, words) = row("configmaps");
    assert!(status == CollectionStatus::Partial && words.contains("again and again"), "{words}");
    // A kind of this program's table in a group that did not answer discovery would be an error; this group has none.
    assert_eq!(row("backups.velero.io").0, CollectionStatus::NotServed);
}

#[test]
fn a_token_that_never_was() {
    let Some(assets) = assets() else { return };
    let cluster = Cluster::start(&assets, Options::default());
    let wrong = settings(cluster.kubeconfig(&Login::Token("expired".into())));
    let error = take_with(&wrong, &mut |_| {}).err().unwrap();
    assert_eq!(error.code, "cluster-refused");
    assert!(error.server.is_some());
}
