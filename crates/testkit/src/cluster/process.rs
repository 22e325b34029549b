//! Servers that end with the test, however it ends.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Ends servers and removes the folder when the test's process is gone, killed ones included: its standard input is a
/// pipe that only this process holds. A number is taken only while one of our programs runs under it.
const GUARD: &str = r#"trap '' INT TERM HUP
pids=
while read -r pid; do pids="$pids $pid"; done
for pid in $pids; do
    case "$(readlink "/proc/$pid/exe")" in "$1"/*) kill -9 "$pid" ;; esac
done
rm -rf "$2""#;

/// A shell that outlives this process for a moment.
pub struct Guard {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Guard {
    /// Watches over programs of the folder `assets` that keep their files in `home`.
    pub fn new(assets: &Path, home: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "sh"]).arg(assets).arg(home);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().unwrap();
        let pipe = child.stdin.take();
        Guard { child, pipe }
    }

    fn watch(&mut self, pid: u32) {
        writeln!(self.pipe.as_ref().unwrap(), "{pid}").unwrap();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.child.wait();
    }
}

/// A running program with its log.
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a program; what it says goes to the end of `log`.
    pub fn start(program: &Path, arguments: &[String], log: &Path, guard: &mut Guard) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).process_group(0);
        command.stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        guard.watch(child.id());
        Server { child, log: log.into() }
    }

    /// True while the program runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The last lines of the log.
    pub fn tail(&self) -> String {
        let text = String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }

    /// Sends a signal such as `STOP` or `CONT`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
