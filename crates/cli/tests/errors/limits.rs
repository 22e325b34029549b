//! Disks that are full, rights that are missing: the program under a hostile system.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Provoked;
use crate::common::{Run, command, copy};
use crate::inputs::{POD, large, put};

/// User and group without any rights; a test that runs as root gives its own up, for root may everything.
const NOBODY: u32 = 65_534;

pub(crate) fn all(home: &Path) -> Vec<Provoked> {
    let mut found = vec![full_pipe(home), no_temporary_storage(home), no_git(home)];
    for (code, arguments) in [
        ("output-write", &["snapshot", "pod.yaml", "--out", "refused"]),
        ("storage-failed", &["assess", "sealed", "--out", "refused"]),
    ] {
        found.push(without_space(home, code, arguments));
    }
    found.extend(without_rights(home));
    found
}

fn output(mut command: Command) -> Run {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// A device that takes no byte stands where stdout goes.
fn full_pipe(home: &Path) -> Provoked {
    let mut program = crate::common::program(home);
    program.arg("version").stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let done = program.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    let err = String::from_utf8(done.stderr).unwrap();
    let found = Run { code: done.status.code().unwrap(), out: String::new(), err };
    Provoked::new("stdout-write", &["version", ">/dev/full"], &found)
}

fn no_temporary_storage(home: &Path) -> Provoked {
    let arguments = ["snapshot", "-", "--out", "refused"];
    let mut program = crate::common::program(home);
    program.env("TMPDIR", home.join("no-such-folder")).args(arguments);
    let mut child =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&large()).unwrap();
    let done = child.wait_with_output().unwrap();
    let err = String::from_utf8(done.stderr).unwrap();
    Provoked::new(
        "temporary-storage",
        &arguments,
        &Run { code: done.status.code().unwrap(), out: String::new(), err },
    )
}

fn no_git(home: &Path) -> Provoked {
    let arguments = ["snapshot", "--git", ".@HEAD"];
    let mut program = crate::common::program(home);
    program.env("PATH", home.join("no-such-folder")).args(arguments);
    Provoked::new("git-missing", &arguments, &output(program))
}

/// No file may get longer than nothing; the signal that says so is ignored, and the write fails as on a full disk.
fn without_space(home: &Path, code: &str, arguments: &[&str]) -> Provoked {
    let mut shell = command("sh", home);
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    shell.env("PATH", "/usr/bin:/bin").args(["-c", script, env!("CARGO_BIN_EXE_nachweis")]).args(arguments);
    Provoked::new(code, arguments, &output(shell))
}

/// The program as somebody who is not root, in a folder that is theirs.
struct Nobody {
    home: PathBuf,
    program: PathBuf,
    root: bool,
}

impl Nobody {
    fn new(home: &Path) -> Self {
        let root = fs::metadata(home).unwrap().uid() == 0;
        let own = home.join("own-folder");
        fs::create_dir_all(&own).unwrap();
        if root {
            fs::set_permissions(home, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let nobody = Nobody { home: own, program: env!("CARGO_BIN_EXE_nachweis").into(), root };
        let copied = home.join("nachweis");
        let reachable = nobody.command(&["version"]).output().is_ok_and(|done| done.status.success());
        if reachable {
            return nobody;
        }
        fs::copy(&nobody.program, &copied).unwrap();
        Nobody { program: copied, ..nobody }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.program.display().to_string(), &self.home);
        if self.root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.args(arguments);
        command
    }

    /// Gives everything in the folder to the user without rights.
    fn own(&self, path: &Path) {
        if self.root {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        if path.is_dir() {
            fs::read_dir(path).unwrap().for_each(|entry| self.own(&entry.unwrap().path()));
        }
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn without_rights(home: &Path) -> Vec<Provoked> {
    let nobody = Nobody::new(home);
    put(&nobody.home, "pod.yaml", POD);
    put(&nobody.home, "secret.yaml", POD);
    copy(&home.join("unsigned"), &nobody.home.join("kept"));
    nobody.own(&nobody.home);

    mode(&nobody.home.join("secret.yaml"), 0);
    let arguments = ["snapshot", "secret.yaml", "--out", "refused"];
    let denied = Provoked::new("input-denied", &arguments, &output(nobody.command(&arguments)));

    // The old output cannot be taken away: a folder in it takes no change.
    mode(&nobody.home.join("kept/blobs/sha256"), 0o555);
    let arguments = ["snapshot", "pod.yaml", "--out", "kept"];
    let kept = Provoked::new("output-remove", &arguments, &output(nobody.command(&arguments)));
    mode(&nobody.home.join("kept/blobs/sha256"), 0o755);

    let moved = not_moved(&nobody);
    vec![denied, kept, moved]
}

/// The folder of the output loses its rights while the program reads.
fn not_moved(nobody: &Nobody) -> Provoked {
    let arguments = ["snapshot", "-", "--out", "moved"];
    let mut command = nobody.command(&arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !nobody.home.join("moved.partial/blobs/sha256").is_dir() {
        assert!(Instant::now() < until, "the program did not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    mode(&nobody.home, 0o555);
    child.stdin.take().unwrap().write_all(POD.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    mode(&nobody.home, 0o755);
    let err = String::from_utf8(done.stderr).unwrap();
    Provoked::new(
        "output-move",
        &arguments,
        &Run { code: done.status.code().unwrap(), out: String::new(), err },
    )
}
