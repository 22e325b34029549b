//! Definitions of custom resources, webhooks, and the resources themselves: add-ons, applications, backups.

use nachweis_model::Instant;
use serde_json::{Value, json};

use super::build::{Build, merge};
use super::description::{Component, Schedule, Webhook, Workload};
use super::object::{later, number, object};

/// Definitions of a component, from lines `plural.group Kind Scope versions`.
pub fn definitions(build: &mut Build<'_>, component: &Component) -> Result<(), String> {
    for line in &component.crds {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, kind, scope, versions] = words.as_slice() else {
            return Err(format!("`{line}` is no definition like `plural.group Kind Scope v1,v1beta1`"));
        };
        let (plural, group) = name.split_once('.').unwrap_or((name, ""));
        let lower = kind.to_lowercase();
        let schema =
            json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
        let served: Vec<Value> = versions
            .split(',')
            .enumerate()
            .map(|(index, version)| json!({"name": version, "served": true, "storage": index == 0, "schema": schema, "subresources": {"status": {}}}))
            .collect();
        let mut object = build.object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name);
        let created = build.since(&component.namespace, name);
        object["metadata"]["creationTimestamp"] = created.to_string().into();
        object["metadata"]["labels"] = json!({"app.kubernetes.io/part-of": component.name});
        object["spec"] = json!({
            "group": group, "scope": scope, "versions": served, "conversion": {"strategy": "None"},
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": lower},
        });
        let condition =
            |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": created.to_string()});
        object["status"] = json!({
            "acceptedNames": object["spec"]["names"], "conditions": [condition("NamesAccepted"), condition("Established")],
            "storedVersions": [versions.split(',').next()],
        });
        build.add(object);
    }
    Ok(())
}

/// Webhooks that a workload serves.
pub fn webhooks(build: &mut Build<'_>, workload: &Workload) {
    let service = workload
        .service
        .as_ref()
        .and_then(|service| service.name.clone())
        .unwrap_or_else(|| workload.name.clone());
    for webhook in &workload.webhooks {
        let kind = if webhook.kind == "mutating" {
            "MutatingWebhookConfiguration"
        } else {
            "ValidatingWebhookConfiguration"
        };
        let mut object = build.object("admissionregistration.k8s.io/v1", kind, "", &webhook.name);
        object["metadata"]["creationTimestamp"] =
            build.since(&workload.namespace, &webhook.name).to_string().into();
        object["webhooks"] = hooks(webhook, &workload.namespace, &service);
        build.add(object);
    }
}

fn hooks(webhook: &Webhook, namespace: &str, service: &str) -> Value {
    let list = webhook.rules.iter().map(|(name, group, version, resource, operations)| {
        let group = if group == "core" { "" } else { group };
        let mut hook = json!({
            "name": name, "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10,
            "clientConfig": {"caBundle": "bmFjaHdlaXMtZXhhbXBsZQ==", "service": {"namespace": namespace, "name": service, "path": webhook.path, "port": 443}},
            "rules": [{"apiGroups": [group], "apiVersions": [version], "resources": [resource], "operations": operations, "scope": "*"}],
            "objectSelector": {},
            "namespaceSelector": {},
        });
        if name.starts_with("namespace.sidecar") {
            hook["namespaceSelector"] = json!({"matchLabels": {"istio-injection": "enabled"}});
        }
        hook
    });
    Value::Array(list.collect())
}

/// The services behind aggregated parts of the API.
pub fn api_service(build: &mut Build<'_>, workload: &Workload) {
    let Some(served) = &workload.api_service else { return };
    let mut object = build.object(
        "apiregistration.k8s.io/v1",
        "APIService",
        "",
        &format!("{}.{}", served.version, served.group),
    );
    object["spec"] = json!({
        "group": served.group, "version": served.version, "groupPriorityMinimum": 100, "versionPriority": 100, "insecureSkipTLSVerify": true,
        "service": {"namespace": workload.namespace, "name": workload.name, "port": 443},
    });
    object["status"] = json!({"conditions": [{"type": "Available", "status": "True", "reason": "Passed"}]});
    build.add(object);
}

