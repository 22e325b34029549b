//! Where the servers are.

use std::path::PathBuf;

/// The programs that a folder of servers must hold.
const PROGRAMS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

/// The folder that `KUBEBUILDER_ASSETS` names, with `etcd`, `kube-apiserver`, `kube-controller-manager` and `kubectl`.
///
/// `None`, loudly, where it is unset; a failure where `CI` is set, and where it names a folder without these programs.
pub fn assets() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|value| !value.is_empty()) else {
        assert!(std::env::var_os("CI").is_none(), "CI is set and KUBEBUILDER_ASSETS is not");
        eprintln!(
            "SKIPPED: no API server; KUBEBUILDER_ASSETS=\"$(scripts/testbed.sh)\" builds and names one"
        );
        return None;
    };
    let folder = PathBuf::from(folder);
    let missing: Vec<&str> = PROGRAMS.into_iter().filter(|name| !folder.join(name).is_file()).collect();
    assert!(missing.is_empty(), "{}, which KUBEBUILDER_ASSETS names, lacks {missing:?}", folder.display());
    // The guard compares with the path that the kernel gives.
    Some(folder.canonicalize().unwrap())
}
