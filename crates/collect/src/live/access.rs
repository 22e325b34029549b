//! What the caller may list, asked of the server before anything is listed.

use serde::Deserialize;
use serde_json::json;

use super::client::Api;

/// What the server says of one right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Allowed,
    Denied,
    /// the server did not say; listing will tell
    Unknown,
}

/// May the caller list this resource, in one namespace or (`*`) in all of them?
pub(super) async fn may_list(api: &Api, group: &str, plural: &str, scope: &str) -> Right {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    struct Status {
        #[serde(default)]
        allowed: bool,
        #[serde(default, rename = "evaluationError")]
        error: Option<String>,
    }
    let namespace = if scope == "*" { "" } else { scope };
    let attributes = json!({"verb": "list", "group": group, "resource": plural, "namespace": namespace});
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    });
    let Ok(bytes) = api.review(review.to_string().as_bytes()).await else { return Right::Unknown };
    match serde_json::from_slice::<Review>(&bytes) {
        Ok(review) if review.status.allowed => Right::Allowed,
        // An authorizer that failed has not decided.
        Ok(review) if review.status.error.as_deref().is_some_and(|error| !error.is_empty()) => Right::Unknown,
        Ok(_) => Right::Denied,
        Err(_) => Right::Unknown,
    }
}
