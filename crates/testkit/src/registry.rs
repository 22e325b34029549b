//! A real registry on loopback, and `skopeo` to copy into it and back.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A `docker-registry` that ends with the test.
pub struct Registry {
    child: Child,
    /// host and port
    pub address: String,
}

/// True if both programs are there. Says loudly that the test is skipped, or fails where `CI` is set.
pub fn programs() -> bool {
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

impl Registry {
    /// Starts a registry that keeps its blobs under `home`.
    pub fn start(home: &Path) -> Registry {
        // Another process may take the port in between, so try again.
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let address = format!("127.0.0.1:{port}");
            let settings = format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
                 storage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{address}\"}}\n",
                home.join("registry").display()
            );
            let path = home.join("registry.yml");
            fs::write(&path, settings).unwrap();
            let mut command = Command::new("docker-registry");
            let mut child =
                command.arg("serve").arg(&path).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
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

/// `skopeo copy` from one place to another.
pub fn copy(from: &str, to: &str) {
    let output = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", from, to])
        .output()
        .unwrap();
    assert!(output.status.success(), "{from} -> {to}: {}", String::from_utf8_lossy(&output.stderr));
}
