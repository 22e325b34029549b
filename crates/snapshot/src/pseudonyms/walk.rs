//! The body of an object: every string of it once, with what its place says.

use nachweis_canon::{Json, Object};

use super::config::{ACCOUNT_MAPS, keeps_accounts};
use super::places::{self, Map};
use super::{PERSON, Pseudonyms};
use crate::path::visit_at;
use crate::withhold::{Mark, Packed, WITHHELD, base64};

impl Pseudonyms {
    /// Replaces the people in the body of an object. What cannot be rewritten is withheld; its places are added to `marks`,
    /// whose pointers are those of the body afterwards.
    pub(crate) fn body(&self, group: &str, kind: &str, body: &mut Json<'_>, marks: &mut Vec<Mark>) {
        let accounts = keeps_accounts(group, kind, body.text(&["metadata", "name"]).unwrap_or_default());
        for steps in places::users(group, kind) {
            visit_at(body, steps, &mut String::new(), &mut |value, _| {
                self.replace(value, |text| self.user(text))
            });
        }
        if let Some(Json::Str(name)) =
            body.as_object_mut().and_then(|o| o.get_mut("metadata")).and_then(name_of)
            && let Some(changed) = self.name(group, kind, name)
        {
            *name = changed.into();
        }
        if (group, kind) == ("", "ConfigMap") {
            self.config_map(body);
        }
        if accounts {
            self.accounts(body);
        }
        if (group, kind) == ("certificates.k8s.io", "CertificateSigningRequest") {
            requests(body, marks);
        }
        if kind == "ClusterRole" || kind == "Role" {
            self.impersonation(body);
        }
        let definition = kind == "CustomResourceDefinition";
        let mut walk = Walk { pseudonyms: self, fields: !definition, at: String::new(), marks: Vec::new() };
        walk.value(body, None, Map::Other);
        let inside = walk.marks;
        for mark in marks.iter_mut() {
            mark.pointer = self.pointer(&mark.pointer, accounts);
        }
        marks.extend(inside);
        marks.sort();
        marks.dedup_by(|later, earlier| later.pointer == earlier.pointer);
    }

    fn replace(&self, value: &mut Json<'_>, change: impl Fn(&str) -> Option<String>) {
        if let Json::Str(text) = value
            && let Some(changed) = change(text)
        {
            *text = changed.into();
        }
    }

    /// Users that a role may impersonate.
    fn impersonation(&self, body: &mut Json<'_>) {
        let Some(Json::Arr(rules)) = body.as_object_mut().and_then(|object| object.get_mut("rules")) else {
            return;
        };
        for rule in rules {
            let users = rule.list(&["resources"]).iter().any(|name| name.as_str() == Some("users"));
            let names = rule.as_object_mut().and_then(|rule| rule.get_mut("resourceNames"));
            if let (true, Some(Json::Arr(names))) = (users, names) {
                names.iter_mut().for_each(|name| self.replace(name, |text| self.user(text)));
            }
        }
    }

    /// A pointer into the body as it is afterwards. With `accounts`, members of `data` are local accounts of Argo CD.
    fn pointer(&self, pointer: &str, accounts: bool) -> String {
        let accounts = accounts && pointer.split('/').nth(1).is_some_and(|map| ACCOUNT_MAPS.contains(&map));
        let token = |token: &str| {
            let plain = token.replace("~1", "/").replace("~0", "~");
            let changed = self.text(&plain).or_else(|| self.account(&plain).filter(|_| accounts));
            changed.map_or_else(|| token.into(), |changed| changed.replace('~', "~0").replace('/', "~1"))
        };
        pointer.split('/').map(token).collect::<Vec<_>>().join("/")
    }
}

