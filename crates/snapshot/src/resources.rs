//! Which resources exist: kind, plural, scope, short names, and who makes their objects.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use nachweis_canon::{Json, Limits, parse_bytes};

const TABLE: &str = include_str!("../data/resources.txt");

/// Where objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KindScope {
    /// in a namespace
    Namespaced,
    /// in no namespace
    Cluster,
    /// in a file of configuration: no API server serves the kind
    File,
}

impl KindScope {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            KindScope::Namespaced => "Namespaced",
            KindScope::Cluster => "Cluster",
            KindScope::File => "File",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [KindScope::Namespaced, KindScope::Cluster, KindScope::File].into_iter().find(|s| s.as_str() == word)
    }
}

/// How sure a row is: lower wins over higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// served by Kubernetes 1.36 itself
    Kubernetes,
    /// a CustomResourceDefinition of the input
    Definition,
    /// the second section of our table
    WellKnown,
    /// derived from a dump's paths or from the kind's name
    Derived,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// how sure the row is
    pub tier: Tier,
    /// API group, empty for the core group
    pub group: String,
    /// kind
    pub kind: String,
    /// plural, as in URLs
    pub plural: String,
    /// where its objects live
    pub scope: KindScope,
    /// controllers make its objects, nobody declares them
    pub made: bool,
    /// short names
    pub short: Vec<String>,
}

impl Resource {
    /// `plural.group`, the plural alone in the core group: the key of collections.
    pub fn key(&self) -> String {
        key(&self.plural, &self.group)
    }
}

/// `plural.group`, the plural alone in the core group.
pub fn key(plural: &str, group: &str) -> String {
    if group.is_empty() { plural.to_string() } else { format!("{plural}.{group}") }
}

/// A name on the command line that is no resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// several resources answer to it
    Ambiguous {
        /// as given
        name: String,
        /// keys of the resources, sorted
        candidates: Vec<String>,
    },
    /// no resource answers to it
    Unknown {
        /// as given
        name: String,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Ambiguous { name, candidates } => {
                write!(f, "`{name}` means several resources: say {}", candidates.join(" or "))
            }
            NameError::Unknown { name } => {
                write!(
                    f,
                    "`{name}` is no resource that is known: say plural.group, such as `deployments.apps`"
                )
            }
        }
    }
}

impl std::error::Error for NameError {}

/// All resources that are known without reading an input, and those that an input adds.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// by group and kind
    rows: BTreeMap<String, BTreeMap<String, Resource>>,
    /// scope of every kind of a group that has no row of its own
    groups: BTreeMap<String, KindScope>,
}

static BUILT_IN: LazyLock<Resources> = LazyLock::new(|| Resources::from_table(TABLE));

