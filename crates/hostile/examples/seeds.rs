//! Writes the inputs that fuzzing starts from into the folder that is named: `cargo run -p nachweis-hostile --example
//! seeds -- FOLDER`. All of them are ours: the shipped controls and example, and what is written down here.
#![allow(clippy::unwrap_used, missing_docs, reason = "a tool for the bench")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use nachweis_attest::sign_statement;
use nachweis_testkit::{Entries, Options, catalogue, example, key, seal};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    for (target, seeds) in [
        ("archive", archives()),
        ("bundle", edits()),
        ("cel", expressions()),
        ("envelope", proofs()),
        ("intake", inputs()),
        ("json", texts(JSON)),
        ("layout", vec![nachweis_hostile::good_layout()]),
        ("rules", rules()),
        ("yaml", [texts(YAML), manifests()].concat()),
    ] {
        let folder = folder.join(target);
        fs::create_dir_all(&folder).unwrap();
        for (at, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{at:03}")), seed).unwrap();
        }
    }
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

const JSON: &[&str] = &[
    r#"{"a":[1,-0,1.5e3,1e-7,18446744073709551616,true,false,null],"\u00e4\ud83d\ude00":"\n\u0000\"\\\/","a":2}"#,
    "[]",
    "\"x\"",
    " 12 ",
    "{\"\":{\"\":{}}}",
    "[1e400]",
    "[\"\\ud800\"]",
    "{\"z\":1,\"a\":2,\"\\u20ac\":3,\"\\ufb33\":4}",
    "[0.1,1e21,1e-6,4.9e-324,1.7976931348623157e308,9007199254740993]",
    "{\"a\":1}{\"b\":2}",
    "tru",
    "[[[[[[[[]]]]]]]]",
];

const YAML: &[&str] = &[
    "a: &a {x: 1}\nb: *a\nc:\n  <<: *a\n  y: 2\n",
    "- yes\n- 0644\n- 0x1F\n- 1_000\n- .inf\n- 2001-01-01\n- ~\n- 1:20:30\n",
    "a: |2-\n    text\n     more\nb: >+\n  folded\n\n  twice\n\n",
    "? complex\n: value\n? [a, b]\n: c\n",
    "%YAML 1.1\n%TAG !e! tag:example,2000:\n---\n!e!x a\n...\n---\n!!binary aGVsbG8=\n",
    "\"\\x41\\u00e4\\U0001F600\\\n  next\": 'it''s'\n",
    "{a: [1, {b: c}, \"d\"], e: !!str 1, \"f\":g}\n",
    "# comment\n---\n---\na: 1\n---\n# end\n",
    "a:\r\n  - b\r\n  -\tc\r\n",
    "\u{feff}a: b\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"a\":1},{\"b\":[2]}]}",
    "[{\"a\":1}]\n",
    "{\"a\":{\"x\":1},\"b\":{\"y\":2}}",
    "{{ if .Values.x }}\na: b\n{{ end }}\n",
    "a: b: c\n",
    "a: [1, 2\n",
    "- - - - x\n",
    "key: \"a\n  b\n\n  c\"\n",
    "a: 1\na: 2\n",
    "sops:\n  mac: x\na: ENC[AES]\n",
];

/// One small manifest of each control's cases.
fn manifests() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for folder in controls() {
        let input = folder.join("cases/satisfied/input");
        let files = fs::read_dir(input).into_iter().flatten().map(|entry| entry.unwrap().path());
        let mut files: Vec<Vec<u8>> =
            files.map(|path| fs::read(path).unwrap()).filter(|text| text.len() < 2_000).collect();
        files.sort();
        out.extend(files.into_iter().take(2));
    }
    out
}

fn controls() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/controls");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn rules() -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = controls()
        .iter()
        .map(|folder| [b"\0", &fs::read(folder.join("control.yaml")).unwrap()[..]].concat())
        .collect();
    let params = fs::read(example().join("../overlay/params.yaml")).unwrap();
    out.push([b"\x01", &params[..]].concat());
    out.push(
        b"\x01params:\n  payment_path_label: {a: b}\n  restore_interval_days_max: 90\n  x: 1.5\n".to_vec(),
    );
    out.push(
        b"\x02exemptions:\n  - id: e\n    control: resource-limits\n    items: {namespace: a, kind: Pod, name: 'b-*'}\n    reason: r\n    owner: o\n    approved_by: p\n    until: 2027-01-01T00:00:00Z\n"
            .to_vec(),
    );
    out
}

