//! Field trees: which kinds and fields exist (`catalog/schemas`, format `kubernetes-field-trees/1`).

use std::collections::BTreeMap;

use nachweis_cel::check::{FieldType, Trees};
use serde::Deserialize;
use serde_json::Value;

fn field_type(node: &Value) -> Option<FieldType> {
    match node {
        Value::String(word) => Some(match word.as_str() {
            "string" => FieldType::String,
            "integer" => FieldType::Integer,
            "number" => FieldType::Number,
            "boolean" => FieldType::Boolean,
            "int-or-string" => FieldType::IntOrString,
            "quantity" => FieldType::Quantity,
            "time" => FieldType::Time,
            "opaque" => FieldType::Opaque,
            _ => return None,
        }),
        Value::Object(members) => {
            if let Some(name) = members.get("ref") {
                return Some(FieldType::Ref(name.as_str()?.to_string()));
            }
            let inner = |key: &str| members.get(key).and_then(field_type).map(Box::new);
            inner("array").map(FieldType::Array).or_else(|| inner("map").map(FieldType::Map))
        }
        _ => None,
    }
}

#[derive(Deserialize)]
struct File {
    kinds: Vec<KindRow>,
    types: BTreeMap<String, TypeRow>,
    /// fields that are added to types of files read before
    #[serde(default)]
    members: BTreeMap<String, BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
struct KindRow {
    #[serde(default)]
    group: String,
    version: String,
    kind: String,
    #[serde(default)]
    plural: Option<String>,
    #[serde(rename = "type", default)]
    type_name: Option<String>,
    #[serde(rename = "subresourceOf", default)]
    subresource_of: Option<Value>,
}

#[derive(Deserialize)]
struct TypeRow {
    #[serde(default)]
    fields: BTreeMap<String, Value>,
}

/// A kind of which the fields are known.
#[derive(Clone, Debug)]
pub struct KnownKind {
    /// kind
    pub kind: String,
    /// version -> name of the record type
    pub versions: BTreeMap<String, String>,
}

/// All field trees that the catalogue knows.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    resources: BTreeMap<String, KnownKind>,
    types: BTreeMap<String, BTreeMap<String, FieldType>>,
}

/// Field trees that this binary carries.
const EMBEDDED: &[(&str, &[u8])] = &[
    ("ack-eks.json", include_bytes!("../../../catalog/schemas/ack-eks.json")),
    ("argocd.json", include_bytes!("../../../catalog/schemas/argocd.json")),
    ("cert-manager.json", include_bytes!("../../../catalog/schemas/cert-manager.json")),
    ("cyclonedx.json", include_bytes!("../../../catalog/schemas/cyclonedx.json")),
    ("external-secrets.json", include_bytes!("../../../catalog/schemas/external-secrets.json")),
    ("istio.json", include_bytes!("../../../catalog/schemas/istio.json")),
    ("kube-apiserver-config.json", include_bytes!("../../../catalog/schemas/kube-apiserver-config.json")),
    ("kubelet-config.json", include_bytes!("../../../catalog/schemas/kubelet-config.json")),
    ("kubernetes-1.36.json", include_bytes!("../../../catalog/schemas/kubernetes-1.36.json")),
    // After the kinds that it adds a member to.
    ("nachweis.json", include_bytes!("../../../catalog/schemas/nachweis.json")),
    ("prometheus-operator.json", include_bytes!("../../../catalog/schemas/prometheus-operator.json")),
    ("velero.json", include_bytes!("../../../catalog/schemas/velero.json")),
];

impl Schemas {
    /// The field trees that this binary carries.
    ///
    /// # Errors
    /// If one of them is no field tree: a defect of this release, which a test would have shown.
    pub fn embedded() -> Result<Self, String> {
        let mut out = Schemas::default();
        for (name, bytes) in EMBEDDED {
            out.add(bytes).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(out)
    }

    /// Adds the kinds and types of one file.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        for row in file.kinds.into_iter().filter(|row| row.subresource_of.is_none()) {
            let (Some(plural), Some(type_name)) = (row.plural, row.type_name) else { continue };
            let resource = if row.group.is_empty() { plural } else { format!("{plural}.{}", row.group) };
            let known = self
                .resources
                .entry(resource)
                .or_insert_with(|| KnownKind { kind: row.kind, versions: BTreeMap::new() });
            known.versions.insert(row.version, type_name);
        }
        for (name, row) in file.types {
            let fields = row.fields.into_iter().map(|(field, node)| {
                let kind = field_type(&node).ok_or_else(|| format!("`{name}.{field}` has no type"))?;
                Ok((field, kind))
            });
            let fields: Result<BTreeMap<_, _>, String> = fields.collect();
            self.types.insert(name.clone(), fields?);
        }
        for (name, members) in file.members {
            let fields = self.types.get_mut(&name).ok_or_else(|| format!("there is no type `{name}`"))?;
            for (member, node) in members {
                let kind = field_type(&node).ok_or_else(|| format!("`{name}.{member}` has no type"))?;
                fields.insert(member, kind);
            }
        }
        Ok(())
    }

    /// The kind behind `plural.group`.
    pub fn resource(&self, resource: &str) -> Option<&KnownKind> {
        self.resources.get(resource)
    }

    /// All known resources, sorted.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.resources.keys().map(String::as_str)
    }

    /// Fields of a record type.
    pub fn record(&self, type_name: &str) -> Option<&BTreeMap<String, FieldType>> {
        self.types.get(type_name)
    }
}

impl Trees for Schemas {
    fn field(&self, type_name: &str, field: &str) -> Option<FieldType> {
        self.types.get(type_name)?.get(field).cloned()
    }

    fn fields(&self, type_name: &str) -> Vec<String> {
        self.types.get(type_name).map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_embedded_trees_leads_somewhere() {
        fn check(schemas: &Schemas, place: &str, kind: &FieldType, bad: &mut Vec<String>) {
            match kind {
                FieldType::Ref(name) if schemas.record(name).is_none() => {
                    bad.push(format!("{place} -> {name}"))
                }
                FieldType::Array(inner) | FieldType::Map(inner) => check(schemas, place, inner, bad),
                _ => {}
            }
        }
        let schemas = Schemas::embedded().unwrap();
        let mut bad = Vec::new();
        for (name, fields) in &schemas.types {
            for (field, kind) in fields {
                check(&schemas, &format!("{name}.{field}"), kind, &mut bad);
            }
        }
        for known in schemas.resources.values() {
            let types = known.versions.values().filter(|name| schemas.record(name).is_none());
            bad.extend(types.map(|name| format!("{} -> {name}", known.kind)));
        }
        assert_eq!(bad, Vec::<String>::new());
        assert!(
            schemas.resource("restores.velero.io").is_some_and(|known| known.versions.contains_key("v1"))
        );
        assert!(schemas.resource("pods").is_some());
        // What sealing adds to Secrets can be read by controls.
        let secret = schemas.resource("secrets").unwrap().versions["v1"].clone();
        assert!(schemas.field(&secret, "nachweis").is_some());
    }
}
