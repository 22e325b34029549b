//! Definitions of custom resources, webhooks, and the resources themselves: add-ons, applications, backups.

use nachweis_model::Instant;
use serde_json::{Value, json};

use super::build::{Build, with_spec};
use super::description::{Component, Schedule, Webhook, Workload};
use super::object::{earlier, later, number, object};

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
        let mut made = with_spec(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "",
            name,
            json!({
                "group": group, "scope": scope, "versions": served,
                "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": lower},
            }),
        );
        made["metadata"]["labels"] = json!({"app.kubernetes.io/part-of": component.name});
        build.add(made);
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
        let mut made = object("admissionregistration.k8s.io/v1", kind, "", &webhook.name);
        made["webhooks"] = hooks(webhook, &workload.namespace, &service);
        build.add(made);
    }
}

fn hooks(webhook: &Webhook, namespace: &str, service: &str) -> Value {
    let list = webhook.rules.iter().map(|(name, group, version, resource, operations)| {
        let group = if group == "core" { "" } else { group };
        let mut hook = json!({
            "name": name, "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
            "clientConfig": {"caBundle": "bmFjaHdlaXMtZXhhbXBsZQ==", "service": {"namespace": namespace, "name": service, "path": webhook.path}},
            "rules": [{"apiGroups": [group], "apiVersions": [version], "resources": [resource], "operations": operations}],
        });
        if name.starts_with("namespace.sidecar") {
            hook["namespaceSelector"] = json!({"matchLabels": {"istio-injection": "enabled"}});
        }
        hook
    });
    Value::Array(list.collect())
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
    let mut spec = json!({"name": component.name, "clusterName": cluster.name, "addonVersion": addon.version, "resolveConflicts": "OVERWRITE"});
    if let Some(configuration) = &addon.configuration {
        spec["configurationValues"] = configuration.as_str().into();
    }
    if let Some(role) = &addon.role {
        spec["serviceAccountRoleARN"] =
            format!("arn:aws:iam::{}:role/{}-{role}", cluster.account, cluster.name).into();
    }
    let mut made = with_spec("eks.services.k8s.aws/v1alpha1", "Addon", "ack-system", &component.name, spec);
    made["metadata"]["finalizers"] = json!(["finalizers.eks.services.k8s.aws/Addon"]);
    made["status"] = json!({
        "ackResourceMetadata": {"arn": arn, "ownerAccountID": cluster.account, "region": cluster.region},
        "status": "ACTIVE", "health": {"issues": []}, "createdAt": build.instant.to_string(),
        "conditions": [{"type": "ACK.ResourceSynced", "status": "True"}],
    });
    build.add(made);
}

/// Projects and applications of Argo CD: one application for each namespace that teams deploy to, one for each component.
pub fn gitops(build: &mut Build<'_>) {
    let gitops = &build.platform.gitops;
    for project in &gitops.projects {
        let spec = json!({
            "sourceRepos": [gitops.repository], "clusterResourceWhitelist": [],
            "destinations": [{"server": "https://kubernetes.default.svc", "namespace": if project == "platform" { "*".to_string() } else { format!("{}*", project.trim_end_matches('s')) }}],
        });
        build.add(with_spec("argoproj.io/v1alpha1", "AppProject", "argocd", project, spec));
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
        let synced = build.lately(&name, 6);
        let mut made = with_spec(
            "argoproj.io/v1alpha1",
            "Application",
            "argocd",
            &name,
            json!({
                "project": project, "destination": {"server": "https://kubernetes.default.svc", "namespace": destination},
                "source": {"repoURL": gitops.repository, "path": format!("clusters/{}/{name}", build.platform.cluster.name), "targetRevision": "main"},
                "syncPolicy": {"automated": {"prune": true, "selfHeal": true}},
            }),
        );
        made["status"] = json!({
            "health": {"status": "Healthy"}, "sync": {"status": "Synced", "revision": revision}, "reconciledAt": build.lately(&format!("{name} reconciled"), 1).to_string(),
            "operationState": {"phase": "Succeeded", "startedAt": synced.to_string(), "finishedAt": later(synced, 12).to_string(), "message": "successfully synced (all tasks run)"},
            "history": [{"id": number(&name, 200), "revision": revision, "deployedAt": later(synced, 12).to_string()}],
        });
        build.add(made);
    }
}