fn expressions() -> Vec<Vec<u8>> {
    let mut out = texts(&[
        "object.spec.containers.all(c, has(c.image) && c.image.matches('^r/[a-z]+:[0-9.]+$'))",
        "object.metadata.?labels['app'].orValue('') == params.labels.app",
        "quantity(object.spec.containers[0].cpu).isLessThan(quantity('1')) || 'x'.charAt(0) == \"x\"",
        "timestamp(object.metadata.creationTimestamp) + duration('24h') < asOf",
        "asOf.getFullYear('Europe/Berlin') + asOf.getDayOfWeek() + duration('1h30m').getMinutes()",
        "object.ips.map(i, ip(i)).filter(i, i.family() == 4).size() > 0 && cidr('10.0.0.0/8').containsIP('10.1.2.3')",
        "semver('1.2.3').isGreaterThan(semver('1.2.3-rc.1+b')) && isSemver('v1')",
        "[1, 2, 3].exists_one(x, x % 2 == 0) ? {'a': [1u, 2.5, b'\\xff']} : {1: true}",
        "'%s %d %x %.2f'.format(['a', 1, 255, 1.5])",
        "'a,b'.split(',', 2).join('-').upperAscii().replace('A', 'b').substring(1)",
        "type(1) == int && dyn('x') is string",
        "-9223372036854775808 / -1",
        "1.0 / 0.0 > 1e308",
        "r'\\d' + '''a\nb''' + \"\\u00e4\"",
        "url('https://u:p@h:8/x?y=z').getHostname()",
        "[[1, 2], [3]].flatten().sum() + lists.range(5).max()",
        "object.big > 1",
        "object.spec.token == 'x' || true",
        "optional.of(1).optMap(x, x + 1).value()",
        "has(object.a.b) && !(object.none == null)",
        "params.names.map(n, params.names.map(m, n + m))",
        "sets.contains([1], [1]) && sets.intersects([1], [2])",
        "'abc'.find('[a-b]+') + 'abc'.findAll('.', 2)[0] + string(1u) + string(b'a') + string(1.5)",
        "int('12') + int(1.9) + uint(3) + double('1e3')",
        "base64.encode(b'x') == 'eA==' && format.named('dns1123Label').hasValue()",
        "object.metadata.labels['a.b/c'] == ''\0{\"metadata\":{\"labels\":{\"a.b/c\":\"\"}}}",
    ]);
    for control in &catalogue().controls {
        let reasons = control.reasons.iter().filter_map(|reason| reason.when.clone());
        out.extend([control.predicate.clone()].into_iter().chain(reasons).map(String::into_bytes));
    }
    out.sort();
    out.dedup();
    out
}

