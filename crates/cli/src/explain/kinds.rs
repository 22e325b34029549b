//! What resources are, for readers who know the law and not Kubernetes.

use nachweis_model::Lang;

/// `(resource, English, German)`.
const KINDS: &[(&str, &str, &str)] = &[
    (
        "addons.eks.services.k8s.aws",
        "system components that the cloud provider installs",
        "Systemkomponenten, die der Cloud-Anbieter installiert",
    ),
    (
        "backups.velero.io",
        "backups that the backup tool Velero made",
        "Datensicherungen des Werkzeugs Velero",
    ),
    (
        "boms.cyclonedx.org",
        "bills of materials: the software parts inside an image",
        "Stücklisten: die Softwarebestandteile eines Images",
    ),
    (
        "clusterrolebindings.rbac.authorization.k8s.io",
        "who holds a role in the whole cluster",
        "wer eine Rolle im ganzen Cluster innehat",
    ),
    (
        "clusterroles.rbac.authorization.k8s.io",
        "sets of rights for the whole cluster",
        "Bündel von Rechten für den ganzen Cluster",
    ),
    ("cronjobs.batch", "programs that run on a schedule", "Programme nach Zeitplan"),
    (
        "customresourcedefinitions.apiextensions.k8s.io",
        "kinds of objects that programs add to the cluster",
        "Arten von Objekten, die Programme dem Cluster hinzufügen",
    ),
    (
        "daemonsets.apps",
        "programs of which one copy runs on every machine",
        "Programme, die auf jeder Maschine einmal laufen",
    ),
    (
        "deployments.apps",
        "programs with the number of copies that should run",
        "Programme mit der Zahl der Kopien, die laufen sollen",
    ),
    ("jobs.batch", "programs that run once to their end", "Programme, die einmal bis zum Ende laufen"),
    (
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "programs that change objects when they are created",
        "Programme, die Objekte bei der Anlage ändern",
    ),
    (
        "namespaces",
        "the compartments into which a cluster is divided",
        "die Abteilungen, in die ein Cluster geteilt ist",
    ),
    (
        "networkpolicies.networking.k8s.io",
        "firewall rules between running programs",
        "Firewallregeln zwischen laufenden Programmen",
    ),
    ("nodes", "the machines of the cluster", "die Maschinen des Clusters"),
    (
        "peerauthentications.security.istio.io",
        "whether traffic between programs has to be encrypted and authenticated",
        "ob Verkehr zwischen Programmen verschlüsselt und authentifiziert sein muss",
    ),
    (
        "poddisruptionbudgets.policy",
        "how many copies of a program must keep running during maintenance",
        "wie viele Kopien eines Programms bei Wartung weiterlaufen müssen",
    ),
    (
        "pods",
        "running programs: one or more containers that share a machine and an address",
        "laufende Programme: ein oder mehrere Container mit gemeinsamer Maschine und Adresse",
    ),
    (
        "policies.audit.k8s.io",
        "which actions on the cluster are written to its audit log",
        "welche Handlungen am Cluster in sein Auditprotokoll geschrieben werden",
    ),
    (
        "replicasets.apps",
        "the copies of one version of a program",
        "die Kopien einer Version eines Programms",
    ),
    (
        "restores.velero.io",
        "restorations from a backup, with their outcome",
        "Wiedergewinnungen aus einer Datensicherung mit ihrem Ergebnis",
    ),
    (
        "rolebindings.rbac.authorization.k8s.io",
        "who holds a role in one namespace",
        "wer eine Rolle in einem Namespace innehat",
    ),
    (
        "roles.rbac.authorization.k8s.io",
        "sets of rights in one namespace",
        "Bündel von Rechten in einem Namespace",
    ),
    (
        "serviceaccounts",
        "identities under which programs call the cluster",
        "Kennungen, unter denen Programme den Cluster aufrufen",
    ),
    (
        "services",
        "stable addresses for groups of running programs",
        "feste Adressen für Gruppen laufender Programme",
    ),
    (
        "statefulsets.apps",
        "programs with copies that keep their name and storage",
        "Programme, deren Kopien Namen und Speicher behalten",
    ),
    (
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "programs that accept or refuse objects when they are created",
        "Programme, die Objekte bei der Anlage zulassen oder ablehnen",
    ),
    (
        "workload-pods",
        "the running programs of the organisation, without those of the platform itself",
        "die laufenden Programme der Organisation, ohne die der Plattform selbst",
    ),
];

/// A few plain words for a resource, where we have some.
pub fn plain(resource: &str, lang: Lang) -> Option<&'static str> {
    let (_, en, de) = KINDS.iter().find(|(known, ..)| *known == resource)?;
    Some(match lang {
        Lang::En => en,
        Lang::De => de,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_that_a_shipped_control_reads_has_plain_words() {
        let catalogue = nachweis_catalog::parse(nachweis_catalog::current().bytes).unwrap();
        for control in &catalogue.controls {
            let of = control.population.of.iter();
            for resource in control.reads.iter().map(|read| &read.resource).chain(of) {
                assert!(plain(resource, Lang::En).is_some(), "{}: {resource}", control.id);
            }
        }
        assert!(KINDS.is_sorted());
    }
}