/// The managed add-on that a component is.
pub fn addon(build: &mut Build<'_>, component: &Component) {
    let Some(addon) = &component.addon else { return };
    let cluster = &build.platform.cluster;
    let arn = format!(
        "arn:aws:eks:{}:{}:addon/{}/{}/{}",
        cluster.region,
        cluster.account,
        cluster.name,
        component.name,
        super::object::uid(&component.name)
    );
    let mut object = build.object("eks.services.k8s.aws/v1alpha1", "Addon", "ack-system", &component.name);
    object["metadata"]["finalizers"] = json!(["finalizers.eks.services.k8s.aws/Addon"]);
    object["spec"] = json!({"name": component.name, "clusterName": cluster.name, "addonVersion": addon.version, "resolveConflicts": "OVERWRITE"});
    if let Some(configuration) = &addon.configuration {
        object["spec"]["configurationValues"] = configuration.as_str().into();
    }
    if let Some(role) = &addon.role {
        object["spec"]["serviceAccountRoleARN"] =
            format!("arn:aws:iam::{}:role/{}-{role}", cluster.account, cluster.name).into();
    }
    object["status"] = json!({
        "ackResourceMetadata": {"arn": arn, "ownerAccountID": cluster.account, "region": cluster.region},
        "status": "ACTIVE", "health": {"issues": []}, "createdAt": object["metadata"]["creationTimestamp"],
        "conditions": [{"type": "ACK.ResourceSynced", "status": "True"}],
    });
    build.add(object);
}

/// Projects and applications of Argo CD: one application for each namespace that teams deploy to, one for each component.
pub fn gitops(build: &mut Build<'_>) {
    let gitops = &build.platform.gitops;
    for project in &gitops.projects {
        let mut object = build.object("argoproj.io/v1alpha1", "AppProject", "argocd", project);
        object["spec"] = json!({
            "sourceRepos": [gitops.repository], "clusterResourceWhitelist": [],
            "destinations": [{"server": "https://kubernetes.default.svc", "namespace": if project == "platform" { "*".to_string() } else { format!("{}*", project.trim_end_matches('s')) }}],
        });
        build.add(object);
    }
    let mut applications: Vec<(String, String, String)> = Vec::new();
    for (name, _) in build.platform.namespaces.iter().filter(|(_, space)| space.environment.is_some()) {
        let project = if name.starts_with("tenant-") {
            "tenants"
        } else if name == "staging" {
            "payments"
        } else {
            name
        };
        applications.push((name.clone(), project.to_string(), name.clone()));
    }
    for component in build.platform.components.iter().filter(|component| component.addon.is_none()) {
        applications.push((
            format!("platform-{}", component.name),
            "platform".into(),
            component.namespace.clone(),
        ));
    }
    for (name, project, destination) in applications {
        let revision =
            nachweis_canon::Digest::of(format!("revision {name}").as_bytes()).hex()[..40].to_string();
        let mut object = build.object("argoproj.io/v1alpha1", "Application", "argocd", &name);
        let synced = build.lately(&name, 6);
        object["spec"] = json!({
            "project": project, "destination": {"server": "https://kubernetes.default.svc", "namespace": destination},
            "source": {"repoURL": gitops.repository, "path": format!("clusters/{}/{name}", build.platform.cluster.name), "targetRevision": "main"},
            "syncPolicy": {"automated": {"prune": true, "selfHeal": true}},
        });
        object["status"] = json!({
            "health": {"status": "Healthy"}, "sync": {"status": "Synced", "revision": revision}, "reconciledAt": build.lately(&format!("{name} reconciled"), 1).to_string(),
            "operationState": {"phase": "Succeeded", "startedAt": synced.to_string(), "finishedAt": later(synced, 12).to_string(), "message": "successfully synced (all tasks run)"},
            "history": [{"id": number(&name, 200), "revision": revision, "deployedAt": later(synced, 12).to_string()}],
        });
        build.add(object);
    }
}

/// Velero's storage, schedules and backups.
pub fn backups(build: &mut Build<'_>) {
    let bucket = build.platform.backups.bucket.clone();
    let region = build.platform.cluster.region.clone();
    let mut location = build.object("velero.io/v1", "BackupStorageLocation", "velero", "default");
    location["spec"] = json!({"provider": "aws", "default": true, "accessMode": "ReadWrite", "objectStorage": {"bucket": bucket}, "config": {"region": region}});
    location["status"] =
        json!({"phase": "Available", "lastValidationTime": build.platform.cluster.instant.to_string()});
    build.add(location);
    for schedule in &build.platform.backups.schedules {
        let last = last_run(schedule, build.platform.cluster.instant);
        let template = json!({
            "includedNamespaces": schedule.namespaces, "ttl": schedule.ttl, "storageLocation": "default", "snapshotVolumes": true, "hooks": {}, "metadata": {},
        });
        let mut object = build.object("velero.io/v1", "Schedule", "velero", &schedule.name);
        object["spec"] =
            json!({"schedule": schedule.cron, "template": template, "useOwnerReferencesInBackup": false});
        object["status"] = json!({"phase": "Enabled", "lastBackup": last.to_string()});
        build.add(object);
        for index in 0..schedule.keep {
            let started = super::object::earlier(last, index * schedule.every_hours * 3600);
            build.add(backup(schedule, started, &template));
        }
    }
}

