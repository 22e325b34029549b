//! The rows of `nachweis-normalisation/1`. A change of any row is a new version of the list.

use crate::normalise::Op::{ManagedFields, Remove, RemoveAnnotations, RemoveWhere, Sort, State};
use crate::normalise::{KindPattern, Op, Rule};

/// Objects of these kinds are no evidence: they are counted and not sealed.
pub(crate) const LEFT_OUT: &[KindPattern] = &[
    ("", "Event"),
    ("events.k8s.io", "Event"),
    ("coordination.k8s.io", "Lease"),
    ("metrics.k8s.io", "*"),
    ("velero.io", "DeleteBackupRequest"),
    ("velero.io", "DownloadRequest"),
    ("velero.io", "ServerStatusRequest"),
];

const ANY: &[KindPattern] = &[("*", "*")];
const REPORTS: &[KindPattern] = &[
    ("wgpolicyk8s.io", "PolicyReport"),
    ("wgpolicyk8s.io", "ClusterPolicyReport"),
    ("openreports.io", "Report"),
    ("openreports.io", "ClusterReport"),
];
const REWRITTEN: &[KindPattern] = &[
    ("", "Endpoints"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("wgpolicyk8s.io", "PolicyReport"),
    ("wgpolicyk8s.io", "ClusterPolicyReport"),
    ("openreports.io", "Report"),
    ("openreports.io", "ClusterReport"),
    ("aquasecurity.github.io", "*"),
    ("storage.k8s.io", "CSIStorageCapacity"),
];
const SCALERS: &[KindPattern] = &[
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    ("autoscaling.k8s.io", "VerticalPodAutoscalerCheckpoint"),
    ("keda.sh", "ScaledObject"),
    ("keda.sh", "ScaledJob"),
];

const fn on(kinds: &'static [KindPattern], at: &'static str, op: Op, why: &'static str) -> Rule {
    Rule { kinds, name: None, at, op, why }
}

/// The list.
pub(crate) const RULES: &[Rule] = &[
    on(ANY, "", Remove(&["nachweis"]), "the name of what sealing adds: facts of certificates"),
    on(
        ANY,
        "/metadata/managedFields",
        ManagedFields,
        "carries the time of the last write, status writes too",
    ),
    on(
        ANY,
        "/metadata",
        Remove(&["resourceVersion", "generation", "selfLink"]),
        "counts every write where there is no status subresource",
    ),
    on(
        ANY,
        "/metadata",
        RemoveAnnotations(&["control-plane.alpha.kubernetes.io/leader"]),
        "a leader renews it every few seconds",
    ),
    on(
        ANY,
        "/metadata",
        RemoveAnnotations(&["kubectl.kubernetes.io/last-applied-configuration"]),
        "a copy of the object as it was applied, secret values included",
    ),
    on(ANY, "/status", Remove(&["observedGeneration"]), "follows generation"),
    on(
        ANY,
        "/status/**/conditions/*",
        Remove(&["lastHeartbeatTime", "lastProbeTime", "lastUpdateTime", "message", "observedGeneration"]),
        "renewed without a change of the condition; messages carry figures; lastTransitionTime stays",
    ),
    on(
        ANY,
        "/**",
        RemoveWhere(&["resourceVersion"], &["kind", "name", "uid"]),
        "version of the object that a reference names",
    ),
    on(
        &[("", "Node")],
        "/metadata",
        RemoveAnnotations(&["kubevirt.io/heartbeat", "node.alpha.kubernetes.io/ttl"]),
        "renewed by the node's agents; the second follows the size of the cluster",
    ),
    on(
        &[("", "Node")],
        "/status",
        Remove(&["images", "volumesInUse", "volumesAttached"]),
        "a cache of the kubelet, a quarter of the body; pods and volume attachments say the same",
    ),
    on(
        &[("", "Pod")],
        "/metadata",
        RemoveAnnotations(&["kubernetes.io/config.seen"]),
        "start of the kubelet",
    ),
    on(
        &[("", "Pod")],
        "/status/containerStatuses/*",
        State(&["lastState", "state"]),
        "a crash loop is one state; restartCount, ready and imageID stay",
    ),
    on(
        &[("", "Pod")],
        "/status/initContainerStatuses/*",
        State(&["lastState", "state"]),
        "as for containers",
    ),
    on(
        &[("", "Pod")],
        "/status/ephemeralContainerStatuses/*",
        State(&["lastState", "state"]),
        "as for containers",
    ),
    on(
        &[("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice")],
        "/metadata",
        RemoveAnnotations(&["endpoints.kubernetes.io/last-change-trigger-time"]),
        "time of the last pod event",
    ),
    Rule {
        kinds: &[("", "ConfigMap")],
        name: Some("cluster-autoscaler-status"),
        at: "/data",
        op: Remove(&["status"]),
        why: "written by the cluster autoscaler every few seconds",
    },
    Rule {
        kinds: &[("", "ConfigMap")],
        name: Some("cluster-autoscaler-status"),
        at: "/metadata",
        op: RemoveAnnotations(&["cluster-autoscaler.kubernetes.io/last-updated"]),
        why: "written by the cluster autoscaler every few seconds",
    },
    Rule {
        kinds: &[("", "ConfigMap")],
        name: Some("cluster-autoscaler-status"),
        at: "/metadata/managedFields/*",
        op: Remove(&["time"]),
        why: "written by the cluster autoscaler every few seconds",
    },
    on(
        REWRITTEN,
        "/metadata/managedFields/*",
        Remove(&["time"]),
        "whoever owns what this list lets go, or what it sorts, owns it outside of the status",
    ),
    Rule {
        kinds: SCALERS,
        name: None,
        at: "",
        op: Remove(&["status"]),
        why: "metrics, renewed every 15 seconds",
    },
    on(
        &[("autoscaling", "HorizontalPodAutoscaler")],
        "/metadata",
        RemoveAnnotations(&[
            "autoscaling.alpha.kubernetes.io/conditions",
            "autoscaling.alpha.kubernetes.io/current-metrics",
        ]),
        "status of an autoscaler in version 1",
    ),
    on(
        &[("argoproj.io", "Application")],
        "/metadata",
        RemoveAnnotations(&["argocd.argoproj.io/refresh"]),
        "a request to refresh, taken away when done",
    ),
    on(
        &[("argoproj.io", "Application")],
        "/status",
        Remove(&["reconciledAt", "observedAt"]),
        "every reconciliation; sync, health, history and operationState stay",
    ),
    on(&[("argoproj.io", "Application")], "/status/health", Remove(&["lastTransitionTime"]), "every refresh"),
    on(
        &[("argoproj.io", "Application")],
        "/status/resources/*/health",
        Remove(&["lastTransitionTime"]),
        "every refresh",
    ),
    on(
        &[("velero.io", "BackupStorageLocation")],
        "/status",
        Remove(&["lastSyncedTime", "lastValidationTime"]),
        "renewed every minute",
    ),
    on(
        &[("velero.io", "BackupRepository"), ("velero.io", "ResticRepository")],
        "/status",
        Remove(&["lastMaintenanceTime", "recentMaintenance"]),
        "maintenance of the store, not of a backup",
    ),
    on(&[("longhorn.io", "BackupTarget")], "/status", Remove(&["lastSyncedAt"]), "renewed by every poll"),
    on(&[("longhorn.io", "BackingImage")], "/status", Remove(&["diskLastRefAtMap"]), "time of the last use"),
    on(
        &[("longhorn.io", "Node")],
        "/status/diskStatus/*",
        Remove(&["storageAvailable", "storageScheduled"]),
        "a gauge of the disk",
    ),
    on(&[("longhorn.io", "Volume")], "/status", Remove(&["actualSize"]), "a gauge of the volume"),
    on(&[("fleet.cattle.io", "Cluster")], "/status/agent", Remove(&["lastSeen"]), "heartbeat of the agent"),
    on(
        &[("catalog.cattle.io", "ClusterRepo")],
        "/status",
        Remove(&["downloadTime"]),
        "renewed by every poll",
    ),
    on(
        &[("", "Namespace")],
        "/metadata",
        RemoveAnnotations(&["cattle.io/status"]),
        "conditions of Rancher with their times",
    ),
    on(
        &[("external-secrets.io", "ExternalSecret"), ("external-secrets.io", "PushSecret")],
        "/status",
        Remove(&["refreshTime"]),
        "renewed by every poll of the store",
    ),
    on(REPORTS, "/results/*", Remove(&["timestamp"]), "time of the last scan with the same result"),
    on(&[("aquasecurity.github.io", "*")], "/report", Remove(&["updateTimestamp"]), "time of the last scan"),
    Rule {
        kinds: &[("storage.k8s.io", "CSIStorageCapacity")],
        name: None,
        at: "",
        op: Remove(&["capacity"]),
        why: "a gauge of the store",
    },
    on(&[("", "Endpoints")], "/subsets/*/addresses", Sort, "order is not promised"),
    on(&[("", "Endpoints")], "/subsets/*/notReadyAddresses", Sort, "order is not promised"),
    on(&[("", "Endpoints")], "/subsets", Sort, "order is not promised"),
    on(&[("discovery.k8s.io", "EndpointSlice")], "/endpoints/*/addresses", Sort, "order is not promised"),
    on(&[("discovery.k8s.io", "EndpointSlice")], "/endpoints", Sort, "order is not promised"),
    on(&[("argoproj.io", "Application")], "/status/resources", Sort, "order is not promised"),
];
