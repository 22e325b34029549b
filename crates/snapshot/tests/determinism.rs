//! One input gives one id, in whatever order, over whatever number of threads, from folder or archive.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Files, Kept, complete, corpus, files, inline};
use nachweis_model::seal::Unread;
use nachweis_oci::MemoryStore;
use nachweis_snapshot::{FileSpool, Ingest, Resources, Settings};

fn seal(threads: usize, files: &Files, unread: &[Unread]) -> Kept {
    let store = MemoryStore::new();
    // Eight threads begin in the middle of the input, two at its start.
    let bytes = files.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>();
    let alone_bytes = if threads == 8 { bytes / 2 } else { 0 };
    let settings = Settings { threads, alone_bytes, ..complete(&["all"]) };
    let spool = FileSpool::new(tempfile::SpooledTempFile::new(1 << 20));
    let mut ingest = Ingest::new(settings, Resources::built_in(), spool);
    for (at, (path, bytes)) in files.iter().enumerate() {
        if at == files.len() / 2 {
            unread.iter().for_each(|u| ingest.unread(u.clone()));
        }
        ingest.entry(path, bytes.clone());
    }
    let sealed = ingest.finish(&store).unwrap();
    Kept { store, sealed }
}

/// Another order for every round.
fn shuffle(files: &mut Files, round: u64) {
    files.sort_by_key(|(path, _)| nachweis_canon::Digest::of(format!("{round} {path}").as_bytes()));
}

fn holds(mut all: Files, unread: &[Unread]) {
    let first = seal(1, &all, unread);
    let manifest = first.sealed.manifest().to_bytes();
    for (round, threads) in [1, 2, 8, 2, 8].into_iter().enumerate() {
        shuffle(&mut all, round as u64);
        let again = seal(threads, &all, unread);
        assert_eq!(again.sealed.seal, first.sealed.seal, "{threads} threads, round {round}");
        assert_eq!(again.sealed.id, first.sealed.id);
        assert_eq!(again.sealed.manifest().to_bytes(), manifest);
    }
}

#[test]
fn harvester_in_any_order() {
    let Some(path) = corpus("clusters/harvester-rke2-v1.21-2022-03-22.tar.gz") else { return };
    let (files, unread) = files(&path);
    holds(files, &unread);
}

#[test]
fn moj_in_any_order() {
    let Some(path) = corpus("clusters/moj-live-2026-01-30.tar.gz") else { return };
    let (files, unread) = files(&path);
    holds(files, &unread);
}

#[test]
fn awkward_files_in_any_order() {
    let pod = |value: &str| {
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: x, uid: u}}\nspec: {value}\n")
    };
    let (one, two, three) = (pod("1"), pod("2"), pod("3"));
    let crd = |scope: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: w}}\nspec: {{group: a.b, scope: {scope}, names: {{kind: W, plural: ws}}}}\n"
        )
    };
    let (cluster, namespaced) = (crd("Cluster"), crd("Namespaced"));
    let unread = [Unread {
        file: "link".into(),
        line: 0,
        column: 0,
        reason: "link".into(),
        detail: "a link".into(),
        ignored: false,
    }];
    let files = inline(&[
        ("a.yaml", &one),
        ("b.yaml", &two),
        ("c.yaml", &three),
        ("d.yaml", &one),
        ("e.yaml", "kind: [\n"),
        ("f.yaml", "a: 1\na: 2\n"),
        ("g.yaml", "apiVersion: a.b/v1\nkind: W\nmetadata: {name: w}\n"),
        ("h.yaml", &cluster),
        ("i.yaml", &namespaced),
        ("j/metadata.yaml", "kubernetesversion: v1\nbundlecreatedat: '2026-01-01T00:00:00Z'\n"),
        ("k/metadata.yaml", "kubernetesversion: v2\nbundlecreatedat: '2026-01-02T00:00:00Z'\n"),
        (
            "j/yamls/cluster/x.y/v1/ones.yaml",
            "kind: List\napiVersion: v1\nitems: [{apiVersion: x.y/v1, kind: K, metadata: {name: a}}]\n",
        ),
        (
            "k/yamls/cluster/x.y/v1/twos.yaml",
            "kind: List\napiVersion: v1\nitems: [{apiVersion: x.y/v1, kind: K, metadata: {name: b}}]\n",
        ),
    ]);
    holds(files, &unread);
}

#[test]
fn a_folder_and_its_archive_are_one_input() {
    let Some(path) = corpus("clusters/harvester-rke2-v1.21-2022-03-22.tar.gz") else { return };
    let (from_archive, _) = files(&path);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &from_archive {
        let target = folder.path().join(name);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
    let (from_folder, _) = files(folder.path());
    assert_eq!(seal(2, &from_folder, &[]).sealed.id, seal(1, &from_archive, &[]).sealed.id);
}

#[test]
fn weeks_share_layers() {
    let paths = ["clusters/moj-live-2026-01-30.tar.gz", "clusters/moj-live-2026-02-27.tar.gz"];
    let [Some(january), Some(february)] = paths.map(corpus) else { return };
    let layers = |path| seal(2, &files(path).0, &[]).sealed.layers;
    let (before, after) = (layers(&january), layers(&february));
    let bytes = |layers: &[nachweis_oci::Descriptor]| layers.iter().map(|layer| layer.size).sum::<u64>();
    let new: Vec<_> = after[1..].iter().filter(|layer| !before.contains(layer)).cloned().collect();
    let share = 100 * bytes(&new) / bytes(&after[1..]);
    assert!(share < 12, "{share} % of the bytes are new in {} layers", new.len());
}
