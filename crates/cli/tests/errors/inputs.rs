//! A folder with keys, bundles, and inputs that are wrong in one way each.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::common::{copy, run};
use crate::forge;

pub(crate) const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {containers: [{name: c, image: d}]}\n";

/// More than one item, one declared twice and differently, one with a withheld value.
const OBJECTS: &str = "apiVersion: v1
kind: Pod
metadata: {name: a, namespace: b}
spec: {containers: [{name: c, image: d}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: b}
data: {one: first}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: twice, namespace: b}
data: {one: first}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: twice, namespace: b}
data: {one: second}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: b}
stringData: {token: not-to-be-seen}
";

pub(crate) fn put(home: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn folder() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| put(home.path(), name, text);
    put("pod.yaml", POD);
    put("objects.yaml", OBJECTS);
    put("occupied/mine.txt", "x");
    put("no-controls/readme.txt", "x");
    put(
        "clusters.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, uid: 11111111-1111-4111-8111-111111111111}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, uid: 22222222-2222-4222-8222-222222222222}\n",
    );
    put("old-layout/oci-layout", "{\"imageLayoutVersion\":\"9.9.9\"}");
    put("old-layout/index.json", "{}");
    put("bad-index/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    put("bad-index/index.json", "[]");
    overlays(&put);
    archives(home.path());
    controls(home.path());
    for key in ["audit.key", "other.key"] {
        assert_eq!(run(home.path(), &["key", "generate", "--out", key]).code, 0);
    }
    for (name, key) in [("signed", Some("audit.key")), ("unsigned", None)] {
        let mut arguments = vec!["assess", "objects.yaml", "--at", "2026-11-24T06:00:00Z", "--out", name];
        arguments.extend(["--complete", "configmaps,secrets"]);
        arguments.extend(key.iter().flat_map(|key| ["--key", key]));
        assert!([3, 4].contains(&run(home.path(), &arguments).code));
    }
    let snapshot = ["snapshot", "objects.yaml", "--out", "sealed"];
    assert_eq!(run(home.path(), &snapshot).code, 0);
    for key in ["people.key", "other-people.key"] {
        assert_eq!(run(home.path(), &["key", "pseudonyms", "--out", key]).code, 0);
    }
    let people = ["snapshot", "objects.yaml", "--pseudonymise", "people.key", "--out", "people"];
    assert_eq!(run(home.path(), &people).code, 0);
    let named = ["assess", "pod.yaml", "--cluster", "a", "--out", "cluster-a"];
    assert!([3, 4].contains(&run(home.path(), &named).code));
    let one_pack = ["assess", "pod.yaml", "--pack", "cra", "--out", "one-pack"];
    assert!(run(home.path(), &one_pack).code > 1);
    let proof = ["items", "unsigned", "--show", "Pod/b/a", "--format", "json"];
    put("proof.json", &run(home.path(), &proof).out.replacen("\"index\":", "\"index\":1", 1));
    forge::all(home.path());
    broken_snapshot(home.path());
    home
}

/// A snapshot, not a bundle, with a layer that changed on its way.
fn broken_snapshot(home: &Path) {
    let broken = forge::Forge::copy(home, "sealed", "sealed-changed");
    let mut bytes = broken.bytes(".items.");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(broken.file(".items."), bytes).unwrap();
}

fn overlays(put: &dyn Fn(&str, &str)) {
    put("o-parameter/params.yaml", "format: nachweis-params/1\nparams: {nonsense: 1}\n");
    put("o-file/readme.txt", "x");
    put("o-empty/params.yaml", "");
    put("o-two/params.yaml", "format: nachweis-params/1\n---\nformat: nachweis-params/1\n");
    put("o-broken/params.yaml", "format: [\n");
    put("o-format/params.yaml", "format: nachweis-params/9\nparams: {}\n");
    put("o-field/controls/one/control.yaml", "format: nachweis-control/1\nid: one\ntitel: {}\n");
    put("o-type/params.yaml", "format: nachweis-params/1\nparams: {restore_interval_days_max: 90 days}\n");
    put("o-float/params.yaml", "format: nachweis-params/1\nparams: {restore_interval_days_max: 1.5}\n");
    let exemption = |id: &str, extra: &str| format!("  - {{id: {id}, control: resource-limits, {extra}}}\n");
    let head = "format: nachweis-exemptions/1\nexemptions:\n";
    let good = "reason: r, owner: a, approver: b, approved: 2026-01-01T00:00:00Z, expires: 2027-01-01T00:00:00Z, items: [\"kubernetes//Pod/b/a\"]";
    let with = |name: &str, text: &str| put(name, &format!("{head}{}", exemption("one", text)));
    put("o-id/exemptions.yaml", &format!("{head}{}{}", exemption("one", good), exemption("one", good)));
    with("o-owner/exemptions.yaml", &good.replace("approver: b", "approver: A"));
    with("o-reason/exemptions.yaml", &good.replace("reason: r", "reason: ' '"));
    let past = good.replace("2026", "2024").replace("2027", "2025");
    with("o-expired/exemptions.yaml", &past);
    with("o-expiry/exemptions.yaml", &good.replace("2027", "2025"));
    with("o-people/exemptions.yaml", &good.replace("Pod/b/a", "Pod/b/anna%40pay.example"));
    with("o-items/exemptions.yaml", &good.replace("[\"kubernetes//Pod/b/a\"]", "[]"));
}

/// Tar files that no program of ours wrote.
fn archives(home: &Path) {
    put(home, "broken.tar", "no tar");
    let mut links = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    links.append_link(&mut header, "index.json", "/etc/passwd").unwrap();
    put(home, "links.tar", links.into_inner().unwrap());

    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_path("blobs/").unwrap();
    header.set_size(0);
    header.set_cksum();
    let mut many = fs::File::create(home.join("many.tar")).unwrap();
    let thousand = header.as_bytes().repeat(1_000);
    (0..101).for_each(|_| many.write_all(&thousand).unwrap());
}

/// Controls with the mistakes that authors make: those of `tests/author`, and the ones that it lacks.
fn controls(home: &Path) {
    let author = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/author/controls");
    copy(&author, &home.join("mistakes/controls"));
    put(home, "mistakes/controls/misspelt/contrl.yaml", "");
    put(home, "mistakes/controls/second/control.yaml", SECOND);
    put(home, "odd-control/controls/second/control.yaml", SECOND);
    assert_eq!(run(home, &["catalog", "new", "owner-named", "--dir", "own"]).code, 0);
    let good = fs::read_to_string(home.join("own/owner-named/control.yaml")).unwrap();
    released(home, &good);
    put(
        home,
        "o-control/controls/owner-named/control.yaml",
        good.replace("params.owner_label", "params.nothing"),
    );
    put(home, "own-catalogue/obligations/dora.yaml", "format: [\n");
    put(home, "own-catalogue/data/none.json", "{}");
    put(home, "own-catalogue/controls/owner-named/control.yaml", &good);
    let big = home.join("too-big/controls/big");
    fs::create_dir_all(&big).unwrap();
    // No byte of it is written: the file is a hole.
    fs::File::create(big.join("control.yaml")).unwrap().set_len((4 << 20) + 1).unwrap();
}

/// A release, a control that differs from it since, and a part of a control that no case needs.
fn released(home: &Path, good: &str) {
    let release =
        ["catalog", "release", "0.9", "own", "--out", "own", "--valid-from", "2026-01-01T00:00:00Z"];
    assert_eq!(run(home, &release).code, 0);
    copy(&home.join("own"), &home.join("mutated"));
    let rule = "orValue('') != ''";
    let more = format!("{rule} && object.metadata.name != ''");
    put(home, "mutated/owner-named/control.yaml", good.replace(rule, &more));
    let row = "mutants:\n  - {field: predicate, was: 'true', now: 'false', because: it was so}\n";
    put(home, "mutated/owner-named/mutants.yaml", row);
    put(home, "own/owner-named/control.yaml", good.replace("severity: medium", "severity: high"));
}

const SECOND: &str = "format: nachweis-control/1
id: second
title: {en: A title, de: Ein Titel}
severity: high
obligations:
  - {id: DORA-9(2), relationship: subset-of, rationale: {en: Because., de: Darum.}}
  - {id: DORA-9(2), relationship: subset-of, rationale: {en: Because., de: Darum.}}
reads:
  - {resource: nodes, versions: []}
parameters:
  - {name: Not A Name, type: integer, unit: days, default: 1, source: {en: ours, de: unsere}}
  - {name: days_max, type: integer, unit: days, default: 1, source: {en: ours, de: unsere}}
  - {name: days_max, type: integer, unit: days, default: 1, source: {en: ours, de: unsere}}
population:
  of: [nodes]
unit: {en: nodes, de: Knoten}
predicate: related.networkPolicies.size() > params.days_max
reasons: []
on_empty: not-applicable
empty: {code: none-there, text: {en: never, de: nie}}
remediation: {en: Do., de: Tun.}
";

/// More than is kept in memory while reading: 24 MB of objects.
pub(crate) fn large() -> Vec<u8> {
    let text = "x".repeat(900_000);
    let objects: Vec<String> = (0..27)
        .map(|at| {
            format!(
                "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"c{at}\",\"namespace\":\"b\"}},\"data\":{{\"a\":\"{text}\"}}}}"
            )
        })
        .collect();
    format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}", objects.join(",")).into_bytes()
}

/// An encrypted key, made with a password.
pub(crate) fn encrypted_key(home: &Path) {
    let mut command = crate::common::program(home);
    command.env("NACHWEIS_KEY_PASSWORD", "secret");
    let made = command.args(["key", "generate", "--out", "locked.key", "--encrypt"]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
}
