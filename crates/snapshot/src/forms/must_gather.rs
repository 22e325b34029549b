//! `oc adm must-gather` and `oc adm inspect` (OpenShift).
//!
//! `namespaces/<namespace>/<group>/<plural>.yaml` are lists, `cluster-scoped-resources/<group>/<plural>/<name>.yaml` single
//! objects, beside a file `version` or `timestamp`. Inspecting a namespace writes whole lists of it and the Namespace
//! itself, `namespaces/<namespace>/<namespace>.yaml`; single objects come from whatever was asked for and close nothing. Of
//! resources without namespace whole lists are written only where all of a group was asked for
//! (`pkg/cli/admin/inspect` of openshift/oc, `namespace.go`, `inspect.go`, `util.go`).

use nachweis_model::Instant;
use nachweis_model::seal::EVERYWHERE;

use super::{Form, Marker, Place};

pub(super) fn place(path: &str) -> Option<Place<'_>> {
    let place = |root, scope, group, plural, list| {
        let group = if group == "core" { "" } else { group };
        Some(Place { form: Form::MustGather, root, scope, group, plural, list })
    };
    if let Some((root, rest)) = super::below(path, "cluster-scoped-resources/") {
        return match rest.split('/').collect::<Vec<_>>()[..] {
            [group, file] => place(root, EVERYWHERE, group, super::stem(file)?, true),
            [group, plural, _] => place(root, EVERYWHERE, group, plural, false),
            _ => None,
        };
    }
    let (root, rest) = super::below(path, "namespaces/")?;
    match rest.split('/').collect::<Vec<_>>()[..] {
        [namespace, file] if super::stem(file) == Some(namespace) => {
            place(root, EVERYWHERE, "", "namespaces", false)
        }
        [namespace, group, file] => place(root, namespace, group, super::stem(file)?, true),
        [namespace, "pods", _, _] => place(root, namespace, "", "pods", false),
        [namespace, group, plural, _] => place(root, namespace, group, plural, false),
        _ => None,
    }
}

/// `version`, whose first line names must-gather, and `timestamp`, two lines as Go prints a time.
pub(super) fn marker(path: &str, bytes: &[u8]) -> Option<Marker> {
    let text = std::str::from_utf8(bytes.get(..bytes.len().min(400))?).ok()?;
    if let Some(root) = super::root_of(path, "version") {
        let first = text.lines().next()?;
        return first.contains("must-gather").then(|| Marker::new(Form::MustGather, root));
    }
    let root = super::root_of(path, "timestamp")?;
    let mut instants = text.lines().filter_map(go_time);
    let from = instants.next()?;
    let to = instants.next_back().unwrap_or(from);
    Some(Marker { from: Some(from.min(to)), to: Some(to.max(from)), ..Marker::new(Form::MustGather, root) })
}

/// `2026-03-01 10:11:12.131415 +0100 CET m=+0.1`
fn go_time(line: &str) -> Option<Instant> {
    let mut words = line.split(' ');
    let (day, time, offset) = (words.next()?, words.next()?, words.next()?);
    let (hours, minutes) = offset.split_at_checked(3)?;
    format!("{day}T{time}{hours}:{minutes}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_go() {
        let time = go_time("2026-03-01 10:11:12.131415 +0100 CET m=+0.1").map(|time| time.to_string());
        assert_eq!(time.as_deref(), Some("2026-03-01T09:11:12.131415Z"));
        assert_eq!(go_time("today"), None);
    }
}