/// The newest run before an instant: the schedule's hour in UTC, every so many hours.
fn last_run(schedule: &Schedule, instant: Instant) -> Instant {
    let period = i64::try_from(schedule.every_hours * 3600).unwrap_or(3600);
    let hour = schedule.cron.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0i64) * 3600;
    Instant::from_unix((instant.unix() - hour).div_euclid(period) * period + hour)
}

fn backup(schedule: &Schedule, started: Instant, template: &Value) -> Value {
    let compact: String = started.to_string().chars().filter(char::is_ascii_digit).collect();
    let name = format!("{}-{compact}", schedule.name);
    let mut object = object("velero.io/v1", "Backup", "velero", &name, started);
    let items = 900 + number(&name, 40);
    object["metadata"]["labels"] =
        json!({"velero.io/schedule-name": schedule.name, "velero.io/storage-location": "default"});
    object["spec"] = template.clone();
    object["status"] = json!({
        "phase": "Completed", "version": 1, "formatVersion": "1.1.0", "startTimestamp": started.to_string(),
        "completionTimestamp": later(started, 180 + number(&name, 240)).to_string(), "expiration": later(started, ttl_seconds(&schedule.ttl)).to_string(),
        "progress": {"itemsBackedUp": items, "totalItems": items}, "csiVolumeSnapshotsAttempted": 8, "csiVolumeSnapshotsCompleted": 8,
    });
    object
}

fn ttl_seconds(ttl: &str) -> u64 {
    ttl.split('h').next().and_then(|hours| hours.parse::<u64>().ok()).unwrap_or(0) * 3600
}

/// Stores of secrets, alert rules and what else the operators act on.
pub fn resources(build: &mut Build<'_>) {
    let region = build.platform.cluster.region.clone();
    let mut object = build.object("external-secrets.io/v1", "ClusterSecretStore", "", "aws-secrets-manager");
    object["spec"] = json!({"provider": {"aws": {"service": "SecretsManager", "region": region}}});
    object["status"] = json!({"capabilities": "ReadWrite", "conditions": [{"type": "Ready", "status": "True", "reason": "Valid"}]});
    build.add(object);
    let mut object = build.object("karpenter.sh/v1", "NodePool", "", "workloads");
    object["spec"] = json!({
        "disruption": {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "5m"}, "limits": {"cpu": "64"},
        "template": {"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}, "expireAfter": "240h",
                     "requirements": [{"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]}]}},
    });
    build.add(object);
    let mut object = build.object("karpenter.k8s.aws/v1", "EC2NodeClass", "", "default");
    object["spec"] =
        json!({"amiSelectorTerms": [{"alias": "bottlerocket@v1.50.0"}], "role": "payments-prod-node"});
    build.add(object);
    for (name, expression, severity) in [
        (
            "payment-errors",
            "sum(rate(http_requests_total{namespace=\"payments\",code=~\"5..\"}[5m])) > 1",
            "critical",
        ),
        ("ledger-lag", "max(ledger_replication_lag_seconds) > 5", "critical"),
        ("backup-age", "time() - max(velero_backup_last_successful_timestamp) > 90000", "warning"),
        ("audit-log-silent", "absent(rate(audit_events_total[10m]))", "critical"),
    ] {
        let mut object = build.object("monitoring.coreos.com/v1", "PrometheusRule", "monitoring", name);
        object["metadata"]["labels"] = json!({"prometheus": "k8s", "role": "alert-rules"});
        object["spec"] = json!({"groups": [{"name": name, "rules": [{"alert": name, "expr": expression, "for": "10m", "labels": {"severity": severity}}]}]});
        build.add(object);
    }
    for workload in
        build.workloads().iter().filter(|workload| workload.service.is_some() && workload.image.is_some())
    {
        let name = format!("{}-{}", workload.namespace, workload.name);
        let mut object = build.object("monitoring.coreos.com/v1", "ServiceMonitor", "monitoring", &name);
        object["spec"] = json!({
            "namespaceSelector": {"matchNames": [workload.namespace]}, "selector": {"matchLabels": super::pods::selector(workload)},
            "endpoints": [{"path": "/metrics", "port": format!("port-{}", workload.port.unwrap_or(8080)), "interval": "30s"}],
        });
        build.add(object);
    }
    let mut kube_apiserver = build.object("v1", "Service", "default", "kubernetes");
    merge(
        &mut kube_apiserver["metadata"],
        json!({"labels": {"component": "apiserver", "provider": "kubernetes"}}),
    );
    kube_apiserver["spec"] = json!({"type": "ClusterIP", "clusterIP": "172.20.0.1", "clusterIPs": ["172.20.0.1"], "ports": [{"name": "https", "port": 443, "targetPort": 443, "protocol": "TCP"}]});
    build.add(kube_apiserver);
}
