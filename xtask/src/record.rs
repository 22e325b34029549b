//! Records the example platform: the servers are built where they are not there yet, the rest is the test kit's.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the recording with the servers that `scripts/testbed.sh` names.
pub fn run(root: &Path) -> Result<String, String> {
    let mut testbed = Command::new(root.join("scripts/testbed.sh"));
    let found = testbed.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    if !found.status.success() {
        return Err("there are no servers to record from".into());
    }
    let assets = String::from_utf8_lossy(&found.stdout).trim().to_string();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).env("KUBEBUILDER_ASSETS", assets);
    command.args(["run", "--quiet", "--package", "nachweis-testkit", "--example", "record"]);
    let status = command.status().map_err(|error| error.to_string())?;
    if status.success() {
        Ok("now run the tests that read the example, and `make demo`".into())
    } else {
        Err("the example was not recorded".into())
    }
}