/// One edit of each part of a bundle in each way.
fn edits() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for part in 0..12 {
        for how in 0..16 {
            out.push(vec![part, how, 0, 40 + part, 3, 2, b'"', b'1']);
        }
    }
    // Values that stand in documents, exchanged.
    for part in 3..12 {
        out.push([&[part, 10, 0, 0, 0, 30][..], br#"{"format":"nachweis-overlay/1"}"#].concat());
    }
    out
}

fn proofs() -> Vec<Vec<u8>> {
    let kept = seal(
        &Entries {
            files: vec![(
                "a.yaml".into(),
                b"apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"[..].into(),
            )],
            unread: Vec::new(),
        },
        &Options::fixed(),
    )
    .unwrap();
    let assessment = kept.assess(&nachweis_model::catalogue::Overlay::default());
    let statement = nachweis_verify::statement(&assessment, "seeds 0");
    let p256 = nachweis_attest::PrivateKey::generate_p256([7; 32]).unwrap();
    vec![
        sign_statement(&statement, &key(4)).unwrap(),
        sign_statement(&statement, &p256).unwrap(),
        key(4).public().to_pem().into_bytes(),
        p256.public().to_pem().into_bytes(),
        key(4).public().to_spki(),
        p256.public().to_spki(),
        key(4).to_pem().unwrap().as_bytes().to_vec(),
        p256.to_pem().unwrap().as_bytes().to_vec(),
        statement.to_bytes().unwrap(),
        format!("sha256:{}", "0a".repeat(32)).into_bytes(),
    ]
}

fn archives() -> Vec<Vec<u8>> {
    let files: [(&str, &[u8]); 4] =
        [("a.yaml", b"a: 1\n"), ("d/b.json", b"{}"), ("c.yaml.gz", &gzip(b"c: 3\n")), ("d/.git/HEAD", b"x")];
    let plain = tar_of(&files);
    let nested = tar_of(&[("inner.tar", &plain), ("inner.zip", &zip_of(&files))]);
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    let kinds: [Vec<u8>; 8] = [
        plain.clone(),
        zip_of(&files),
        gzip(&plain),
        zstd.clone(),
        gzip(b"a: 1\n"),
        zstd::encode_all(&b"a: 1\n"[..], 1).unwrap(),
        b"a: 1\n".to_vec(),
        b"{}".to_vec(),
    ];
    let mut out = Vec::new();
    for (at, bytes) in (0u8..).zip(kinds) {
        out.push([&[at][..], &bytes].concat());
        out.push([&[at | 0x80][..], &bytes].concat());
    }
    out.push([&[0][..], &nested].concat());
    out.push([&[0][..], &plain[..plain.len() / 2]].concat());
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_path("l").unwrap();
    link.set_link_name("../../etc").unwrap();
    link.set_size(0);
    link.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&link, &b""[..]).unwrap();
    let mut long = tar::Header::new_gnu();
    long.set_size(3);
    builder.append_data(&mut long, "n".repeat(150), &b"abc"[..]).unwrap();
    builder.append_pax_extensions([("path", "../up.yaml".as_bytes()), ("size", b"9999999999")]).unwrap();
    let mut file = tar::Header::new_ustar();
    file.set_path("p").unwrap();
    file.set_size(1);
    file.set_cksum();
    builder.append(&file, &b"x"[..]).unwrap();
    out.push([&[0][..], &builder.into_inner().unwrap()].concat());
    out
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Files as the target takes them: a byte of switches, then path, line end and content, a NUL byte between two.
fn inputs() -> Vec<Vec<u8>> {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b, uid: u}\nspec: {containers: [{name: c, image: 'r/c:latest', env: [{name: PASSWORD, value: hunter2}]}]}\n";
    let list = |kind: &str, item: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"{kind}List","metadata":{{"resourceVersion":"1"}},"items":[{item}]}}"#
        )
    };
    let sets = [
        format!("a.yaml\n{pod}"),
        format!("a.yaml\n{pod}\0b.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: b}}\ndata: {{a: aHVudGVyMg==}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{url: 'https://u:hunter2@h/'}}\n"),
        format!("cluster-resources/namespaces.json\n{}\0cluster-resources/pods/b.json\n{}\0cluster-resources/pods-errors.json\n{{\"c\":\"pods is forbidden\"}}\0version.yaml\napiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n", list("Namespace", r#"{"metadata":{"name":"b"}}"#), list("Pod", r#"{"metadata":{"name":"a","namespace":"b"}}"#)),
        format!("nodes.json\n{}\0b/pods.json\n{}\0b/events.json\n{}", list("Node", ""), list("Pod", r#"{"metadata":{"name":"a","namespace":"b"}}"#), list("Event", "")),
        format!("version\nopenshift/must-gather\n4.1\0namespaces/b/b.yaml\napiVersion: v1\nkind: Namespace\nmetadata: {{name: b}}\n\0namespaces/b/core/pods.yaml\n{}", list("Pod", "")),
        "metadata/version\n1.1.0\0velero-backup.json\n{\"apiVersion\":\"velero.io/v1\",\"kind\":\"Backup\",\"metadata\":{\"name\":\"x\"},\"spec\":{\"includedNamespaces\":[\"*\"]},\"status\":{\"phase\":\"Completed\"}}\0resources/pods/namespaces/b/a.json\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"}}".to_string(),
        "metadata.yaml\nkubernetesversion: v1.30.0\nbundlecreatedat: 2026-01-01T00:00:00Z\n\0yamls/cluster/v1/nodes.yaml\napiVersion: v1\nkind: NodeList\nitems: []\n".to_string(),
        "kustomization.yaml\nresources: [a.yaml, ../b]\npatches: [{path: p.yaml}]\n\0a.yaml\nkind: Pod\napiVersion: v1\nmetadata: {name: a}\n\0Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n\0templates/x.yaml\n{{ .Values }}\n".to_string(),
        "collections.json\n{\"format\":\"nachweis-collections/1\",\"cluster\":{\"name\":\"c\"},\"instant\":\"2026-11-20T06:00:00Z\",\"collections\":[{\"resource\":\"pods\",\"scope\":\"*\",\"status\":\"complete\",\"count\":0},{\"resource\":\"namespaces\",\"scope\":\"*\",\"status\":\"denied\"}]}".to_string(),
        "audit.yaml\napiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- {level: Metadata, resources: [{group: '', resources: [secrets, 'pods/*']}], verbs: [get], namespaces: ['']}\n- {level: None, nonResourceURLs: ['/healthz*'], userGroups: ['system:nodes']}\n".to_string(),
        "rbac.yaml\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: [{apiGroups: ['*'], resources: [secrets], verbs: ['*']}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: r}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}\nsubjects: [{kind: Group, name: g}, {kind: ServiceAccount, name: s, namespace: b}]\n".to_string(),
        "n.yaml\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: b}\nspec: {podSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}, policyTypes: [Ingress]}\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p, namespace: b}\nspec: {maxUnavailable: 50%, selector: {}}\n".to_string(),
        "bom.json\n{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"metadata\":{\"component\":{\"name\":\"x\"}},\"components\":[]}".to_string(),
    ];
    sets.iter().flat_map(|set| [[b"0", set.as_bytes()].concat(), [b"1", set.as_bytes()].concat()]).collect()
}
