//! One server for all tests of this file, with more in it than one page holds.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::LazyLock;

use nachweis_testkit::cluster::{Cluster, Gate, Login, Options, assets};
use serde_json::{Value, json};

use crate::common::{self, Run};

/// ConfigMaps on the server: seven pages.
pub const MAPS: usize = 3_000;
/// Bytes of the text in each of them.
const TEXT: usize = 2_000;

static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| {
    let cluster = Cluster::start(&assets()?, Options { audit: true, ..Options::default() });
    let text = "x".repeat(TEXT);
    let map = |at| json!({"metadata": {"name": format!("map-{at}")}, "data": {"text": text}});
    cluster.admin().create_many("/api/v1/namespaces/default/configmaps", MAPS, map);
    Some(cluster)
});

/// The server; `None`, loudly, where there is none.
pub fn cluster() -> Option<&'static Cluster> {
    CLUSTER.as_ref()
}

/// Host and port of the server.
pub fn address(cluster: &Cluster) -> String {
    cluster.url().trim_start_matches("https://").to_string()
}

/// A kubeconfig for a member of `system:masters` of this name; `port` is another way to the server.
pub fn kubeconfig(cluster: &Cluster, user: &str, port: Option<u16>) -> PathBuf {
    let pair = cluster.authority().client(user, Some("system:masters"));
    let plain = std::fs::read(cluster.kubeconfig(&Login::Certificate(pair))).unwrap();
    let plain: Value = serde_json::from_slice(&plain).unwrap();
    let way = port.map_or(json!({}), |port| json!({"server": format!("https://127.0.0.1:{port}")}));
    cluster.kubeconfig_with(&way, &plain["users"][0]["user"])
}

/// The program at work.
pub struct Running(Child);

impl Running {
    /// Starts the program in a folder.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = common::program(folder);
        command.args(arguments).env("TMPDIR", folder).env("HOME", folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(command.spawn().unwrap())
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends it a signal, such as `INT`.
    pub fn signal(&self, name: &str) {
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args(["-s", name, &self.0.id().to_string()]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn end(self) -> Run {
        let output = self.0.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("{}", output.status));
        Run { code, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A gate before the server that lets about half of the ConfigMaps pass.
pub fn gate(cluster: &Cluster) -> Gate {
    let gate = Gate::start(&address(cluster));
    gate.hold_after(MAPS * TEXT / 2);
    gate
}
