//! Lists of people that tools keep as a text or in names of members: ConfigMaps and a Secret of Argo CD, a ConfigMap of EKS.

use nachweis_canon::{Json, Object};

use super::Pseudonyms;

/// Where the members lie that are called like local accounts of Argo CD.
pub(super) const ACCOUNT_MAPS: [&str; 2] = ["data", "stringData"];

/// What stands behind the name of an account in a member of Argo CD.
const OF_ACCOUNT: [&str; 4] = [".enabled", ".password", ".passwordMtime", ".tokens"];

/// True for the objects in which Argo CD keeps its local accounts.
pub(super) fn keeps_accounts(group: &str, kind: &str, name: &str) -> bool {
    group.is_empty() && matches!((kind, name), ("ConfigMap", "argocd-cm") | ("Secret", "argocd-secret"))
}

impl Pseudonyms {
    /// Changes the lists of people of a ConfigMap.
    pub(super) fn config_map(&self, body: &mut Json<'_>) {
        let name = body.text(&["metadata", "name"]).unwrap_or_default().to_string();
        let Some(Json::Obj(data)) = body.as_object_mut().and_then(|object| object.get_mut("data")) else {
            return;
        };
        if name == "aws-auth" {
            self.members(data, &|key| key.starts_with("map"), &|text| self.aws_auth(text));
        }
        if matches!(&*name, "argocd-cm" | "argocd-rbac-cm") {
            self.members(data, &|key| key.starts_with("policy.") && key.ends_with("csv"), &|text| {
                self.policy(text)
            });
        }
    }

    fn members(&self, data: &mut Object<'_>, wanted: &dyn Fn(&str) -> bool, change: &dyn Fn(&str) -> String) {
        for (key, value) in data.iter_mut() {
            if let (true, Json::Str(text)) = (wanted(key), &mut *value) {
                *text = change(text).into();
            }
        }
    }

    /// `username: anna` in the rows of aws-auth; ARNs are found by their shape.
    fn aws_auth(&self, text: &str) -> String {
        let line = |line: &str| {
            let (head, name) = line.split_once("username:")?;
            let plain = name.trim().trim_matches(['"', '\'', ',']);
            let start = head.len() + "username:".len() + name.find(plain)?;
            let pseudonym = self.user(plain)?;
            Some(format!("{}{pseudonym}{}", &line[..start], &line[start + plain.len()..]))
        };
        text.split('\n').map(|one| line(one).unwrap_or_else(|| one.into())).collect::<Vec<_>>().join("\n")
    }

    /// The subject of each row of an Argo CD policy: `p, SUBJECT, ...` and `g, SUBJECT, role:...`. A group cannot be
    /// told from a person there, unless a prefix does.
    pub(super) fn policy(&self, text: &str) -> String {
        let line = |line: &str| {
            let mut fields = line.splitn(3, ',');
            let (kind, subject) = (fields.next()?, fields.next()?);
            let plain = subject.trim().trim_matches('"');
            let stays =
                plain.starts_with("role:") || plain.starts_with("proj:") || plain.contains([':', '/']);
            if !matches!(kind.trim(), "p" | "g") || stays || plain.is_empty() {
                return None;
            }
            let start = kind.len() + 1 + subject.find(plain)?;
            let pseudonym = self.user(plain)?;
            Some(format!("{}{pseudonym}{}", &line[..start], &line[start + plain.len()..]))
        };
        text.split('\n').map(|one| line(one).unwrap_or_else(|| one.into())).collect::<Vec<_>>().join("\n")
    }

    /// Local accounts of Argo CD are members: `accounts.anna: login`.
    pub(super) fn accounts(&self, body: &mut Json<'_>) {
        for map in ACCOUNT_MAPS {
            let Some(Json::Obj(data)) = body.as_object_mut().and_then(|object| object.get_mut(map)) else {
                continue;
            };
            if data.iter().any(|(key, _)| self.account(key).is_some()) {
                let members = std::mem::take(data).into_members().into_iter();
                let renamed = members.map(|(key, value)| (self.account(&key).map_or(key, Into::into), value));
                *data = renamed.collect();
            }
        }
    }

    /// The name of a member for a local account of Argo CD.
    pub(super) fn account(&self, key: &str) -> Option<String> {
        let name = key.strip_prefix("accounts.")?;
        let name = OF_ACCOUNT.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let pseudonym = self.user(name)?;
        Some(format!("accounts.{pseudonym}{}", &key["accounts.".len() + name.len()..]))
    }
}
