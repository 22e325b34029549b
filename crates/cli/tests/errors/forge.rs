//! Bundles that were tampered with, by somebody who keeps every digest right that can be kept right.

use std::fs;
use std::path::{Path, PathBuf};

use nachweis_canon::{Digest, canonical_bytes};
use serde_json::{Value, json};

use crate::common::copy;

/// A folder with a bundle that is changed in place.
pub(crate) struct Forge(PathBuf);

/// Media types by a word of theirs.
const SEAL: &str = ".seal.";
const ITEMS: &str = ".items.";
pub(crate) const CATALOGUE: &str = ".catalogue.";
pub(crate) const OVERLAY: &str = ".overlay.";
pub(crate) const ASSESSMENT: &str = ".assessment.";
pub(crate) const ATTESTATION: &str = ".dsse.";

impl Forge {
    /// A copy of a bundle, to be changed.
    pub(crate) fn copy(home: &Path, from: &str, to: &str) -> Self {
        copy(&home.join(from), &home.join(to));
        Forge(home.join(to))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn blob(&self, digest: &str) -> PathBuf {
        self.0.join("blobs/sha256").join(digest.trim_start_matches("sha256:"))
    }

    fn put(&self, bytes: &[u8]) -> String {
        let digest = Digest::of(bytes).to_string();
        fs::write(self.blob(&digest), bytes).unwrap();
        digest
    }

    pub(crate) fn index(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("index.json")).unwrap()).unwrap()
    }

    pub(crate) fn set_index(&self, index: &Value) {
        fs::write(self.path("index.json"), index.to_string()).unwrap();
    }

    pub(crate) fn manifest(&self) -> Value {
        let digest = self.index()["manifests"][0]["digest"].as_str().unwrap().to_string();
        serde_json::from_slice(&fs::read(self.blob(&digest)).unwrap()).unwrap()
    }

    /// Makes other bytes the manifest.
    pub(crate) fn publish(&self, manifest: &Value) {
        let bytes = canonical_bytes(manifest);
        let mut index = self.index();
        index["manifests"][0]["digest"] = json!(self.put(&bytes));
        index["manifests"][0]["size"] = json!(bytes.len());
        self.set_index(&index);
    }

    fn at(&self, word: &str) -> usize {
        let manifest = self.manifest();
        let layers = manifest["layers"].as_array().unwrap();
        layers.iter().position(|layer| layer["mediaType"].as_str().unwrap().contains(word)).unwrap()
    }

    /// The file of the first layer whose media type holds a word.
    pub(crate) fn file(&self, word: &str) -> PathBuf {
        self.blob(self.manifest()["layers"][self.at(word)]["digest"].as_str().unwrap())
    }

    pub(crate) fn bytes(&self, word: &str) -> Vec<u8> {
        fs::read(self.file(word)).unwrap()
    }

    /// Puts other bytes into the place of a layer; its digest and size in the manifest are right.
    pub(crate) fn replace(&self, word: &str, bytes: &[u8]) {
        let mut manifest = self.manifest();
        let layer = &mut manifest["layers"][self.at(word)];
        layer["digest"] = json!(self.put(bytes));
        layer["size"] = json!(bytes.len());
        self.publish(&manifest);
    }

    /// Changes a JSON document, which stays canonical.
    pub(crate) fn edit(&self, word: &str, change: impl FnOnce(&mut Value)) {
        let mut value = serde_json::from_slice(&self.bytes(word)).unwrap();
        change(&mut value);
        self.replace(word, &canonical_bytes(&value));
    }

    pub(crate) fn edit_seal(&self, change: impl FnOnce(&mut Value)) {
        self.edit(SEAL, change);
    }

    /// The lines of the first layer of items.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = zstd::decode_all(&self.bytes(ITEMS)[..]).unwrap();
        String::from_utf8(text).unwrap().lines().map(str::to_string).collect()
    }

    /// Writes other lines.
    pub(crate) fn set_lines(&self, lines: &[String]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.replace(ITEMS, &zstd::encode_all(text.as_bytes(), 1).unwrap());
    }

    /// Puts bytes into the place of the compressed items.
    pub(crate) fn replace_items(&self, bytes: &[u8]) {
        self.replace(ITEMS, bytes);
    }
}

/// Every bundle that `damaged` below tells of, made from `unsigned` (unsigned) and `signed`.
pub(crate) fn all(home: &Path) {
    let from = |name: &str| Forge::copy(home, "unsigned", name);
    layouts(home, &from);
    documents(home, &from);
    items(&from);
    seals(&from);
}

