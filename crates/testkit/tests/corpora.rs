//! Recorded clusters, from their files to a verified bundle. What the seals hold is tested in the snapshot room.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use nachweis_canon::{Digest, canonical_bytes};
use nachweis_model::catalogue::Overlay;
use nachweis_oci::{Descriptor, media};
use nachweis_testkit::{Entries, Kept, Options, Resolved, bundle, corpus, key, resolve, seal};
use nachweis_verify::{Settings, verify};

const HARVESTER: &str = "clusters/harvester-rke2-v1.21-2022-03-22.tar.gz";
const MOJ: &str = "clusters/moj-live-2026-01-30.tar.gz";
const SCALE: &str = "clusters/kwok-scale-15267-objects.json.zip";

const MOJ_LATER: &str = "clusters/moj-live-2026-02-27.tar.gz";

/// The one file of the MoJ repository that is cipher text.
const CIPHER: &str = "monitoring/oidc-components-secret.yaml";

/// Assesses, writes a bundle, verifies it: everything must hold.
fn whole_path(entries: &Entries, options: &Options) -> (Kept, Resolved) {
    let kept = seal(entries, options).unwrap();
    let overlay = Overlay::default();
    let assessment = kept.assess(&overlay);
    let signer = key(1);
    let release = nachweis_catalog::current().bytes;
    bundle(&kept.store, &kept.sealed.layers, release, &overlay, &assessment, Some(&signer));
    let trust = Settings { trust: vec![signer.public()], ..Settings::default() };
    let verification = verify(&kept.store, &trust);
    assert_eq!((verification.exit, &verification.problems[..]), (0, &[][..]));
    let rows = resolve(&assessment, &kept.names());
    (kept, rows)
}

/// Controls whose verdict only complete evidence may give.
fn good(rows: &Resolved) -> Vec<&str> {
    rows.iter().filter(|(_, row)| row.is_good()).map(|(control, _)| control.as_str()).collect()
}

#[test]
fn harvester() {
    let Some(path) = corpus(HARVESTER) else { return };
    let (kept, rows) = whole_path(&Entries::read(&path), &Options::fixed());
    assert_eq!((kept.sealed.seal.items, kept.sealed.seal.kinds.len()), (1156, 83));
    assert_eq!(good(&rows), [""; 0], "a dump with gaps closes no population");
    assert_eq!(rows["network-policy-coverage"].short(), "not-satisfied 5/46");
    assert_eq!(rows["privileged-containers"].short(), "not-satisfied 38/46");
    assert_eq!(rows["secret-wildcard-roles"].short(), "not-satisfied 140/145");
    assert_eq!(rows["restore-tested"].short(), "indeterminate 0/0");
    // What was not seen is named, down to the namespaces.
    let missing = rows["privileged-containers"].missing.iter().find(|missing| missing.resource == "pods");
    assert_eq!(missing.unwrap().namespaces.len(), 8);
}

#[test]
fn moj_is_not_closed_while_a_file_is_unread() {
    let Some(path) = corpus(MOJ) else { return };
    let entries = Entries::read(&path);
    let all = Options::fixed().complete(&["all"]);
    let (kept, plain) = whole_path(&entries, &Options::fixed());
    assert_eq!(kept.sealed.seal.items, 10_651);
    let (kept, declared) = whole_path(&entries, &all);
    let unread: Vec<_> =
        kept.sealed.seal.unread.iter().map(|u| (u.file.as_str(), u.reason.as_str())).collect();
    assert_eq!(unread, [(CIPHER, "git-crypt")]);
    assert_eq!(good(&plain), [""; 0]);
    assert_eq!(good(&declared), [""; 0]);
    // The declaration changes nothing: the unread file may hold anything.
    for (control, row) in &declared {
        assert_eq!(row.short(), plain[control].short(), "{control}");
        let unset = row.reasons.contains_key("parameter-not-set");
        assert!(!row.missing.is_empty() || unset, "{control} names nothing");
    }
    assert_eq!(declared["secret-wildcard-roles"].short(), "indeterminate 422/422");

    let (kept, ignored) = whole_path(&entries, &all.ignore(CIPHER));
    assert!(kept.sealed.seal.unread[0].ignored, "what was ignored is sealed");
    assert_eq!(good(&ignored), ["addon-sboms", "operator-image-digests", "secret-wildcard-roles"]);
    assert_eq!(ignored["secret-wildcard-roles"].short(), "satisfied 422/422");
    assert_eq!(ignored["audit-policy-levels"].short(), "not-satisfied 0/0");
    assert_eq!(ignored["network-policy-coverage"].short(), "not-satisfied 0/27");
    // Backups are made by a controller: nobody declares all of them with `all`.
    assert_eq!(ignored["restore-tested"].short(), "indeterminate 0/0");
    // Templates stand for pods where no pod is in the input.
    assert_eq!(ignored["privileged-containers"].short(), "indeterminate 26/27");
}

/// A registry that holds January needs little more for February, manifest, config and seal counted. The share would
/// fall with every byte that January wastes, so the bytes themselves have a bound as well.
#[test]
fn months_share_their_layers() {
    let (Some(january), Some(february)) = (corpus(MOJ), corpus(MOJ_LATER)) else { return };
    let blobs = |path| -> BTreeMap<Digest, u64> {
        let sealed = seal(&Entries::read(path), &Options::fixed()).unwrap().sealed;
        let manifest = sealed.manifest();
        let itself = Descriptor::of(media::MANIFEST, &manifest.to_bytes());
        let all = sealed.layers.iter().chain([&manifest.config, &itself]);
        all.map(|descriptor| (descriptor.digest, descriptor.size)).collect()
    };
    let (first, second) = (blobs(&january), blobs(&february));
    let whole: u64 = first.values().sum();
    let added: u64 =
        second.iter().filter(|(digest, _)| !first.contains_key(digest)).map(|(_, size)| size).sum();
    assert!(added > 0, "a month without a change is no month");
    assert!(added * 5 < whole, "{added} new bytes beside {whole}");
    assert!(whole < 1_400_000, "{whole} bytes");
}

#[test]
fn scale() {
    let Some(path) = corpus(SCALE) else { return };
    let entries = Entries::read(&path);
    let (kept, rows) = whole_path(&entries, &Options::fixed());
    assert_eq!(kept.sealed.seal.items, 15_267);
    let assessment = canonical_bytes(&kept.assess(&Overlay::default())).len();
    assert!(assessment < 5_000_000, "{assessment} bytes of assessment for 14,651 pods");
    assert_eq!(good(&rows), [""; 0], "a list closes nothing by itself");
    assert_eq!(rows["privileged-containers"].short(), "indeterminate 14651/14651");
    assert_eq!(rows["resource-limits"].short(), "not-satisfied 0/14651");
    let (_, rows) = whole_path(&entries, &Options::fixed().complete(&["all", "pods", "nodes"]));
    assert_eq!(rows["privileged-containers"].short(), "satisfied 14651/14651");
    assert_eq!(rows["network-policy-coverage"].short(), "not-satisfied 0/14651");
}
