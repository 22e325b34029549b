//! Goal: an aggregated API that is slow, hangs or fails is named, and takes nothing else with it (bar 4).
//! Method: a real HTTPS server behind real APIServices of the real API server, one group for each behaviour.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nachweis_collect::live::Interruption;
use nachweis_model::seal::CollectionStatus;
use nachweis_testkit::cluster::{Answer, Cluster, Https, Options, assets};
use serde_json::{Value, json};

use super::help::{settings, take};

/// Longer than any request of these tests waits.
const HANGS: Duration = Duration::from_secs(25);
/// Within the time that a request has.
const SLOW: Duration = Duration::from_secs(2);

/// What the server behind the groups does.
#[derive(Default)]
struct Behaviour {
    /// lists of `hangs.example.org` that are waiting or did
    hung: AtomicU32,
    /// answers of `slow.example.org`
    slow: AtomicU32,
    /// discovery of `mute.example.org` and `velero.io` hangs
    mute: AtomicBool,
}

fn list(group: &str, names: &[&str]) -> Answer {
    let version = format!("{group}/v1");
    let item = |name: &&str| {
        json!({"apiVersion": version, "kind": "Thing",
               "metadata": {"name": name, "namespace": "default", "uid": format!("{group}-{name}")}})
    };
    let items: Vec<Value> = names.iter().map(item).collect();
    Answer::json(
        &json!({"kind": "ThingList", "apiVersion": version, "metadata": {"resourceVersion": "7"}, "items": items}),
    )
}

fn answer(behaviour: &Behaviour, path: &str) -> Answer {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let ["apis", group, "v1", rest @ ..] = parts.as_slice() else {
        // No aggregated discovery: the API server asks group by group.
        return Answer(404, "text/plain", String::new());
    };
    let mute = ["mute.example.org", "velero.io"].contains(group);
    match rest {
        [] => {
            if mute && behaviour.mute.load(Ordering::Relaxed) {
                std::thread::sleep(HANGS);
            }
            let kind = if *group == "velero.io" { ("backups", "Backup") } else { ("things", "Thing") };
            let resource = json!({"name": kind.0, "singularName": "", "kind": kind.1, "namespaced": true, "verbs": ["list"]});
            Answer::json(&json!({"kind": "APIResourceList", "apiVersion": "v1",
                                 "groupVersion": format!("{group}/v1"), "resources": [resource]}))
        }
        ["backups"] => Answer::json(&json!({"kind": "BackupList", "apiVersion": "velero.io/v1",
                                            "metadata": {"resourceVersion": "7"}, "items": []})),
        ["things"] => match *group {
            "hangs.example.org" => {
                behaviour.hung.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(HANGS);
                list(group, &[])
            }
            "slow.example.org" => {
                std::thread::sleep(SLOW);
                behaviour.slow.fetch_add(1, Ordering::Relaxed);
                list(group, &["one", "two"])
            }
            "fails.example.org" => Answer(503, "text/plain", "the database is away".into()),
            _ => list(group, &["one"]),
        },
        _ => Answer(404, "text/plain", String::new()),
    }
}

/// Registers groups whose server is `https`, which `authority` of the cluster vouches for.
fn register(cluster: &mut Cluster, port: u16, groups: &[&str]) {
    let admin = cluster.admin();
    // A name leads out of the cluster's network: to this machine.
    admin.create(
        "/api/v1/namespaces/default/services",
        &json!({"metadata": {"name": "extension"}, "spec": {"type": "ExternalName", "externalName": "localhost"}}),
    );
    for group in groups {
        admin.create(
            "/apis/apiregistration.k8s.io/v1/apiservices",
            &json!({"metadata": {"name": format!("v1.{group}")},
                    "spec": {"group": group, "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10,
                             "caBundle": base64(cluster.authority().pem()),
                             "service": {"name": "extension", "namespace": "default", "port": port}}}),
        );
    }
    for group in groups {
        let (path, group) =
            (format!("/apis/apiregistration.k8s.io/v1/apiservices/v1.{group}"), group.to_string());
        cluster.wait(&format!("the group {group}"), |api| {
            let service = api.get(&path).json();
            let conditions = service["status"]["conditions"].as_array().cloned().unwrap_or_default();
            conditions.iter().any(|one| one["type"] == "Available" && one["status"] == "True")
        });
    }
    cluster.wait("discovery of all groups", |api| {
        let text = aggregated(api);
        groups.iter().all(|group| text[*group] == "Current")
    });
}

