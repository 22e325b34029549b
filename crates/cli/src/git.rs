//! `--git REPO@REV[:FOLDER]`: the files of a commit, without a checkout.

use std::path::PathBuf;
use std::str::FromStr;

use nachweis_collect::files::{ArchiveLimits, Commit, Event, GitError};
use nachweis_model::seal::Origin;
use nachweis_snapshot::Ingest;

use crate::fail::Failure;
use crate::ingest::unread;

/// A commit as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Git {
    repository: PathBuf,
    revision: String,
    folder: String,
}

impl FromStr for Git {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // `HEAD@{1}` has an @ of its own.
        let at = text.rmatch_indices('@').map(|(at, _)| at).find(|at| !text[at + 1..].starts_with('{'));
        let (repository, rest) = at.map_or((text, "HEAD"), |at| (&text[..at], &text[at + 1..]));
        let (revision, folder) = rest.split_once(':').unwrap_or((rest, ""));
        if repository.is_empty() || revision.is_empty() {
            return Err(
                "say REPO@REV, such as .@main, or ../gitops@v1.2:clusters/prod for one folder of it".into()
            );
        }
        Ok(Git { repository: repository.into(), revision: revision.into(), folder: folder.into() })
    }
}

/// Takes in the files of all commits.
pub fn take(all: &[Git], ingest: &mut Ingest, progress: &dyn Fn()) -> Result<(), Failure> {
    for git in all {
        let failed = |error| failure(git, &error);
        let commit = Commit::find(&git.repository, &git.revision, &git.folder).map_err(failed)?;
        let name = if commit.folder.is_empty() {
            commit.id.clone()
        } else {
            format!("{}:{}", commit.id, commit.folder)
        };
        ingest.origin(Origin { form: "git-commit".into(), folder: String::new(), name: Some(name) });
        let mut sink = |event| {
            progress();
            match event {
                Event::Entry { path, bytes } => ingest.entry(&path, bytes),
                Event::Unread(part) => ingest.unread(unread(part)),
            }
            std::ops::ControlFlow::Continue(())
        };
        commit.walk(&ArchiveLimits::default(), &mut sink).map_err(|error| failure(git, &error))?;
    }
    Ok(())
}

fn failure(git: &Git, error: &GitError) -> Failure {
    let (code, help) = match error {
        GitError::Missing(_) => ("git-missing", "install git, or give a checked-out folder as the input"),
        GitError::Refused(_) => {
            ("git-refused", "check repository and revision with `git -C REPO rev-parse REV`")
        }
    };
    let place = format!("{}@{}", git.repository.display(), git.revision);
    Failure::new(code, error.to_string()).at(place).note("nothing was sealed").help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_commits() {
        for (text, repository, revision, folder) in [
            (".@main", ".", "main", ""),
            ("a@b/repo@v1:clusters/prod", "a@b/repo", "v1", "clusters/prod"),
            ("repo@HEAD@{1}", "repo", "HEAD@{1}", ""),
            ("repo", "repo", "HEAD", ""),
        ] {
            let expected =
                Git { repository: repository.into(), revision: revision.into(), folder: folder.into() };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        assert!("@main".parse::<Git>().is_err() && "repo@".parse::<Git>().is_err());
    }
}