/// Damage below the content: files, index, manifest, layers.
fn layouts(home: &Path, from: &dyn Fn(&str) -> Forge) {
    fs::remove_file(from("gap").file(CATALOGUE)).unwrap();
    let changed = from("changed");
    let mut bytes = changed.bytes(CATALOGUE);
    bytes[0] ^= 1;
    fs::write(changed.file(CATALOGUE), bytes).unwrap();
    let longer = from("longer");
    fs::write(longer.file(OVERLAY), [longer.bytes(OVERLAY), b"\n".to_vec()].concat()).unwrap();

    let linked = from("linked");
    fs::rename(linked.path("index.json"), home.join("index-elsewhere.json")).unwrap();
    link(&home.join("index-elsewhere.json"), &linked.path("index.json"));

    let none = from("no-manifest");
    let mut index = none.index();
    index["manifests"] = json!([]);
    none.set_index(&index);
    let two = from("two-manifests");
    let mut index = two.index();
    let mut other = index["manifests"][0].clone();
    other["digest"] = json!(format!("sha256:{}", "1".repeat(64)));
    index["manifests"].as_array_mut().unwrap().push(other);
    two.set_index(&index);
    let big = from("big-manifest");
    let mut index = big.index();
    index["manifests"][0]["size"] = json!(5 << 20);
    big.set_index(&index);
    from("odd-manifest").publish(&json!({"schemaVersion": 2}));
    let twice = from("two-seals");
    let mut manifest = twice.manifest();
    let seal = manifest["layers"][0].clone();
    manifest["layers"].as_array_mut().unwrap().push(seal);
    twice.publish(&manifest);

    from("no-zstd").replace_items(b"this does not decompress");
    let hole = from("empty-line");
    let mut lines = hole.lines();
    lines[0].clear();
    hole.set_lines(&lines);
}

/// Documents of a bundle that say something else than they did.
fn documents(home: &Path, from: &dyn Fn(&str) -> Forge) {
    from("odd-overlay").replace(OVERLAY, b"[]");
    from("other-overlay").edit(OVERLAY, |overlay| overlay["params"] = json!({"platform_namespaces": ["b"]}));
    from("weaker").edit(CATALOGUE, |catalogue| catalogue["controls"][0]["threshold"] = json!("1/100"));
    from("broken-control").edit(CATALOGUE, |catalogue| {
        for control in catalogue["controls"].as_array_mut().unwrap() {
            control["predicate"] = json!("object.(");
        }
    });
    let spaced = from("spaced");
    spaced.replace(ASSESSMENT, &[spaced.bytes(ASSESSMENT), b"\n".to_vec()].concat());
    from("other-total").edit(ASSESSMENT, |assessment| {
        let count = &mut assessment["totals"]["satisfied"];
        *count = json!(count.as_u64().unwrap() + 1);
    });
    from("other-verdict").edit(ASSESSMENT, |assessment| {
        let findings = assessment["findings"].as_array_mut().unwrap();
        let open = findings.iter_mut().find(|finding| finding["verdict"] != "satisfied").unwrap();
        open["verdict"] = json!("satisfied");
    });
    from("other-semantics").edit(ASSESSMENT, |assessment| assessment["semantics"] = json!(99));

    let signed = |name: &str| Forge::copy(home, "signed", name);
    signed("no-envelope").replace(ATTESTATION, b"{}");
    signed("other-assessment").edit(ASSESSMENT, |assessment| assessment["totals"]["satisfied"] = json!(77));
    signed("other-signature").edit(ATTESTATION, |envelope| {
        let signature = &mut envelope["signatures"][0]["sig"];
        let text = signature.as_str().unwrap();
        let first = if text.starts_with('A') { "B" } else { "A" };
        *signature = json!(format!("{first}{}", &text[1..]));
    });
}

/// Items that are not those of the seal.
fn items(from: &dyn Fn(&str) -> Forge) {
    let with = |name: &str, change: &dyn Fn(&mut Vec<String>)| {
        let forge = from(name);
        let mut lines = forge.lines();
        change(&mut lines);
        forge.set_lines(&lines);
    };
    with("no-line", &|lines| lines[0] = "no line of ours".into());
    with("one-less", &|lines| drop(lines.remove(0)));
    with("swapped", &|lines| lines.swap(0, 1));
    with("rewritten", &|lines| lines[0] = lines[0].replace("\"v1\"", "\"v2\""));
    with("blanks", &|lines| lines[0] = lines[0].replacen("{\"body\":", "{\"body\": ", 1));
    with("renamed", &|lines| {
        lines[0] = lines[0].replacen("\"metadata\":{\"name\":\"", "\"metadata\":{\"name\":\"x", 1);
    });
}

/// Seals that do not say what their items are.
fn seals(from: &dyn Fn(&str) -> Forge) {
    let with = |name: &str, change: &dyn Fn(&mut Value)| from(name).edit_seal(|seal| change(seal));
    with("odd-seal", &|seal| *seal = json!({}));
    with("other-seal-format", &|seal| seal["format"] = json!("nachweis-snapshot/9"));
    with("no-such-item", &|seal| seal["withheld"][0]["item"] = json!(99));
    with("no-conflict", &|seal| seal["conflicts"] = json!([]));
    with("not-withheld", &|seal| seal["withheld"][0]["pointers"] = json!(["/kind"]));
    with("one-more-kind", &|seal| seal["kinds"][0]["count"] = json!(77));
    with("one-more-item", &|seal| seal["collections"][0]["count"] = json!(77));
    with("unsorted", &|seal| seal["kinds"].as_array_mut().unwrap().reverse());
    with("other-snapshot", &|seal| seal["cluster"]["name"] = json!("another"));
}

#[cfg(unix)]
pub(crate) fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}
