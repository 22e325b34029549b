use super::*;

fn at(path: &str, of: fn(&str) -> Option<Place<'_>>) -> Option<(String, String, String)> {
    of(path).map(|place| (place.root.to_string(), place.scope.to_string(), place.resource()))
}

#[test]
fn places() {
    type Of = fn(&str) -> Option<Place<'_>>;
    for (of, path, root, scope, resource) in [
        (support_bundle::place as Of, "yamls/cluster/v1/nodes.yaml", "", "*", "nodes"),
        (
            support_bundle::place,
            "b/yamls/namespaced/x/apps/v1/deployments.yaml",
            "b/",
            "x",
            "deployments.apps",
        ),
        (troubleshoot::place, "s/cluster-resources/pods/x.json", "s/", "x", "pods"),
        (
            troubleshoot::place,
            "cluster-resources/clusterRoleBindings.json",
            "",
            "*",
            "clusterrolebindings.rbac.authorization.k8s.io",
        ),
        (
            troubleshoot::place,
            "cluster-resources/custom-resources/backups.velero.io/velero.yaml",
            "",
            "velero",
            "backups.velero.io",
        ),
        (troubleshoot::place, "cluster-resources/custom-resources/addons.x.io.json", "", "*", "addons.x.io"),
        (cluster_info::place, "d/nodes.json", "d/", "*", "nodes"),
        (
            cluster_info::place,
            "d/kube-system/replication-controllers.json",
            "d/",
            "kube-system",
            "replicationcontrollers",
        ),
        (must_gather::place, "m/i/namespaces/x/core/pods.yaml", "m/i/", "x", "pods"),
        (must_gather::place, "namespaces/x/x.yaml", "", "*", "namespaces"),
        (must_gather::place, "cluster-scoped-resources/core/nodes/n.yaml", "", "*", "nodes"),
        (velero::place, "resources/pods/namespaces/x/p.json", "", "x", "pods"),
        (
            velero::place,
            "b.tar.gz/resources/jobs.batch/v1-preferredversion/namespaces/x/p.json",
            "b.tar.gz/",
            "x",
            "jobs.batch",
        ),
        (velero::place, "resources/persistentvolumes/cluster/p.json", "", "*", "persistentvolumes"),
    ] {
        assert_eq!(at(path, of), Some((root.into(), scope.into(), resource.into())), "{path}");
    }
    for path in [
        "yamls/cluster/nodes.yaml",
        "yamls/cluster/v1/nodes.txt",
        "yamls/cluster/a/b/v1/nodes.yaml",
        "yamls/namespaced/v1/nodes.yaml",
        "yamls/cluster/vault/nodes.yaml",
        "yamls/namespaced/*/v1/pods.yaml",
        "notyamls/cluster/v1/nodes.yaml",
        "cluster-resources/groups.json",
        "cluster-resources/pods/logs/x/y.log",
        "resources/pods/p.json",
        "pods.json",
        "deploy/values.yaml",
    ] {
        assert_eq!(candidates(path).find(|place| place.form != Form::ClusterInfo), None, "{path}");
    }
}
