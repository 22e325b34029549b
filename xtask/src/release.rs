//! Freezes the catalogue of this repository, by the command that every organisation has.

use std::path::Path;
use std::process::Command;

/// `nachweis catalog release` on `catalog/`, with what stands behind `cargo xtask release VERSION`: an instant, `--replace`.
pub fn write(root: &Path, version: &str, rest: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["run", "--quiet", "--package", "nachweis", "--", "catalog", "release"]);
    command.args([version, "catalog"]);
    for word in rest {
        match *word {
            "--replace" => command.arg("--replace"),
            instant => command.args(["--valid-from", instant]),
        };
    }
    let status = command.status().map_err(|error| error.to_string())?;
    if status.success() {
        Ok("build once more: the program carries the release".into())
    } else {
        Err("the catalogue was not released".into())
    }
}
