//! The test bed itself: servers start, know their users, note requests, come back, and end with the test.

use std::path::Path;

use nachweis_testkit::cluster::{Cluster, Login, Options, assets};
use serde_json::json;

#[test]
fn a_real_api_server_serves_and_ends_with_the_test() {
    let Some(assets) = assets() else { return };
    let options = Options { audit: true, ..Options::default() }.user("secret-token", "reader", "auditors");
    // Without its cache the API server reads every page from etcd.
    let options = options.flag("--watch-cache=false");
    let mut cluster = Cluster::start(&assets, options);
    let admin = cluster.admin();

    // Who somebody is comes from certificate or token, and RBAC decides.
    let reader = cluster.api(&Login::Token("secret-token".into()));
    assert_eq!(reader.get("/api/v1/nodes").status, 403);
    assert_eq!(cluster.api(&Login::Token("wrong".into())).get("/api/v1/nodes").status, 401);
    assert_eq!(cluster.api(&Login::Anonymous).get("/api/v1/nodes").status, 403);
    let guest = Login::Certificate(cluster.authority().client("guest", Some("auditors")));
    assert_eq!(cluster.api(&guest).get("/api/v1/nodes").status, 403);
    let (role, binding) = (
        json!({"metadata": {"name": "nodes"}, "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]}),
        json!({"metadata": {"name": "nodes"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "nodes"},
               "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "auditors"}]}),
    );
    admin.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", &role);
    admin.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", &binding);
    // The authorizer learns of a binding by a watch, a moment later.
    let began = std::time::Instant::now();
    while !reader.get("/api/v1/nodes").good() {
        assert!(began.elapsed().as_secs() < 30, "the binding does not count");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(cluster.api(&guest).get("/api/v1/nodes").good());
    assert!(cluster.kubectl(&["version"]).contains("Server Version: v1.36.3"));

    // Every request is in the server's own log.
    let seen = cluster.audit();
    assert!(
        seen.iter()
            .any(|event| event["user"]["username"] == "reader" && event["responseStatus"]["code"] == 403)
    );

    // Objects outlive the API server, pages do not outlive a compaction.
    let object = |index| json!({"metadata": {"name": format!("map-{index}")}});
    admin.create_many("/api/v1/namespaces/default/configmaps", 200, object);
    cluster.restart_api_server();
    let maps = cluster.admin().get("/api/v1/namespaces/default/configmaps?limit=10").json();
    assert_eq!(maps["metadata"]["remainingItemCount"], 190);
    let next = format!(
        "/api/v1/namespaces/default/configmaps?limit=10&continue={}",
        maps["metadata"]["continue"].as_str().unwrap()
    );
    assert!(cluster.admin().get(&next).good());
    cluster.admin().create("/api/v1/namespaces/default/configmaps", &object(1000));
    cluster.compact();
    assert_eq!(cluster.admin().get(&next).status, 410);

    let (home, pid) = (cluster.home().to_path_buf(), cluster.api_server_pid());
    assert!(home.join("etcd").exists() && Path::new(&format!("/proc/{pid}")).exists());
    drop(cluster);
    assert!(!home.exists() && !Path::new(&format!("/proc/{pid}")).exists());
}
