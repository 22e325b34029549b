//! Names of users: which of them are people, and which part of a name is the person's.

/// What begins the names of users that Kubernetes, its distributions and its providers make.
const SYSTEMS: &[&str] =
    &["system:", "eks:", "aks:", "gke:", "kubeadm:", "node:", "kube-", "rke2-", "k3s-", "spiffe://", "arn:"];

/// Users that are no people.
const PROGRAMS: &[&str] = &[
    "",
    "*",
    "-",
    "acsservice",
    "admin",
    "administrator",
    "aksservice",
    "anonymous",
    "argocd",
    "argocd-server",
    "client",
    "cluster-admin",
    "default",
    "docker-desktop",
    "docker-for-desktop",
    "etcd",
    "flux",
    "fluxcd",
    "helm",
    "kubelet",
    "kubernetes",
    "kubernetes-admin",
    "kubernetes-super-admin",
    "masterclient",
    "minikube",
    "nobody",
    "none",
    "null",
    "root",
    "unknown",
];

/// What ends the prefix that an API server puts before the names of an identity provider.
const SEPARATORS: [char; 5] = [':', '#', '|', '\\', '/'];

/// Words for an identity provider, where another separator follows.
const PROVIDERS: &[&str] = &[
    "aad", "auth0", "azure", "azuread", "cognito", "dex", "entra", "github", "gitlab", "google", "idp",
    "keycloak", "ldap", "oauth", "oidc", "okta", "saml", "sso",
];

/// True for names that say themselves that no person is meant.
pub(super) fn is_program(name: &str) -> bool {
    let small = name.to_lowercase();
    SYSTEMS.iter().any(|start| small.starts_with(start))
        || PROGRAMS.contains(&&*small)
        || name.ends_with("[bot]")
        || name.contains("{{")
        || name.contains("$(")
        || name.contains("${")
        || is_opaque(name)
}

/// Names that Rancher makes up for its users, such as `u-4dqnw` and `user-jk4nh`: they stand in names of other objects.
fn is_opaque(name: &str) -> bool {
    let rest = name.strip_prefix("u-").or_else(|| name.strip_prefix("user-"));
    rest.is_some_and(|rest| {
        (5..=12).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && (rest.len() == 5 || rest.bytes().any(|b| b.is_ascii_digit()))
    })
}

/// Bytes of the prefix that says where a name comes from. It stays, because controls and overlays read it. `known` are
/// prefixes that the caller knows besides.
pub(super) fn prefix(name: &str, known: &[String]) -> usize {
    let given = known.iter().filter(|prefix| name.len() > prefix.len() && name.starts_with(&***prefix));
    let given = given.map(String::len).max().unwrap_or(0);
    let rest = &name[given..];
    let separated = rest.rfind(SEPARATORS).map(|at| at + 1).filter(|at| *at < rest.len());
    let word = PROVIDERS.iter().find_map(|word| {
        let head = rest.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
        let tail = &rest[head.len()..];
        (tail.len() > 1 && tail.starts_with(['-', '_', '.'])).then_some(head.len() + 1)
    });
    given + separated.or(word).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_stay() {
        for (name, start) in [
            ("anna", 0),
            ("oidc:anna", 5),
            ("oidc:github:anna", 12),
            ("https://idp.example/realms/pay#anna", 31),
            ("PAY\\anna", 4),
            ("keycloak-anna", 9),
            ("OIDC_anna", 5),
            ("oidc:", 0),
            ("anna.muster", 0),
        ] {
            assert_eq!(prefix(name, &[]), start, "{name}");
        }
        assert_eq!(prefix("corp~anna", &["corp~".into()]), 5);
        assert_eq!(prefix("corp~", &["corp~".into()]), 0);
    }

    #[test]
    fn programs_are_no_people() {
        for name in [
            "system:serviceaccount:payments:api",
            "system:node:ip-10-0-0-1",
            "eks:addon-manager",
            "kube-apiserver",
            "kubernetes-admin",
            "Administrator",
            "system:node:{{EC2PrivateDNSName}}",
            "dependabot[bot]",
            "u-4dqnw",
            "u-mo773yttt4",
            "user-jk4nh",
            "*",
        ] {
            assert!(is_program(name), "{name}");
        }
        for name in ["anna", "u-boot-maintainer", "user-anna.muster", "oidc:anna", "kubert"] {
            assert!(!is_program(name), "{name}");
        }
    }
}
