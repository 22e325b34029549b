//! Controllers and driver together: what a Deployment, a StatefulSet, a DaemonSet and a Job ask for comes to run.

use nachweis_testkit::cluster::{Applier, Cluster, Driver, Options, assets};
use serde_json::{Value, json};

#[test]
fn pods_of_every_controller_run() {
    let Some(assets) = assets() else { return };
    let cluster = Cluster::start(&assets, Options { controllers: true, ..Options::default() });
    let admin = cluster.admin();
    let mut driver = Driver::new(admin.clone());
    driver.node("one", 1, &json!({"disk": "fast"}));
    driver.node("two", 2, &json!({}));
    let template = |name: &str| json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "registry.example/app:1"}]}});
    let owner = |version: &str, kind: &str, name: &str, more: Value| {
        let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": "default", "name": name},
               "spec": {"selector": {"matchLabels": {"app": name}}, "template": template(name)}});
        object["spec"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let mut job = owner("batch/v1", "Job", "once", json!({}));
    job["spec"].as_object_mut().unwrap().remove("selector");
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never".into();
    let mut fast = owner("apps/v1", "Deployment", "web", json!({"replicas": 3}));
    fast["spec"]["template"]["spec"]["nodeSelector"] = json!({"disk": "fast"});
    let sets = [
        fast,
        owner("apps/v1", "StatefulSet", "db", json!({"replicas": 2})),
        owner("apps/v1", "DaemonSet", "agent", json!({})),
        job,
    ];
    Applier::new(admin.clone()).apply(&sets);
    driver.settle();

    let pods = admin.items("/api/v1/pods");
    let of =
        |app: &str| pods.iter().filter(|pod| pod["metadata"]["labels"]["app"] == app).collect::<Vec<_>>();
    assert_eq!((of("web").len(), of("db").len(), of("agent").len(), of("once").len()), (3, 2, 2, 1));
    assert!(of("web").iter().all(|pod| pod["spec"]["nodeName"] == "one"));
    let nodes: std::collections::BTreeSet<&str> =
        of("agent").iter().filter_map(|pod| pod["spec"]["nodeName"].as_str()).collect();
    assert_eq!(nodes.len(), 2);
    assert_eq!(of("once")[0]["status"]["phase"], "Succeeded");
    let image = of("db")[0]["status"]["containerStatuses"][0]["imageID"].as_str().unwrap().to_string();
    assert!(image.starts_with("registry.example/app@sha256:"), "{image}");
    // The taint of a node that is not ready yet is gone.
    assert!(admin.items("/api/v1/nodes").iter().all(|node| node["spec"].get("taints").is_none()));
}
