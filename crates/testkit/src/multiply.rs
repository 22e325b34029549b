//! A recorded cluster many times over, for benchmarks: every copy has namespaces, cluster-scoped objects and uids of
//! its own, and refers to them. The same copies every time.

use std::collections::BTreeSet;

use nachweis_canon::{Digest, Json, Object};
use nachweis_yaml::{Limits, read};

use crate::entries::Entries;

/// Kinds whose name says what the API serves, or what everybody shares: they stay as they are and merge to one item.
const SHARED: [&str; 3] = ["CustomResourceDefinition", "APIService", "PriorityClass"];

/// The objects of a recorded cluster.
pub struct Template {
    objects: Vec<Json<'static>>,
    /// names of cluster-scoped objects that get another name in each copy
    names: BTreeSet<String>,
}

impl Template {
    /// Everything in an input that has a kind, elements of its lists for the lists.
    pub fn of(entries: &Entries) -> Self {
        let mut objects = Vec::new();
        for (_, bytes) in &entries.files {
            for document in read(bytes, &Limits::default()).flatten() {
                match document.value.into_owned() {
                    Json::Obj(mut list) if matches!(list.get("items"), Some(Json::Arr(_))) => {
                        let items = list.remove("items");
                        let Some(Json::Arr(items)) = items else { continue };
                        objects.extend(items.into_iter().filter(|item| item.text(&["kind"]).is_some()));
                    }
                    object if object.text(&["kind"]).is_some() => objects.push(object),
                    _ => {}
                }
            }
        }
        let cluster_scoped = |object: &&Json<'static>| {
            object.text(&["metadata", "namespace"]).is_none()
                && !SHARED.contains(&object.text(&["kind"]).unwrap_or_default())
        };
        let name = |object: &Json<'static>| object.text(&["metadata", "name"]).map(str::to_string);
        let names = objects.iter().filter(cluster_scoped).filter_map(name).collect();
        Template { objects, names }
    }

    /// Number of objects in a copy.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// True if the input held no object.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Copy number `number` as one JSON list. Copy 0 has the names of the original.
    pub fn copy(&self, number: usize) -> Vec<u8> {
        let mut items = self.objects.clone();
        if number > 0 {
            items.iter_mut().for_each(|item| self.rename(item, number));
        }
        let list =
            [("apiVersion", Json::str("v1")), ("kind", Json::str("List")), ("items", Json::Arr(items))];
        Json::object(list).canonical()
    }

    fn rename(&self, item: &mut Json<'static>, number: usize) {
        let shared = SHARED.contains(&item.text(&["kind"]).unwrap_or_default());
        let namespaced = item.text(&["metadata", "namespace"]).is_some();
        if shared {
            return;
        }
        self.walk(item, number);
        let metadata = item.as_object_mut().and_then(|object| object.get_mut("metadata"));
        if let (false, Some(Json::Obj(metadata))) = (namespaced, metadata) {
            again(metadata, "name", number);
        }
    }

    /// Renames what names a namespace, a uid or something cluster-scoped, wherever it stands.
    fn walk(&self, value: &mut Json<'static>, number: usize) {
        match value {
            Json::Arr(items) => items.iter_mut().for_each(|item| self.walk(item, number)),
            Json::Obj(object) => {
                again(object, "namespace", number);
                let names_uid = ["uid", "controller-uid"].into_iter().filter(|key| object.contains(key));
                for key in names_uid.collect::<Vec<_>>() {
                    other_uid(object, key, number);
                }
                for key in ["nodeName", "volumeName", "storageClassName"] {
                    self.refer(object, key, number);
                }
                let kind = object.get("kind").and_then(Json::as_str);
                if matches!(kind, Some("ClusterRole" | "Node")) && !object.contains("metadata") {
                    self.refer(object, "name", number);
                }
                object.iter_mut().for_each(|(_, value)| self.walk(value, number));
            }
            _ => {}
        }
    }

    fn refer(&self, object: &mut Object<'static>, key: &str, number: usize) {
        if object.get(key).and_then(Json::as_str).is_some_and(|name| self.names.contains(name)) {
            again(object, key, number);
        }
    }
}

/// Gives a name the number of its copy. Empty ones stay.
fn again(object: &mut Object<'static>, key: &str, number: usize) {
    if let Some(Json::Str(name)) = object.get_mut(key)
        && !name.is_empty()
    {
        *name = format!("{name}-{number}").into();
    }
}

/// A uid that belongs to the old one and the copy alone.
fn other_uid(object: &mut Object<'static>, key: &str, number: usize) {
    if let Some(Json::Str(uid)) = object.get_mut(key) {
        let hex = Digest::of(format!("{uid}/{number}").as_bytes()).hex();
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]];
        *uid = parts.join("-").into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, seal};

    #[test]
    fn copies_are_whole_clusters_of_their_own() {
        let text = "\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: a, uid: 1-2}}
- {apiVersion: v1, kind: Node, metadata: {name: node}}
- {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: a, uid: 3-4}, spec: {nodeName: node}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: b, namespace: a}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
  subjects: [{kind: ServiceAccount, name: default, namespace: a}]
- {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: x.y}}
";
        let files = vec![("list.yaml".to_string(), text.as_bytes().into())];
        let template = Template::of(&Entries { files, unread: Vec::new() });
        assert_eq!(template.len(), 5);
        let files = (0..3).map(|number| (format!("{number}.json"), template.copy(number).into())).collect();
        let kept = seal(&Entries { files, unread: Vec::new() }, &Options::fixed()).unwrap();
        assert_eq!(kept.sealed.seal.items, 3 * 4 + 1);
        let names = kept.names();
        for name in ["kubernetes//Node//node-2", "kubernetes//Pod/a-1/p", "kubernetes//Namespace//a"] {
            assert!(names.iter().any(|known| known == name), "{name} is not among {names:?}");
        }
        let copy = String::from_utf8(template.copy(2)).unwrap();
        assert!(copy.contains(r#""nodeName":"node-2""#) && copy.contains(r#""namespace":"a-2""#), "{copy}");
        assert!(copy.contains(r#""name":"view""#), "what the input does not hold keeps its name: {copy}");
        assert_eq!(template.copy(2), template.copy(2));
    }
}
