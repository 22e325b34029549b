//! The release's own bill of materials: CycloneDX 1.6, from what cargo resolved for the platform.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::{Digest, Json, Limits, parse_bytes};

use crate::dist::Release;

/// Packages whose binaries are released.
const ROOTS: [&str; 2] = ["nachweis", "nachweis-verify"];

/// The document's bytes. `metadata`: `cargo metadata --filter-platform`; `lock`: Cargo.lock, for checksums.
pub fn document(release: &Release, metadata: &[u8], lock: &[u8]) -> Result<Vec<u8>, String> {
    let parsed = parse_bytes(metadata, &Limits::OURS).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = packages(&parsed.value);
    let edges = edges(&parsed.value);
    let linked = reachable(&packages, &edges);
    let checksums = checksums(&String::from_utf8_lossy(lock));
    let inside = |id: &&&str| packages.get(**id).is_some_and(|package| !ROOTS.contains(&package.name));
    let components = linked.iter().filter(inside).map(|id| packages[id].component(&checksums)).collect();
    let dependencies = linked.iter().map(|id| {
        let below: BTreeSet<String> =
            edges.get(id).into_iter().flatten().map(|id| packages[id].reference()).collect();
        Json::object([
            ("dependsOn", Json::Arr(below.into_iter().map(Json::str).collect())),
            ("ref", Json::str(packages[id].reference())),
        ])
    });
    let root = |name: &str| packages.values().find(|package| package.name == name).map(Package::reference);
    let binaries = release.binaries.iter().filter_map(|(name, bytes)| {
        Some(Json::object([
            ("bom-ref", Json::str(root(name)?)),
            ("hashes", sha256(&Digest::of(bytes).hex())),
            ("name", Json::str(*name)),
            ("type", Json::str("application")),
            ("version", Json::str(release.version.clone())),
        ]))
    });
    let whole = Json::object([
        ("bom-ref", Json::str("nachweis-release")),
        ("components", Json::Arr(binaries.collect())),
        ("licenses", licences(env!("CARGO_PKG_LICENSE"))),
        ("name", Json::str("nachweis")),
        ("type", Json::str("application")),
        ("version", Json::str(release.version.clone())),
    ]);
    let bom = Json::object([
        ("bomFormat", Json::str("CycloneDX")),
        ("components", Json::Arr(components)),
        ("dependencies", Json::Arr(dependencies.collect())),
        (
            "metadata",
            Json::object([("component", whole), ("timestamp", Json::str(release.instant.to_string()))]),
        ),
        ("specVersion", Json::str("1.6")),
        ("version", Json::Int(1)),
    ]);
    Ok(bom.canonical())
}

/// What cargo says of a package.
struct Package<'m> {
    name: &'m str,
    version: &'m str,
    licence: Option<&'m str>,
    /// runs in the compiler only
    macros: bool,
}

impl Package<'_> {
    fn reference(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }

    fn component(&self, checksums: &BTreeMap<(String, String), String>) -> Json<'static> {
        let mut members = vec![
            ("bom-ref", Json::str(self.reference())),
            ("name", Json::str(self.name.to_string())),
            ("purl", Json::str(self.reference())),
            ("scope", Json::str(if self.macros { "excluded" } else { "required" })),
            ("type", Json::str("library")),
            ("version", Json::str(self.version.to_string())),
        ];
        if let Some(sum) = checksums.get(&(self.name.to_string(), self.version.to_string())) {
            members.push(("hashes", sha256(sum)));
        }
        if let Some(licence) = self.licence {
            members.push(("licenses", licences(licence)));
        }
        Json::object(members)
    }
}

fn sha256(hex: &str) -> Json<'static> {
    Json::Arr(vec![Json::object([("alg", Json::str("SHA-256")), ("content", Json::str(hex.to_string()))])])
}

/// `MIT/Apache-2.0` is how old packages write what SPDX calls `MIT OR Apache-2.0`.
fn licences(expression: &str) -> Json<'static> {
    let expression = expression.replace(" / ", " OR ").replace('/', " OR ");
    Json::Arr(vec![Json::object([("expression", Json::str(expression))])])
}

fn packages<'m>(metadata: &'m Json<'_>) -> BTreeMap<&'m str, Package<'m>> {
    let read = |package: &'m Json<'_>| {
        let kinds = package.list(&["targets"]).iter().flat_map(|target| target.list(&["kind"]));
        let details = Package {
            name: package.text(&["name"])?,
            version: package.text(&["version"])?,
            licence: package.text(&["license"]),
            macros: kinds.filter_map(Json::as_str).any(|kind| kind == "proc-macro"),
        };
        Some((package.text(&["id"])?, details))
    };
    metadata.list(&["packages"]).iter().filter_map(read).collect()
}

/// Package -> what is linked into it or runs while it is compiled; not what its tests and build scripts need.
fn edges<'m>(metadata: &'m Json<'_>) -> BTreeMap<&'m str, Vec<&'m str>> {
    let normal = |dependency: &&'m Json<'_>| {
        dependency.list(&["dep_kinds"]).iter().any(|kind| kind.text(&["kind"]).is_none())
    };
    let read = |node: &'m Json<'_>| {
        let below = node.list(&["deps"]).iter().filter(normal).filter_map(|dep| dep.text(&["pkg"]));
        Some((node.text(&["id"])?, below.collect()))
    };
    metadata.list(&["resolve", "nodes"]).iter().filter_map(read).collect()
}

fn reachable<'m>(
    packages: &BTreeMap<&'m str, Package<'m>>,
    edges: &BTreeMap<&'m str, Vec<&'m str>>,
) -> Vec<&'m str> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> =
        packages.iter().filter(|(_, package)| ROOTS.contains(&package.name)).map(|(id, _)| *id).collect();
    while let Some(id) = open.pop() {
        if packages.contains_key(id) && seen.insert(id) {
            open.extend(edges.get(id).into_iter().flatten());
        }
    }
    seen.into_iter().collect()
}

/// Checksums of the lock file, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut sums = BTreeMap::new();
    for block in lock.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let start = format!("{key} = \"");
            let line = block.lines().find_map(|line| line.strip_prefix(&start))?;
            line.strip_suffix('"').map(str::to_string)
        };
        if let (Some(name), Some(version), Some(sum)) = (value("name"), value("version"), value("checksum")) {
            sums.insert((name, version), sum);
        }
    }
    sums
}