/// Requests and certificates of users hold the name in a form that cannot be rewritten.
fn requests(body: &mut Json<'_>, marks: &mut Vec<Mark>) {
    if body.text(&["spec", "username"]).is_some_and(|name| name.starts_with("system:")) {
        return;
    }
    for (part, name) in [("spec", "request"), ("status", "certificate")] {
        let value = body
            .as_object_mut()
            .and_then(|o| o.get_mut(part))
            .and_then(|part| part.as_object_mut()?.get_mut(name));
        if let Some(value @ Json::Str(_)) = value {
            *value = Json::str(WITHHELD);
            marks.push(Mark { pointer: format!("/{part}/{name}"), rule: PERSON });
        }
    }
}

fn name_of<'v, 'a>(metadata: &'v mut Json<'a>) -> Option<&'v mut Json<'a>> {
    metadata.as_object_mut()?.get_mut("name")
}

struct Walk<'p> {
    pseudonyms: &'p Pseudonyms,
    /// names of members say what stands there; in a definition they are names of fields
    fields: bool,
    at: String,
    marks: Vec<Mark>,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Json<'_>, name: Option<&str>, map: Map) {
        match value {
            Json::Str(text) => {
                let person = self.fields && name.is_some_and(|name| places::means_person(name, map));
                let changed = match person {
                    true => self.pseudonyms.people(text),
                    false => self.pseudonyms.text(text),
                };
                match changed {
                    Some(changed) => *text = changed.into(),
                    None if self.packs_people(text) => {
                        *value = Json::str(WITHHELD);
                        self.marks.push(Mark { pointer: self.at.clone(), rule: PERSON });
                    }
                    None => {}
                }
            }
            Json::Arr(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.below(&index.to_string(), |walk| walk.value(item, name, map));
                }
            }
            Json::Obj(object) => self.object(object, name),
            _ => {}
        }
    }

    fn below(&mut self, name: &str, act: impl FnOnce(&mut Self)) {
        let length = self.at.len();
        crate::path::push(&mut self.at, name);
        act(self);
        self.at.truncate(length);
    }

    fn object(&mut self, object: &mut Object<'_>, name: Option<&str>) {
        let map = name.map_or(Map::Other, Map::of);
        self.subject(object);
        if self.fields && name.is_some_and(|name| places::means_person(name, Map::Other)) {
            // `author: {name: Anna Muster, email: ...}`
            for (key, child) in object.iter_mut() {
                if matches!(key, "name" | "displayName" | "login" | "username" | "user") {
                    self.pseudonyms.replace(child, |text| self.pseudonyms.people(text));
                }
            }
        }
        if object.iter().any(|(key, _)| self.pseudonyms.text(key).is_some()) {
            let members = std::mem::take(object).into_members().into_iter();
            let renamed =
                members.map(|(key, value)| (self.pseudonyms.text(&key).map_or(key, Into::into), value));
            *object = renamed.collect();
        }
        for (key, child) in object.iter_mut() {
            self.below(key, |walk| walk.value(child, Some(key), map));
        }
    }

    /// Subjects of bindings, of flow schemas, of policies: `{kind: User, name: anna}`.
    fn subject(&self, object: &mut Object<'_>) {
        if object.get("kind").and_then(Json::as_str) != Some("User") || object.contains("metadata") {
            return;
        }
        let group = object.get("apiGroup").or_else(|| object.get("apiVersion")).and_then(Json::as_str);
        let group = group.unwrap_or_default().split('/').next().unwrap_or_default();
        if !["", "v1", "rbac.authorization.k8s.io", "user.openshift.io", "authorization.openshift.io"]
            .contains(&group)
        {
            return;
        }
        let user = |value: &mut Json<'_>| self.pseudonyms.replace(value, |text| self.pseudonyms.user(text));
        object.get_mut("name").into_iter().for_each(user);
        object.get_mut("user").and_then(name_of).into_iter().for_each(user);
    }

    /// True for base64 of a text that names people.
    fn packs_people(&self, text: &str) -> bool {
        matches!(base64(text), Some(Packed::Text(inner)) if self.pseudonyms.text(&inner).is_some() || self.packs_people(&inner))
    }
}
