//! Commits of real repositories, read without a checkout.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use nachweis_collect::files::{ArchiveLimits, Commit, Event, GitError};

fn git(folder: &Path, arguments: &[&str]) {
    let identity =
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"];
    let status =
        Command::new("git").arg("-C").arg(folder).args(identity).args(arguments).output().expect("git runs");
    assert!(status.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&status.stderr));
}

fn repository() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("folder");
    let root = home.path();
    git(root, &["init", "-q", "-b", "main"]);
    fs::create_dir_all(root.join("prod/x y")).expect("folder");
    fs::write(root.join("a.yaml"), "a: 1\n").expect("file");
    fs::write(root.join("prod/x y/ü.yaml"), "b: 2\n").expect("file");
    fs::write(root.join("prod/empty.yaml"), "").expect("file");
    fs::write(root.join("secret.yaml"), "c: 3\n").expect("file");
    // What `git archive` would leave out, and what a checkout would change.
    fs::write(root.join(".gitattributes"), "secret.yaml export-ignore\na.yaml text eol=crlf ident\n")
        .expect("file");
    symlink("/etc/passwd", root.join("prod/link.yaml")).expect("link");
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "one"]);
    fs::write(root.join("a.yaml"), "changed: true\n").expect("file");
    home
}

fn seen(commit: &Commit, limits: &ArchiveLimits) -> Vec<String> {
    let mut seen = Vec::new();
    commit
        .walk(limits, &mut |event| {
            seen.push(match event {
                Event::Entry { path, bytes } => {
                    format!("{path} = {}", String::from_utf8_lossy(&bytes).trim())
                }
                Event::Unread(unread) => format!("{} ! {}", unread.file, unread.reason),
            });
            ControlFlow::Continue(())
        })
        .expect("git reads");
    seen.retain(|line| !line.starts_with(".gitattributes"));
    seen
}

#[test]
fn a_commit_is_read_as_it_was_committed() {
    let home = repository();
    let commit = Commit::find(home.path(), "main", "").expect("commit");
    assert_eq!(commit.id.len(), 40);
    let expected = [
        "a.yaml = a: 1",
        "prod/empty.yaml = ",
        "prod/link.yaml ! link",
        "prod/x y/ü.yaml = b: 2",
        "secret.yaml = c: 3",
    ];
    assert_eq!(seen(&commit, &ArchiveLimits::default()), expected);
    let folder = Commit::find(home.path(), "HEAD", "prod/").expect("folder");
    assert_eq!(
        seen(&folder, &ArchiveLimits::default()),
        ["empty.yaml = ", "link.yaml ! link", "x y/ü.yaml = b: 2"]
    );
    // The same from a bare copy without any work tree.
    let bare = tempfile::tempdir().expect("folder");
    git(home.path(), &["clone", "-q", "--bare", ".", &bare.path().join("r").display().to_string()]);
    let copy = Commit::find(&bare.path().join("r"), "main", "").expect("commit");
    assert_eq!(seen(&copy, &ArchiveLimits::default()), expected);
    assert_eq!(copy.id, commit.id);
}

#[test]
fn limits_hold_and_the_next_file_follows() {
    let home = repository();
    fs::write(home.path().join("b.yaml"), "x".repeat(5_000)).expect("file");
    git(home.path(), &["add", "b.yaml"]);
    git(home.path(), &["commit", "-qm", "two"]);
    let commit = Commit::find(home.path(), "HEAD", "").expect("commit");
    let limits = ArchiveLimits { entry_bytes: 100, ..ArchiveLimits::default() };
    let all = seen(&commit, &limits);
    assert!(all.contains(&"b.yaml ! too-large".to_string()), "{all:?}");
    assert!(all.contains(&"secret.yaml = c: 3".to_string()), "{all:?}");
    let few = seen(&commit, &ArchiveLimits { entries: 2, ..ArchiveLimits::default() });
    assert!(few.iter().any(|line| line.ends_with("! too-many-entries")), "{few:?}");
}

#[test]
fn submodules_and_replaced_objects() {
    let home = repository();
    let other = repository();
    git(home.path(), &["submodule", "--quiet", "add", &other.path().display().to_string(), "sub"]);
    git(home.path(), &["commit", "-qm", "sub"]);
    git(home.path(), &["replace", "HEAD:secret.yaml", "HEAD:prod/empty.yaml"]);
    let commit = Commit::find(home.path(), "HEAD", "").expect("commit");
    let all = seen(&commit, &ArchiveLimits::default());
    assert!(all.contains(&"sub ! submodule".to_string()), "{all:?}");
    assert!(all.contains(&"secret.yaml = c: 3".to_string()), "{all:?}");
}

#[test]
fn what_is_not_there_is_refused() {
    let home = repository();
    for (revision, folder) in [("nonsense", ""), ("HEAD", "nowhere"), ("--help", ""), ("HEAD:a.yaml", "")] {
        let found = Commit::find(home.path(), revision, folder);
        assert!(matches!(found, Err(GitError::Refused(_))), "{revision} {folder}");
    }
    let empty = tempfile::tempdir().expect("folder");
    assert!(matches!(Commit::find(&empty.path().join("none"), "HEAD", ""), Err(GitError::Refused(_))));
}
