//! A bundle that went into a real registry and came back still verifies, as a folder and as a tar file.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nachweis_oci::{Blobs, BlobsMut, FolderStore, TarStore, select};
use nachweis_testkit::registry::{Registry, copy, programs};
use nachweis_testkit::{Entries, Options, bundle, catalogue, example, example_overlay, key, seal};
use nachweis_verify::{Settings, verify};

#[test]
fn through_a_registry_and_back() {
    if !programs() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::start(home.path());
    let path = |name: &str| home.path().join(name).display().to_string();

    let kept = seal(&Entries::read(&example()), &Options::default()).unwrap();
    let overlay = example_overlay();
    let assessment = kept.assess_with(catalogue(), &overlay);
    let here = FolderStore::create(home.path().join("here")).unwrap();
    for layer in &kept.sealed.layers {
        here.put(&layer.media_type, &kept.store.read(layer, 256 << 20).unwrap()).unwrap();
    }
    let release = nachweis_catalog::current().bytes;
    let manifest = bundle(&here, &kept.sealed.layers, release, &overlay, &assessment, Some(&key(1)));

    let remote = format!("docker://{}/evidence/payments-prod:week-47", registry.address);
    copy(&format!("oci:{}:bundle", path("here")), &remote);
    copy(&remote, &format!("oci:{}:back", path("back")));
    copy(&remote, &format!("oci-archive:{}:back", path("back.tar")));

    let trust = Settings { trust: vec![key(1).public()], ..Settings::default() };
    let folder = FolderStore::open(path("back"));
    let archive = TarStore::open(path("back.tar")).unwrap();
    for back in [&folder as &dyn Blobs, &archive] {
        assert_eq!(select(back, None).unwrap().descriptor.digest, manifest);
        let found = verify(back, &trust);
        assert_eq!((found.exit, &found.problems[..]), (0, &[][..]));
    }
}
