//! The files of a git commit, read from the object store: nothing is checked out, no hook or filter runs.
//!
//! The system's `git` does the reading (`ls-tree`, `cat-file`). `git archive` would leave out what the commit's own
//! attributes exclude. Replacement objects are not looked at, and what is missing is not fetched.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::archive::Walker;
use super::{ArchiveLimits, Reason, Sink, path};

/// Bytes of the list of files at most.
const LIST_BYTES_MAX: u64 = 256 << 20;

/// A commit, or a folder of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    repository: PathBuf,
    /// its id in hexadecimal
    pub id: String,
    /// the folder, empty for all of it
    pub folder: String,
}

/// Why a commit cannot be read.
#[derive(Debug)]
pub enum GitError {
    /// there is no program `git`
    Missing(io::Error),
    /// git refused; its own words
    Refused(String),
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GitError::Missing(error) => write!(f, "the program `git` cannot be started: {error}"),
            GitError::Refused(words) => write!(f, "git cannot read it: {words}"),
        }
    }
}

impl std::error::Error for GitError {}

impl Commit {
    /// Finds a commit: a branch, a tag, an id, `HEAD~1`. `folder` is relative to the root of the repository.
    ///
    /// # Errors
    /// If there is no git, no repository or no such commit or folder.
    pub fn find(repository: &Path, revision: &str, folder: &str) -> Result<Commit, GitError> {
        let folder = folder.trim_matches('/');
        let id = ask(repository, &format!("{revision}^{{commit}}"))?;
        if !folder.is_empty() {
            ask(repository, &format!("{id}:{folder}"))?;
        }
        Ok(Commit { repository: repository.into(), id, folder: folder.into() })
    }

    /// Gives every file to `sink`, in the order of the commit's trees, one in memory at a time. Links are not
    /// followed, submodules not entered; paths are relative to the folder.
    ///
    /// # Errors
    /// If git fails before the first file. What fails later is told to the sink.
    pub fn walk(&self, limits: &ArchiveLimits, sink: Sink<'_>) -> Result<(), GitError> {
        let mut walker = Walker::new(limits, sink);
        let tree =
            if self.folder.is_empty() { self.id.clone() } else { format!("{}:{}", self.id, self.folder) };
        let list = run(&self.repository, &["ls-tree", "-r", "-z", "--full-tree", &tree])?;
        let mut blobs = Blobs::start(&self.repository)?;
        for row in list.split(|&byte| byte == 0).filter(|row| !row.is_empty()) {
            if walker.is_full() || give(&mut walker, &mut blobs, row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// `<mode> SP <type> SP <id> TAB <path>`
fn give(walker: &mut Walker<'_>, blobs: &mut Blobs, row: &[u8]) -> ControlFlow<()> {
    let text = String::from_utf8_lossy(row);
    let Some((head, raw)) = text.split_once('\t') else { return ControlFlow::Continue(()) };
    let mut words = head.split(' ');
    let (mode, kind, id) =
        (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""));
    let Some(path) = path::relative(raw) else {
        return walker.unread(
            raw.into(),
            Reason::PathTraversal,
            format!("`{raw}` would lie outside of the repository"),
        );
    };
    match (mode, kind) {
        ("120000", _) => walker.unread(path, Reason::Link, "a link in the repository".into()),
        (_, "blob") => match blobs.open(id) {
            Ok((reader, size)) => {
                let mut reader = reader.take(size);
                walker.entry(path, &mut reader, size, 0)?;
                // What a limit left over, and the line feed after the content.
                let rest = io::copy(&mut reader, &mut io::sink());
                match rest.and_then(|_| blobs.skip_line_feed()) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => walker.failed("git".into(), &error),
                }
            }
            Err(error) => walker.failed(path, &error),
        },
        _ => walker.unread(
            path,
            Reason::Submodule,
            format!("a submodule at commit {id}: give it as an input of its own"),
        ),
    }
}

/// `git cat-file --batch`, which answers one id with one object.
struct Blobs {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Blobs {
    fn start(repository: &Path) -> Result<Self, GitError> {
        let mut command = git(repository);
        command
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(GitError::Missing)?;
        let answers = child.stdout.take().ok_or_else(|| GitError::Refused("it has no output".into()))?;
        Ok(Blobs { child, answers: BufReader::new(answers) })
    }

    /// The content of a blob, which must be read to its end, and its size.
    fn open(&mut self, id: &str) -> io::Result<(&mut BufReader<ChildStdout>, u64)> {
        let input = self.child.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(input, "{id}")?;
        input.flush()?;
        let mut head = String::new();
        self.answers.by_ref().take(256).read_line(&mut head)?;
        let mut words = head.trim_end().split(' ').skip(1);
        match (words.next(), words.next().and_then(|size| size.parse().ok())) {
            (Some("blob"), Some(size)) => Ok((&mut self.answers, size)),
            _ => Err(io::Error::other(format!(
                "the repository has no content for {id}: fetch it with git first"
            ))),
        }
    }

    fn skip_line_feed(&mut self) -> io::Result<()> {
        self.answers.read_exact(&mut [0])
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn git(repository: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("--no-replace-objects").args(["-c", "protocol.allow=never"]).arg("-C").arg(repository);
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

fn ask(repository: &Path, name: &str) -> Result<String, GitError> {
    let answer = run(repository, &["rev-parse", "--verify", "--end-of-options", name])?;
    Ok(String::from_utf8_lossy(&answer).trim().to_string())
}

fn run(repository: &Path, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let mut command = git(repository);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(GitError::Missing)?;
    let mut out = Vec::new();
    let read = child.stdout.take().map_or(Ok(0), |stdout| stdout.take(LIST_BYTES_MAX).read_to_end(&mut out));
    let mut words = String::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(2_000).read_to_string(&mut words);
    }
    let done = child.wait().map_err(GitError::Missing)?;
    match read {
        Ok(read) if done.success() && (read as u64) < LIST_BYTES_MAX => Ok(out),
        Ok(_) if done.success() => Err(GitError::Refused("the commit has too many files".into())),
        _ => Err(GitError::Refused(words.lines().next().unwrap_or("it gave no reason").to_string())),
    }
}
