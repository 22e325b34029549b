//! Names of configuration files that a person hands over beside an input: `--evidence NAME=FILE`.

/// A kind of configuration that no API server serves, by the name that people give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceKind {
    /// the name on the command line; what follows a `/` tells several files of it apart
    pub name: &'static str,
    /// API group of the objects in the file
    pub group: &'static str,
    /// their kind
    pub kind: &'static str,
    /// `plural.group`
    pub resource: &'static str,
    /// a cluster has one such file: whoever hands it over says that there is no other
    pub whole: bool,
}

/// Every kind of evidence that is known, sorted by name.
pub const EVIDENCE: &[EvidenceKind] = &[
    one(
        "admission",
        "apiserver.config.k8s.io",
        "AdmissionConfiguration",
        "admissionconfigurations.apiserver.config.k8s.io",
    ),
    one("audit-policy", "audit.k8s.io", "Policy", "policies.audit.k8s.io"),
    one(
        "authentication",
        "apiserver.config.k8s.io",
        "AuthenticationConfiguration",
        "authenticationconfigurations.apiserver.config.k8s.io",
    ),
    one(
        "authorization",
        "apiserver.config.k8s.io",
        "AuthorizationConfiguration",
        "authorizationconfigurations.apiserver.config.k8s.io",
    ),
    one(
        "encryption",
        "apiserver.config.k8s.io",
        "EncryptionConfiguration",
        "encryptionconfigurations.apiserver.config.k8s.io",
    ),
    one("kubeadm", "kubeadm.k8s.io", "ClusterConfiguration", "clusterconfigurations.kubeadm.k8s.io"),
    // Every node has one, and every image or add-on another.
    EvidenceKind {
        whole: false,
        ..one(
            "kubelet",
            "kubelet.config.k8s.io",
            "KubeletConfiguration",
            "kubeletconfigurations.kubelet.config.k8s.io",
        )
    },
    EvidenceKind { whole: false, ..one("sbom", "cyclonedx.org", "Bom", "boms.cyclonedx.org") },
];

const fn one(
    name: &'static str,
    group: &'static str,
    kind: &'static str,
    resource: &'static str,
) -> EvidenceKind {
    EvidenceKind { name, group, kind, resource, whole: true }
}

/// Folder under which such files stand in the seal; their own paths are not sealed.
pub const EVIDENCE_FOLDER: &str = "evidence";

impl EvidenceKind {
    /// The kind of a name such as `audit-policy` or `kubelet/node-1`.
    pub fn of_name(name: &str) -> Option<&'static EvidenceKind> {
        let word = name.split('/').next().unwrap_or(name);
        EVIDENCE.iter().find(|kind| kind.name == word)
    }

    /// The kind of a path in the seal: `evidence/audit-policy`.
    pub fn of_path(path: &str) -> Option<&'static EvidenceKind> {
        Self::of_name(path.strip_prefix(EVIDENCE_FOLDER)?.strip_prefix('/')?)
    }

    /// The kind of a resource key.
    pub fn of_resource(resource: &str) -> Option<&'static EvidenceKind> {
        EVIDENCE.iter().find(|kind| kind.resource == resource)
    }
}
