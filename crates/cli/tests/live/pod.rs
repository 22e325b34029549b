//! Goal: in a pod the program logs in with the pod's service account, and goes on when the token is rotated.
//! Method: a mount namespace of its own, in which the service account's folder lies where kubelet puts it; the
//! environment is a pod's.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::Duration;

use nachweis_testkit::cluster::{Cluster, Gate};
use serde_json::Value;

use crate::common::{self, Run};
use crate::server::{address, cluster, gate};

const NAMESPACE: &str = "nachweis";
/// Puts the folder `$1` where a pod has its service account, and runs the rest.
const ENTER: &str = r#"set -e
mount -t tmpfs none /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount --bind "$1" /run/secrets/kubernetes.io/serviceaccount
[ /var/run -ef /run ] || mount --rbind /run /var/run
shift
exec "$@""#;
/// How long the API server may still take a token of which it knew that it was good.
const CACHED: Duration = Duration::from_secs(11);

/// True where this user may have a mount namespace of its own.
fn may_mount() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["-rm", "sh", "-c", "mount -t tmpfs none /run"]).stderr(Stdio::null());
    if unshare.status().is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "CI is set and `unshare -rm` is refused");
    eprintln!("SKIPPED: the system gives no mount namespace (`unshare -rm`): nothing can look like a pod");
    false
}

/// A service account with the shipped role; the user that the server sees.
fn account(cluster: &Cluster, name: &str) -> String {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let role = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating/clusterrole.yaml");
        cluster.kubectl(&["apply", "-f", role.to_str().unwrap()]);
        cluster.kubectl(&["create", "namespace", NAMESPACE]);
    });
    cluster.kubectl(&["create", "serviceaccount", name, "-n", NAMESPACE]);
    let account = format!("--serviceaccount={NAMESPACE}:{name}");
    cluster.kubectl(&["create", "clusterrolebinding", name, "--clusterrole=nachweis-collector", &account]);
    format!("system:serviceaccount:{NAMESPACE}:{name}")
}

/// Writes the folder as kubelet does; the token alone where the rest is there.
fn put(cluster: &Cluster, folder: &Path, token: &str) {
    fs::write(folder.join("ca.crt"), cluster.authority().pem()).unwrap();
    fs::write(folder.join("namespace"), NAMESPACE).unwrap();
    // Whoever reads sees the old token or the new one, never a part.
    fs::write(folder.join("..token"), token.trim()).unwrap();
    fs::rename(folder.join("..token"), folder.join("token")).unwrap();
}

/// The program as in a pod, at this address of the server.
fn start(home: &Path, account: &Path, address: &str, more: &[&str]) -> Child {
    let (host, port) = address.rsplit_once(':').unwrap();
    let mut command = common::command("unshare", home);
    command.args(["-rm", "sh", "-c", ENTER, "sh"]).arg(account).arg(env!("CARGO_BIN_EXE_nachweis"));
    command.args(["snapshot", "--live", "--format", "json", "--out", "out"]).args(more);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home).env("TMPDIR", home);
    command.env("KUBERNETES_SERVICE_HOST", host).env("KUBERNETES_SERVICE_PORT", port);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn end(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// What the server's audit log has of a user.
fn of_user(cluster: &Cluster, user: &str) -> Vec<Value> {
    let all = cluster.audit();
    all.into_iter().filter(|event| event["user"]["username"] == user).collect()
}

/// Rows that the shipped role does not close, but for those that nobody may close.
fn open(seal: &Value) -> Vec<String> {
    let rows = seal["collections"].as_array().unwrap();
    let closed = ["complete", "not-served", "not-collected", "denied"];
    let open = rows.iter().filter(|row| !closed.contains(&row["status"].as_str().unwrap()));
    open.map(Value::to_string).collect()
}

#[test]
fn the_pods_service_account_is_the_login() {
    let Some(cluster) = cluster().filter(|_| may_mount()) else { return };
    let user = account(cluster, "collector");
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(cluster, folder.path(), &cluster.kubectl(&["create", "token", "collector", "-n", NAMESPACE]));
    let run = end(start(home.path(), folder.path(), &address(cluster), &[]));
    assert_eq!(run.code, 0, "{run:?}");
    let seal = run.json();
    assert_eq!(seal["identity_source"], "live");
    assert_eq!(open(&seal), [""; 0]);
    let rows = seal["collections"].as_array().unwrap();
    let secrets = rows.iter().find(|row| row["resource"] == "secrets").unwrap();
    assert_eq!(secrets["status"], "denied");
    // Of this login the server saw lists, single gets and reviews, from its first request to its last.
    let events = of_user(cluster, &user);
    assert!(events.len() > 60, "{}", events.len());
    for event in events {
        let verb = event["verb"].as_str().unwrap();
        let review = verb == "create" && event["objectRef"]["resource"] == "selfsubjectaccessreviews";
        assert!(["get", "list"].contains(&verb) || review, "{event}");
    }
}

#[test]
fn a_rotated_token_is_found_in_the_middle_of_a_list() {
    let Some(cluster) = cluster().filter(|_| may_mount()) else { return };
    let user = account(cluster, "rotating");
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // A token that ends at once when the object goes to which it is bound.
    cluster.kubectl(&["create", "secret", "generic", "bound", "-n", NAMESPACE]);
    let bound = [
        "create",
        "token",
        "rotating",
        "-n",
        NAMESPACE,
        "--bound-object-kind=Secret",
        "--bound-object-name=bound",
    ];
    put(cluster, folder.path(), &cluster.kubectl(&bound));
    let gate: Gate = gate(cluster);
    let child =
        start(home.path(), folder.path(), &format!("127.0.0.1:{}", gate.port()), &["--concurrency", "1"]);
    gate.wait();
    cluster.kubectl(&["delete", "secret", "bound", "-n", NAMESPACE]);
    std::thread::sleep(CACHED);
    put(cluster, folder.path(), &cluster.kubectl(&["create", "token", "rotating", "-n", NAMESPACE]));
    gate.open();
    let run = end(child);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(open(&run.json()), [""; 0], "{}", run.err);
    let ids: std::collections::BTreeSet<String> = of_user(cluster, &user)
        .iter()
        .filter_map(|event| event["user"]["extra"]["authentication.kubernetes.io/credential-id"][0].as_str())
        .map(str::to_string)
        .collect();
    assert_eq!(ids.len(), 2, "both tokens were used: {ids:?}");
}
