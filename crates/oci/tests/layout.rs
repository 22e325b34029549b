//! Layouts in folder, tar and memory: the same bytes everywhere, and nothing changed goes unnoticed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::Path;

use common::{files, line, small};
use nachweis_canon::Digest;
use nachweis_oci::{
    Blobs, BlobsMut, Code, Descriptor, FolderStore, LAYER_BYTES_MAX, LayerReader, LayoutFile, Manifest,
    MemoryStore, Problem, TarStore, check, media, publish, select, write_tar,
};

/// All that a reader of the layout is told: the manifest that was read, and every problem.
fn examine(store: &dyn Blobs, wanted: Option<&Digest>) -> (Option<Digest>, Vec<Problem>) {
    match select(store, wanted) {
        Err(problem) => (None, vec![problem]),
        Ok(selected) => (Some(selected.descriptor.digest), check(store, &selected)),
    }
}

fn codes(store: &dyn Blobs) -> Vec<&'static str> {
    examine(store, None).1.iter().map(|problem| problem.code.as_str()).collect()
}

fn lines(store: &dyn Blobs, descriptor: &Descriptor) -> Result<Vec<String>, Problem> {
    let mut reader = LayerReader::open(store, descriptor, LAYER_BYTES_MAX)?;
    let mut out = Vec::new();
    while let Some(line) = reader.next_line()? {
        out.push(String::from_utf8(line.to_vec()).unwrap());
    }
    Ok(out)
}

#[test]
fn one_layout_in_three_storages() {
    let home = tempfile::tempdir().unwrap();
    let memory = MemoryStore::new();
    let folder = FolderStore::create(home.path().join("layout")).unwrap().durable();
    let digest = small(&memory, Some("one")).digest;
    assert_eq!(small(&folder, Some("one")).digest, digest);

    let mut tars = Vec::new();
    for store in [&memory as &dyn Blobs, &folder] {
        let mut tar = Vec::new();
        write_tar(store, &mut tar).unwrap();
        tars.push(tar);
    }
    assert!(tars[0] == tars[1], "the tar file depends on the storage");
    let path = home.path().join("layout.tar");
    fs::write(&path, &tars[0]).unwrap();
    let tar = TarStore::open(&path).unwrap();
    let mut again = Vec::new();
    write_tar(&tar, &mut again).unwrap();
    assert!(again == tars[0]);

    let want: Vec<String> = (0..50).map(line).collect();
    for store in [&memory as &dyn Blobs, &folder, &tar] {
        assert_eq!(examine(store, None), (Some(digest), vec![]));
        assert_eq!(examine(store, Some(&digest)), (Some(digest), vec![]));
        let selected = select(store, None).unwrap();
        assert_eq!(selected.bytes, selected.manifest.to_bytes());
        assert_eq!(selected.manifest.artifact_type.as_deref(), Some(media::BUNDLE));
        assert_eq!(lines(store, selected.manifest.one(media::ITEMS).unwrap()).unwrap(), want);
    }
    let names: Vec<String> = files(folder.root());
    assert_eq!(names.len(), 2 + 9, "{names:?}");
    assert!(
        fs::read_dir(folder.root().join("blobs/sha256"))
            .unwrap()
            .all(|entry| { !entry.unwrap().file_name().to_string_lossy().starts_with('.') })
    );
}

