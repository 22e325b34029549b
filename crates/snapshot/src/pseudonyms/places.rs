//! Where objects name people: fields of known kinds, and words that mean a person.

use std::sync::LazyLock;

use crate::path::{Step, parse};

/// Fields that hold the name of a user: group, kind, patterns.
#[rustfmt::skip]
const USERS: &[(&str, &str, &[&str])] = &[
    ("audit.k8s.io", "Policy", &["/rules/*/users/*"]),
    ("certificates.k8s.io", "CertificateSigningRequest", &["/spec/username"]),
    ("authentication.k8s.io", "TokenReview", &["/status/user/username"]),
    ("", "Config", &["/users/*/name", "/contexts/*/context/user", "/users/*/user/as", "/users/*/user/username"]),
    ("argoproj.io", "Application", &["/**/initiatedBy/username"]),
    ("authorization.openshift.io", "ClusterRoleBinding", &["/userNames/*"]),
    ("authorization.openshift.io", "RoleBinding", &["/userNames/*"]),
    ("oauth.openshift.io", "OAuthAccessToken", &["/userName"]),
    ("oauth.openshift.io", "OAuthAuthorizeToken", &["/userName"]),
    ("oauth.openshift.io", "OAuthClientAuthorization", &["/userName"]),
    ("user.openshift.io", "Group", &["/users/*"]),
    ("user.openshift.io", "Identity", &["/metadata/name", "/providerUserName", "/user/name", "/extra/*"]),
    ("user.openshift.io", "User", &["/metadata/name", "/fullName", "/identities/*"]),
    ("user.openshift.io", "UserIdentityMapping", &["/metadata/name", "/identity/name", "/user/name"]),
    ("management.cattle.io", "Token", &["/userPrincipal/displayName", "/userPrincipal/loginName"]),
    ("management.cattle.io", "User", &["/displayName", "/username"]),
    ("management.cattle.io", "UserAttribute", &["/extraByProvider/*/username/*"]),
];

static COMPILED: LazyLock<Vec<(&str, &str, Vec<Step>)>> = LazyLock::new(|| {
    let row = |(group, kind, patterns): &(&'static str, &'static str, &[&str])| {
        let (group, kind) = (*group, *kind);
        patterns.iter().map(|pattern| (group, kind, parse(pattern))).collect::<Vec<_>>()
    };
    USERS.iter().flat_map(row).collect()
});

/// Patterns of the fields of a kind that name users.
pub(super) fn users(group: &str, kind: &str) -> impl Iterator<Item = &'static [Step]> {
    COMPILED.iter().filter(move |(g, k, _)| *g == group && *k == kind).map(|(_, _, steps)| steps.as_slice())
}

/// True for kinds whose objects are called like people.
pub(super) fn is_person(group: &str, kind: &str, name: &str) -> bool {
    match (group, kind) {
        ("user.openshift.io", "User" | "Identity" | "UserIdentityMapping") => true,
        // Nodes and the bootstrap make names of their own; people are asked to use theirs.
        ("certificates.k8s.io", "CertificateSigningRequest") => {
            !name.starts_with("csr-") && !name.starts_with("node-csr-")
        }
        _ => false,
    }
}

/// Last words of names under which the name of a person stands, in small letters and without signs. Sorted. Words that
/// as often name a team or a program (`owner`, `contact`, `username`) are not among them.
const PEOPLE: &[&str] = &[
    "acknowledgedby",
    "approvedby",
    "approver",
    "approvers",
    "assignee",
    "assignees",
    "author",
    "authorname",
    "authors",
    "changedby",
    "commitauthor",
    "committer",
    "committername",
    "contactname",
    "contactperson",
    "createdby",
    "creator",
    "creatorname",
    "dataowner",
    "deletedby",
    "deployedby",
    "executedby",
    "familyname",
    "firstname",
    "fullname",
    "givenname",
    "initiatedby",
    "lastmodifiedby",
    "lastname",
    "lastupdatedby",
    "maintainer",
    "maintainers",
    "modifiedby",
    "performedby",
    "preferredusername",
    "productowner",
    "pusher",
    "requestedby",
    "requester",
    "requestor",
    "responsibleperson",
    "reviewedby",
    "reviewer",
    "reviewers",
    "riskowner",
    "startedby",
    "surname",
    "systemowner",
    "techlead",
    "triggeredby",
    "updatedby",
];

/// Labels that a tool fills with the name of a person.
const LABELS: &[&str] = &[
    "pipelinesascode.tekton.dev/sender",
    "workflows.argoproj.io/creator",
    "workflows.argoproj.io/creator-email",
    "workflows.argoproj.io/creator-preferred-username",
    "workflows.argoproj.io/creator-name",
];

/// What a map is in which a name stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Map {
    Annotations,
    /// labels and selectors: what does not match its other side any more would change verdicts
    Labels,
    Other,
}

impl Map {
    /// The kind of map that the member `name` holds.
    pub fn of(name: &str) -> Map {
        let small = name.to_ascii_lowercase();
        match &*small {
            "annotations" => Map::Annotations,
            _ if small.ends_with("labels") || small.ends_with("selector") => Map::Labels,
            _ => Map::Other,
        }
    }
}

/// True if the value under a name is a person.
pub(super) fn means_person(name: &str, map: Map) -> bool {
    if map == Map::Labels || (map == Map::Annotations && LABELS.contains(&name)) {
        return LABELS.contains(&name);
    }
    let last = name.rsplit(['/', '.']).next().unwrap_or(name);
    let mut word = [0; 24];
    let mut length = 0;
    for byte in last.bytes().filter(|b| !matches!(b, b'-' | b'_')) {
        if length == word.len() || !byte.is_ascii_alphabetic() {
            return false;
        }
        word[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    std::str::from_utf8(&word[..length]).is_ok_and(|word| PEOPLE.binary_search(&word).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_a_person() {
        assert!(PEOPLE.is_sorted() && PEOPLE.iter().all(|word| word.len() <= 24));
        for name in
            ["openshift.io/requester", "pay.example/approved-by", "createdBy", "last_modified_by", "author"]
        {
            assert!(means_person(name, Map::Annotations), "{name}");
        }
        for name in
            ["owner", "username", "authority", "app.kubernetes.io/name", "authorization", "creators-guild"]
        {
            assert!(!means_person(name, Map::Annotations), "{name}");
        }
        assert!(!means_person("app.kubernetes.io/created-by", Map::Labels));
        assert!(means_person("workflows.argoproj.io/creator", Map::Labels));
        assert!(Map::of("matchLabels") == Map::Labels && Map::of("nodeSelector") == Map::Labels);
    }
}
