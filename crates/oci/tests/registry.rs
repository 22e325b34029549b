//! Goal: a bundle goes into a registry and back, and manifest and blobs are byte by byte the same.
//! Method: Debian's `docker-registry` on loopback and `skopeo copy` in both directions, from folder and tar.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{files, small};
use nachweis_oci::{Blobs, FolderStore, TarStore, check, select, write_tar};

/// True if both programs are there. Says loudly that the test is skipped, or fails where `CI` is set.
fn programs() -> bool {
    let missing: Vec<&str> = ["skopeo", "docker-registry"]
        .into_iter()
        .filter(|name| Command::new(name).arg("--version").output().is_err())
        .collect();
    if missing.is_empty() {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "CI is set and {missing:?} is absent");
    eprintln!("SKIPPED: {missing:?} is absent; install the Debian packages skopeo and docker-registry");
    false
}

/// A registry that ends with the test.
struct Registry {
    child: Child,
    address: String,
}

impl Registry {
    fn start(home: &Path) -> Registry {
        // Another process may take the port in between, so try again.
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let address = format!("127.0.0.1:{port}");
            let storage = home.join("registry");
            let settings = format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
                 storage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{address}\"}}\n",
                storage.display()
            );
            let path = home.join("registry.yml");
            fs::write(&path, settings).unwrap();
            let mut child = Command::new("docker-registry")
                .arg("serve")
                .arg(&path)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let until = Instant::now() + Duration::from_secs(20);
            while child.try_wait().unwrap().is_none() && Instant::now() < until {
                if TcpStream::connect(&address).is_ok() {
                    return Registry { child, address };
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("docker-registry does not start");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn copy(from: &str, to: &str) {
    let output = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", from, to])
        .output()
        .unwrap();
    assert!(output.status.success(), "{from} -> {to}: {}", String::from_utf8_lossy(&output.stderr));
}

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