#[test]
fn golden_manifest() {
    let store = MemoryStore::new();
    let descriptor = small(&store, None);
    let text = String::from_utf8(store.read(&descriptor, 1 << 20).unwrap()).unwrap();
    let start = concat!(
        r#"{"annotations":{"org.opencontainers.image.title":"example"},"artifactType":"application/vnd.nachweis.bundle.v1","#,
        r#""config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","#,
        r#""mediaType":"application/vnd.oci.empty.v1+json","size":2},"layers":[{"digest":"sha256:"#,
    );
    assert!(text.starts_with(start), "{text}");
    assert!(
        text.ends_with(r#"}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}"#),
        "{text}"
    );
    let index = String::from_utf8(store.file(LayoutFile::Index).unwrap()).unwrap();
    let want = format!(
        r#"{{"manifests":[{{"digest":"{}","mediaType":"application/vnd.oci.image.manifest.v1+json","size":{}}}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}}"#,
        descriptor.digest, descriptor.size
    );
    assert_eq!(index, want);
    assert_eq!(store.file(LayoutFile::Marker).unwrap(), br#"{"imageLayoutVersion":"1.0.0"}"#);
}

/// Every bit of every file. A changed blob is named; a changed `oci-layout` is named; a changed `index.json`
/// either fails, or selects the very same manifest (its notes are not part of the proof).
#[test]
fn every_flipped_bit_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::create(home.path()).unwrap();
    let good = small(&store, Some("one")).digest;
    for name in files(home.path()) {
        let path = home.path().join(&name);
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(&path, &changed).unwrap();
            let (selected, problems) = examine(&store, None);
            match name.strip_prefix("blobs/sha256/") {
                Some(hex) => {
                    let place = format!("sha256:{hex}");
                    let want = |problem: &Problem| problem.place == place && problem.code == Code::BlobDigest;
                    assert!(problems.iter().any(want), "{name} byte {at}: {problems:?}");
                    if place == good.to_string() {
                        assert_eq!(selected, None);
                    }
                }
                None if name == "oci-layout" => {
                    assert_eq!(problems[0].code, Code::LayoutVersion, "byte {at}: {problems:?}");
                    assert_eq!(problems[0].place, name);
                }
                None => assert!(!problems.is_empty() || selected == Some(good), "{name} byte {at}"),
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(examine(&store, None), (Some(good), vec![]));
}

#[test]
fn cut_grown_missing_and_swapped_blobs_are_named() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::create(home.path()).unwrap();
    small(&store, None);
    let blobs: Vec<String> =
        files(home.path()).into_iter().filter(|name| name.starts_with("blobs")).collect();
    for (at, name) in blobs.iter().enumerate() {
        let path = home.path().join(name);
        let bytes = fs::read(&path).unwrap();
        let place = name.replace("blobs/sha256/", "sha256:");
        let told = |code: Code| {
            let (_, problems) = examine(&store, None);
            assert!(
                problems.iter().any(|problem| problem.code == code && problem.place == place),
                "{problems:?}"
            );
        };
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        told(Code::BlobSize);
        fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        told(Code::BlobSize);
        fs::remove_file(&path).unwrap();
        told(Code::BlobMissing);
        let other = fs::read(home.path().join(&blobs[(at + 1) % blobs.len()])).unwrap_or_default();
        fs::write(&path, &other).unwrap();
        assert!(examine(&store, None).1.iter().any(|problem| problem.place == place));
        fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(codes(&store), Vec::<&str>::new());
}

#[test]
fn what_lies_beside_the_evidence_is_listed() {
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::create(home.path()).unwrap();
    small(&store, None);
    let extra = store.put("x", b"extra").unwrap();
    fs::write(home.path().join("README"), "hello").unwrap();
    fs::write(home.path().join("blobs/sha256/.new-left"), "cut").unwrap();
    fs::create_dir(home.path().join("blobs/sha512")).unwrap();
    let (_, problems) = examine(&store, None);
    let told: Vec<(&str, &str)> = problems.iter().map(|p| (p.code.as_str(), p.place.as_str())).collect();
    let extra = extra.digest.to_string();
    assert_eq!(
        told,
        [
            ("layout-stray", "README"),
            ("layout-stray", "blobs/sha256/.new-left"),
            ("layout-stray", "blobs/sha512"),
            ("blob-unreferenced", extra.as_str()),
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("layout");
    let store = FolderStore::create(&root).unwrap();
    let descriptor = small(&store, None);
    let seal = select(&store, None).unwrap().manifest.one(media::SEAL).unwrap().digest;
    let replace = |name: &str, code: &str, place: &str| {
        let (path, aside) = (root.join(name), home.path().join("aside"));
        fs::rename(&path, &aside).unwrap();
        // The very same bytes, reached through a link.
        symlink(&aside, &path).unwrap();
        let (_, problems) = examine(&store, None);
        let told = problems.iter().any(|problem| problem.code.as_str() == code && problem.place == place);
        assert!(told, "{name}: {problems:?}");
        fs::remove_file(&path).unwrap();
        fs::rename(&aside, &path).unwrap();
    };
    replace(&format!("blobs/sha256/{}", seal.hex()), "layout-not-a-file", &seal.to_string());
    replace(
        &format!("blobs/sha256/{}", descriptor.digest.hex()),
        "layout-not-a-file",
        &descriptor.digest.to_string(),
    );
    replace("index.json", "layout-not-a-file", "index.json");
    replace("oci-layout", "layout-not-a-file", "oci-layout");
    replace("blobs", "layout-not-a-file", "blobs");
    replace("blobs/sha256", "layout-not-a-file", "blobs/sha256");
    assert_eq!(codes(&store), Vec::<&str>::new());
}

#[test]
fn the_index_selects_and_proves_nothing() {
    let store = MemoryStore::new();
    let one = small(&store, Some("one"));
    let mut other = select(&store, None).unwrap().manifest;
    other.annotations.clear();
    let two = publish(&store, &other, Some("two")).unwrap();
    assert_eq!(codes(&store), ["index-ambiguous"]);
    assert_eq!(examine(&store, Some(&one.digest)), (Some(one.digest), vec![]));
    assert_eq!(examine(&store, Some(&two.digest)), (Some(two.digest), vec![]));
    // The same tag again takes the place of the old manifest.
    publish(&store, &other, Some("one")).unwrap();
    assert_eq!(select(&store, None).unwrap().descriptor.digest, two.digest);

    let put = |text: String| store.put_file(LayoutFile::Index, text.as_bytes()).unwrap();
    let entry = |kind: &str, digest: &str, size: u64| {
        format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{kind}","digest":"{digest}","size":{size}}}]}}"#
        )
    };
    let digest = two.digest.to_string();
    put(entry(media::MANIFEST, &digest, two.size));
    assert_eq!(select(&store, None).unwrap().descriptor.digest, two.digest);
    for (text, code) in [
        (entry(media::INDEX, &digest, two.size), "index-empty"),
        (entry(media::MANIFEST, &digest, two.size + 1), "blob-size-mismatch"),
        (entry(media::MANIFEST, &digest, 5 << 20), "document-too-big"),
        (entry(media::MANIFEST, &Digest::of(b"none").to_string(), 1), "blob-missing"),
        (entry(media::MANIFEST, "sha256:../../../etc/passwd", 1), "index-malformed"),
        (entry(media::MANIFEST, "../index.json", 1), "index-malformed"),
        (entry(media::MANIFEST, &digest.to_uppercase(), two.size), "index-malformed"),
        (entry(media::MANIFEST, &digest.replace("sha256", "sha512"), two.size), "index-malformed"),
        (r#"{"schemaVersion":2,"manifests":[]}"#.into(), "index-empty"),
        (r#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#.into(), "index-malformed"),
        (r#"{"schemaVersion":1,"manifests":[]}"#.into(), "index-malformed"),
        ("[".repeat(1 << 20), "index-malformed"),
        (" ".repeat(5 << 20), "document-too-big"),
    ] {
        put(text.clone());
        assert_eq!(codes(&store), [code], "{}", &text[..text.len().min(200)]);
        assert_eq!(examine(&store, Some(&two.digest)).0, Some(two.digest), "a digest needs no index");
    }
}

#[test]
fn odd_manifests_are_refused() {
    let good = String::from_utf8(Manifest::artifact(media::SNAPSHOT).to_bytes()).unwrap();
    assert_eq!(Manifest::from_bytes(good.as_bytes(), "m").unwrap(), Manifest::artifact(media::SNAPSHOT));
    let future = good.replace("{\"artifactType\"", "{\"Future\":[],\"artifactType\"");
    assert_eq!(Manifest::from_bytes(future.as_bytes(), "m").unwrap(), Manifest::artifact(media::SNAPSHOT));
    for (from, to) in [
        ("\"schemaVersion\":2", "\"schemaVersion\":3"),
        ("\"schemaVersion\":2", "\"schemaVersion\":2,\"schemaVersion\":2"),
        ("\"artifactType\":\"application/vnd.nachweis.snapshot.v1\"", "\"artifactType\":1"),
        ("image.manifest", "image.index"),
        ("\"config\"", "\"configs\""),
        ("\"layers\":[]", "\"layers\":{}"),
        ("\"layers\":[]", "\"layers\":[{}]"),
        ("\"size\":2", "\"size\":-2"),
        ("\"size\":2", "\"size\":2.5"),
        ("\"size\":2", "\"size\":99999999999999999999"),
        ("\"layers\":[]", "\"layers\":[],\"annotations\":{\"a\":1}"),
        ("sha256:44136", "sha256:44136/"),
    ] {
        let changed = good.replace(from, to);
        assert_ne!(changed, good);
        let problem = Manifest::from_bytes(changed.as_bytes(), "m").unwrap_err();
        assert_eq!((problem.code, problem.place.as_str()), (Code::ManifestMalformed, "m"), "{changed}");
    }
    let store = MemoryStore::new();
    small(&store, None);
    let mut manifest = select(&store, None).unwrap().manifest;
    assert_eq!(manifest.one("application/none").unwrap_err().code, Code::ManifestContent);
    manifest.layers.push(manifest.layers[0].clone());
    assert_eq!(manifest.one(media::SEAL).unwrap_err().code, Code::ManifestContent);
}

#[test]
fn a_manifest_is_published_only_over_its_blobs() {
    let store = MemoryStore::new();
    let mut manifest = Manifest::artifact(media::SNAPSHOT);
    manifest.layers.push(Descriptor::of(media::SEAL, b"{}{}"));
    assert_eq!(publish(&store, &manifest, None).unwrap_err().code, Code::BlobMissing);
    assert_eq!(store.file(LayoutFile::Index).unwrap_err().code, Code::LayoutMissing);
    assert_eq!(codes(&store), ["layout-missing"]);
    store.put(media::SEAL, b"{}{}").unwrap();
    for tag in ["", "-a", ".a", "a b", "a/b", "ä", &"a".repeat(129)] {
        assert_eq!(publish(&store, &manifest, Some(tag)).unwrap_err().code, Code::TagInvalid, "{tag}");
    }
    publish(&store, &manifest, Some("2026-03-03_prod.eu-1")).unwrap();
    assert_eq!(codes(&store), Vec::<&str>::new());
}

#[test]
fn an_unfinished_blob_leaves_nothing() {
    use std::io::Write as _;
    let home = tempfile::tempdir().unwrap();
    let store = FolderStore::create(home.path()).unwrap();
    let mut blob = store.create().unwrap();
    blob.write_all(&vec![7; 1 << 20]).unwrap();
    drop(blob);
    assert_eq!(fs::read_dir(home.path().join("blobs/sha256")).unwrap().count(), 0);
    let missing = FolderStore::open(home.path().join("nowhere"));
    assert_eq!(codes(&missing), ["layout-missing"]);
    assert_eq!(codes(&FolderStore::open(Path::new("/dev/null"))).len(), 1);
}