impl Resources {
    /// The resources of Kubernetes 1.36 and some well-known ones.
    pub fn built_in() -> &'static Resources {
        &BUILT_IN
    }

    fn from_table(table: &str) -> Self {
        let mut out = Resources::default();
        let mut tier = Tier::Kubernetes;
        for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                tier = if line == "[kubernetes-1.36]" { Tier::Kubernetes } else { Tier::WellKnown };
                continue;
            }
            let words: Vec<&str> = line.split(' ').collect();
            let [group, kind, plural, scope, made, short] = words[..] else {
                unreachable!("the table is part of this crate and a test reads it: {line}")
            };
            let group = if group == "-" { "" } else { group };
            let scope = KindScope::from_word(scope).unwrap_or(KindScope::Namespaced);
            if kind == "*" {
                out.groups.insert(group.to_string(), scope);
                continue;
            }
            out.add(Resource {
                tier,
                group: group.into(),
                kind: kind.into(),
                plural: plural.into(),
                scope,
                made: made == "made",
                short: short.split(',').filter(|name| *name != "-").map(str::to_string).collect(),
            });
        }
        out
    }

    /// Adds the kinds of a field-tree file (`catalog/schemas/README.md`) that are not there yet.
    pub fn add_field_tree(&mut self, bytes: &[u8]) -> Result<(), String> {
        let parsed = parse_bytes(bytes, &Limits::OURS).map_err(|error| error.to_string())?;
        for kind in parsed.value.list(&["kinds"]) {
            let text = |name: &str| kind.text(&[name]).unwrap_or_default().to_string();
            let file = kind.text(&["source"]) == Some("file");
            let listed = kind.list(&["verbs"]).iter().any(|verb| verb.as_str() == Some("list"));
            if kind.get("plural").is_none() || !(file || listed) {
                continue;
            }
            let scope = if file { KindScope::File } else { scope_of(&text("scope")) };
            let short = kind.list(&["shortNames"]).iter().filter_map(|s| Some(s.as_str()?.to_string()));
            let (group, kind, plural) = (text("group"), text("kind"), text("plural"));
            let tier = Tier::WellKnown;
            self.add(Resource { tier, group, kind, plural, scope, made: false, short: short.collect() });
        }
        Ok(())
    }

    /// Adds a resource; of two rows for one kind the surer one stays, then the smaller one.
    pub fn add(&mut self, row: Resource) {
        let group = self.rows.entry(row.group.clone()).or_default();
        match group.get(&row.kind) {
            Some(there) if *there <= row => {}
            _ => {
                group.insert(row.kind.clone(), row);
            }
        }
    }

    /// The row of a kind.
    pub fn get(&self, group: &str, kind: &str) -> Option<&Resource> {
        self.rows.get(group)?.get(kind)
    }

    /// Where objects of a kind live, if that is known.
    pub fn scope(&self, group: &str, kind: &str) -> Option<KindScope> {
        let row = self.get(group, kind).map(|row| row.scope);
        row.or_else(|| self.groups.get(group).copied())
    }

    /// True for a kind that Kubernetes 1.36 serves itself.
    pub fn is_kubernetes(&self, group: &str, kind: &str) -> bool {
        self.get(group, kind).is_some_and(|row| row.tier == Tier::Kubernetes)
    }

    /// `plural.group` of a kind; of an unknown one the plural is guessed from its name.
    pub fn key_of(&self, group: &str, kind: &str) -> String {
        self.get(group, kind).map_or_else(|| key(&pluralise(kind), group), Resource::key)
    }

    /// The resource that has a key.
    pub fn by_key(&self, wanted: &str) -> Option<&Resource> {
        let (plural, group) = wanted.split_once('.').unwrap_or((wanted, ""));
        self.rows.get(group)?.values().filter(|row| row.plural == plural).min()
    }

    /// Every row, sorted by group and kind.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.rows.values().flat_map(BTreeMap::values)
    }

    /// The key for a name as people give it: kind, singular, plural, short name, or `plural.group`, in any case.
    /// Where kinds of Kubernetes itself answer to the name, others are not looked at.
    pub fn resolve(&self, name: &str) -> Result<String, NameError> {
        let wanted = name.trim().to_ascii_lowercase();
        let mut found: Vec<(Tier, String)> = Vec::new();
        for row in self.iter() {
            let simple = [row.kind.to_ascii_lowercase(), row.plural.clone()];
            let known = simple.iter().chain(&row.short).any(|word| *word == wanted);
            let qualified = || simple.iter().any(|word| key(word, &row.group) == wanted);
            // Kinds that moved to another group answer to their full name only.
            if (known && row.group != "extensions") || qualified() {
                found.push((row.tier.min(Tier::Definition), row.key()));
            }
        }
        // Rows of the input and of the second section are equally sure here: only Kubernetes' own kinds go first.
        let best = found.iter().map(|(tier, _)| *tier == Tier::Kubernetes).max().unwrap_or(false);
        let mut keys: Vec<String> = found
            .into_iter()
            .filter(|(tier, _)| (*tier == Tier::Kubernetes) == best)
            .map(|(_, key)| key)
            .collect();
        keys.sort();
        keys.dedup();
        match keys.len() {
            1 => Ok(keys.remove(0)),
            0 if is_qualified(&wanted) => Ok(wanted),
            0 => Err(NameError::Unknown { name: name.into() }),
            _ => Err(NameError::Ambiguous { name: name.into(), candidates: keys }),
        }
    }

    /// The table as data for a catalogue release: it decides identities and which names mean what.
    pub fn to_json(&self) -> Json<'static> {
        let rows = self.iter().map(|row| {
            Json::object([
                ("group", Json::str(row.group.clone())),
                ("kind", Json::str(row.kind.clone())),
                ("plural", Json::str(row.plural.clone())),
                ("scope", Json::str(row.scope.as_str())),
                ("kubernetes", Json::Bool(row.tier == Tier::Kubernetes)),
                ("made", Json::Bool(row.made)),
                ("short", Json::Arr(row.short.iter().cloned().map(Json::str).collect())),
            ])
        });
        let groups = self.groups.iter().map(|(group, scope)| (group.clone(), Json::str(scope.as_str())));
        Json::object([
            ("format", Json::str("nachweis-resources/1")),
            ("rows", Json::Arr(rows.collect())),
            ("groups", Json::object(groups)),
        ])
    }
}