/// Velero's storage, schedules and backups.
pub fn backups(build: &mut Build<'_>) {
    let bucket = build.platform.backups.bucket.clone();
    let region = build.platform.cluster.region.clone();
    let mut location = with_spec(
        "velero.io/v1",
        "BackupStorageLocation",
        "velero",
        "default",
        json!({"provider": "aws", "default": true, "accessMode": "ReadWrite", "objectStorage": {"bucket": bucket}, "config": {"region": region}}),
    );
    location["status"] = json!({"phase": "Available", "lastValidationTime": build.instant.to_string()});
    build.add(location);
    for schedule in &build.platform.backups.schedules {
        let last = last_run(schedule, build.instant);
        let template = json!({
            "includedNamespaces": schedule.namespaces, "ttl": schedule.ttl, "storageLocation": "default", "snapshotVolumes": true, "hooks": {}, "metadata": {},
        });
        let spec =
            json!({"schedule": schedule.cron, "template": template, "useOwnerReferencesInBackup": false});
        let mut made = with_spec("velero.io/v1", "Schedule", "velero", &schedule.name, spec);
        made["status"] = json!({"phase": "Enabled", "lastBackup": last.to_string()});
        build.add(made);
        for index in 0..schedule.keep {
            let started = earlier(last, index * schedule.every_hours * 3600);
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
    let mut made = with_spec("velero.io/v1", "Backup", "velero", &name, template.clone());
    let items = 900 + number(&schedule.name, 40);
    made["metadata"]["labels"] =
        json!({"velero.io/schedule-name": schedule.name, "velero.io/storage-location": "default"});
    made["status"] = json!({
        "phase": "Completed", "version": 1, "formatVersion": "1.1.0", "startTimestamp": started.to_string(),
        "completionTimestamp": later(started, 180 + number(&name, 240)).to_string(), "expiration": later(started, ttl_seconds(&schedule.ttl)).to_string(),
        "progress": {"itemsBackedUp": items, "totalItems": items}, "csiVolumeSnapshotsAttempted": 8, "csiVolumeSnapshotsCompleted": 8,
    });
    made
}

fn ttl_seconds(ttl: &str) -> u64 {
    ttl.split('h').next().and_then(|hours| hours.parse::<u64>().ok()).unwrap_or(0) * 3600
}

/// Stores of secrets, alert rules and what else the operators act on.
pub fn resources(build: &mut Build<'_>) {
    let provider =
        json!({"provider": {"aws": {"service": "SecretsManager", "region": build.platform.cluster.region}}});
    let mut store =
        with_spec("external-secrets.io/v1", "ClusterSecretStore", "", "aws-secrets-manager", provider);
    store["status"] = json!({"capabilities": "ReadWrite", "conditions": [{"type": "Ready", "status": "True", "reason": "Valid"}]});
    build.add(store);
    build.add(with_spec("karpenter.sh/v1", "NodePool", "", "workloads", json!({
        "disruption": {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "5m"}, "limits": {"cpu": "64"},
        "template": {"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}, "expireAfter": "240h",
                     "requirements": [{"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]}]}},
    })));
    let class =
        json!({"amiSelectorTerms": [{"alias": "bottlerocket@v1.50.0"}], "role": "payments-prod-node"});
    build.add(with_spec("karpenter.k8s.aws/v1", "EC2NodeClass", "", "default", class));
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
        let rule = json!({"alert": name, "expr": expression, "for": "10m", "labels": {"severity": severity}});
        let spec = json!({"groups": [{"name": name, "rules": [rule]}]});
        let mut made = with_spec("monitoring.coreos.com/v1", "PrometheusRule", "monitoring", name, spec);
        made["metadata"]["labels"] = json!({"prometheus": "k8s", "role": "alert-rules"});
        build.add(made);
    }
    for workload in
        build.workloads().iter().filter(|workload| workload.service.is_some() && workload.image.is_some())
    {
        let name = format!("{}-{}", workload.namespace, workload.name);
        let spec = json!({
            "namespaceSelector": {"matchNames": [workload.namespace]}, "selector": {"matchLabels": super::pods::selector(workload)},
            "endpoints": [{"path": "/metrics", "port": format!("port-{}", workload.port.unwrap_or(8080)), "interval": "30s"}],
        });
        build.add(with_spec("monitoring.coreos.com/v1", "ServiceMonitor", "monitoring", &name, spec));
    }
}