/// How fresh aggregated discovery is, by group.
fn aggregated(api: &nachweis_testkit::cluster::Api) -> Value {
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let groups = api.get_as("/apis", accept).json();
    let mut out = json!({});
    for group in groups["items"].as_array().unwrap() {
        let versions = group["versions"].as_array().unwrap();
        let version = &versions[0];
        let known = version["resources"].as_array().is_some_and(|all| !all.is_empty());
        let fresh = version["freshness"].as_str().unwrap_or_default();
        out[group["metadata"]["name"].as_str().unwrap()] =
            json!(if known || fresh == "Stale" { fresh } else { "" });
    }
    out
}

fn base64(text: &str) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(text.as_bytes())
}

#[test]
fn slow_hanging_and_failing_aggregated_apis() {
    let Some(assets) = assets() else { return };
    let mut cluster = Cluster::start(&assets, Options { audit: true, ..Options::default() });
    let behaviour = Arc::<Behaviour>::default();
    // The API server asks for the service's name in the cluster.
    let pair = cluster.authority().server(&["extension.default.svc"]);
    let seen = Arc::clone(&behaviour);
    let https = Https::start(&pair, move |asked| answer(&seen, &asked.path));
    let groups =
        ["fails.example.org", "hangs.example.org", "mute.example.org", "slow.example.org", "velero.io"];
    register(&mut cluster, https.port(), &groups);

    let mut settings = settings(cluster.kubeconfig(&cluster.admin_login()));
    settings.timeout = Duration::from_secs(4);
    let began = Instant::now();
    let taken = take(&settings);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(taken.interrupted, None);
    let slow = taken.row("things.slow.example.org");
    assert_eq!((slow.status, slow.count), (CollectionStatus::Complete, 2), "{slow:?}");
    let open = taken.open();
    let expected =
        [("things.fails.example.org", "503"), ("things.hangs.example.org", "no answer within 4 s")];
    for (resource, words) in expected {
        let (status, detail) = &open[resource];
        assert!(*status == CollectionStatus::Error && detail.contains(words), "{resource}: {detail}");
    }
    assert!(open["things.fails.example.org"].1.contains("the database is away"), "{open:?}");
    // No other kind is touched, though the default of 4 lists ran beside them.
    assert_eq!(open.len(), 2, "{open:?}");
    assert!(behaviour.hung.load(Ordering::Relaxed) > 0 && behaviour.slow.load(Ordering::Relaxed) > 0);

    // An API that hangs longer than everything may take: the deadline ends it, and the row says so.
    settings.timeout = Duration::from_secs(20);
    settings.deadline = Duration::from_secs(6);
    let began = Instant::now();
    let taken = take(&settings);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(taken.interrupted, Some(Interruption::Deadline(settings.deadline)));
    let (status, detail) = &taken.open()["things.hangs.example.org"];
    assert_eq!(*status, CollectionStatus::Error);
    assert_eq!(detail, "not read: the deadline of 6 s was reached");
    assert_eq!(taken.row("pods").status, CollectionStatus::Complete);

    // Groups whose discovery hangs: nobody knows which kinds they have, and nothing of them counts as absent.
    behaviour.mute.store(true, Ordering::Relaxed);
    cluster.wait("the end of discovery", |api| {
        let fresh = aggregated(api);
        ["mute.example.org", "velero.io"].iter().all(|group| fresh[*group] == "Stale")
    });
    settings.timeout = Duration::from_secs(4);
    settings.deadline = Duration::from_secs(60);
    let taken = take(&settings);
    let open = taken.open();
    assert_eq!(open["backups.velero.io"].0, CollectionStatus::Error, "{open:?}");
    assert_eq!(open["*.mute.example.org"].0, CollectionStatus::Error, "{open:?}");
    assert!(open["*.mute.example.org"].1.contains("did not answer discovery"), "{open:?}");
    // Nothing of a group that is silent is taken for known to be empty.
    for row in taken.kept.sealed.seal.collections.iter().filter(|row| row.resource.ends_with("velero.io")) {
        assert!(!row.status.closes(), "{row:?}");
    }
}