fn scope_of(word: &str) -> KindScope {
    if word == "Cluster" { KindScope::Cluster } else { KindScope::Namespaced }
}

/// A full key of a custom resource: a plural, a dot, and a group with a dot of its own.
fn is_qualified(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.chars().all(plain) && name.split('.').count() >= 3 && name.split('.').all(|part| !part.is_empty())
}

/// The plural of a kind by the usual rule of English.
fn pluralise(kind: &str) -> String {
    let lower = kind.to_lowercase();
    let ends = |end: &str| lower.ends_with(end);
    if let Some(stem) = lower.strip_suffix('y')
        && !stem.ends_with(['a', 'e', 'i', 'o', 'u'])
    {
        return format!("{stem}ies");
    }
    if ends("s") || ends("x") || ends("ch") || ends("sh") {
        format!("{lower}es")
    } else {
        format!("{lower}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_form_are_resolved() {
        let resources = Resources::built_in();
        for (name, key) in [
            ("Pod", "pods"),
            ("po", "pods"),
            ("pods", "pods"),
            ("deploy", "deployments.apps"),
            ("Deployment", "deployments.apps"),
            ("deployments.apps", "deployments.apps"),
            ("netpol", "networkpolicies.networking.k8s.io"),
            ("networkpolicies", "networkpolicies.networking.k8s.io"),
            ("ing", "ingresses.networking.k8s.io"),
            ("Secret", "secrets"),
            ("ingresses.extensions", "ingresses.extensions"),
            ("Ingress.extensions", "ingresses.extensions"),
            ("widgets.example.org", "widgets.example.org"),
            ("Certificate", "certificates.cert-manager.io"),
        ] {
            assert_eq!(resources.resolve(name).as_deref(), Ok(key), "{name}");
        }
    }

    #[test]
    fn ambiguous_and_unknown_names_are_refused() {
        let resources = Resources::built_in();
        let ambiguous = |name: &str, candidates: &[&str]| {
            let candidates = candidates.iter().map(|c| c.to_string()).collect();
            assert_eq!(resources.resolve(name), Err(NameError::Ambiguous { name: name.into(), candidates }));
        };
        ambiguous("Event", &["events", "events.events.k8s.io"]);
        ambiguous("gateways", &["gateways.gateway.networking.k8s.io", "gateways.networking.istio.io"]);
        ambiguous("Policy", &["policies.audit.k8s.io", "policies.kyverno.io"]);
        for name in ["netwrkpolicies", "", "a..b.c", "pods.", "deployments.ap"] {
            assert_eq!(resources.resolve(name), Err(NameError::Unknown { name: name.into() }));
        }
    }

    #[test]
    fn plurals_of_unknown_kinds() {
        for (kind, plural) in
            [("Gateway", "gateways"), ("Policy", "policies"), ("Mesh", "meshes"), ("Alias", "aliases")]
        {
            assert_eq!(pluralise(kind), plural);
        }
        assert_eq!(Resources::built_in().key_of("a.b", "Box"), "boxes.a.b");
    }

    #[test]
    fn the_surer_row_stays_whatever_the_order() {
        let row = |tier, plural: &str| Resource {
            tier,
            group: "g".into(),
            kind: "K".into(),
            plural: plural.into(),
            scope: KindScope::Cluster,
            made: false,
            short: Vec::new(),
        };
        let rows = [row(Tier::Derived, "a"), row(Tier::Definition, "c"), row(Tier::Definition, "b")];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut resources = Resources::default();
            order.iter().for_each(|&at| resources.add(rows[at].clone()));
            assert_eq!(resources.key_of("g", "K"), "b.g");
        }
    }
}
