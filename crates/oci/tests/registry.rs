//! Goal: a bundle goes into a registry and back, and manifest and blobs are byte by byte the same.
//! Method: Debian's `docker-registry` on loopback and `skopeo copy` in both directions, from folder and tar.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::Path;

use common::{files, small};
use nachweis_oci::{Blobs, FolderStore, TarStore, check, select, write_tar};
use nachweis_testkit::registry::{Registry, copy, programs};

#[test]
fn through_a_registry_and_back() {
    if !programs() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::start(home.path());
    let path = |name: &str| home.path().join(name).display().to_string();
    let remote = |tag: &str| format!("docker://{}/evidence/prod-eu-1:{tag}", registry.address);

    let here = FolderStore::create(home.path().join("here")).unwrap();
    let digest = small(&here, Some("week-10")).digest;
    copy(&format!("oci:{}:week-10", path("here")), &remote("folder"));
    copy(&remote("folder"), &format!("oci:{}:back", path("back")));

    write_tar(&here, fs::File::create(path("here.tar")).unwrap()).unwrap();
    copy(&format!("oci-archive:{}:week-10", path("here.tar")), &remote("tar"));
    copy(&remote("tar"), &format!("oci-archive:{}:back", path("back.tar")));

    let back = FolderStore::open(path("back"));
    let back_tar = TarStore::open(path("back.tar")).unwrap();
    for store in [&back as &dyn Blobs, &back_tar] {
        let selected = select(store, None).unwrap();
        assert_eq!(selected.descriptor.digest, digest);
        assert_eq!(selected.bytes, select(&here, None).unwrap().bytes);
        assert_eq!(check(store, &selected), []);
    }
    assert_eq!(files(Path::new(&path("back"))), files(Path::new(&path("here"))));
    let index = |name: &str| fs::read(home.path().join(name).join("index.json")).unwrap();
    assert_ne!(index("here"), index("back"), "nothing may rely on the bytes of index.json");
}
