//! `--evidence NAME=FILE`: configuration files of which the operator says what they are.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::str::FromStr;

use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_model::{EVIDENCE, EVIDENCE_FOLDER, EvidenceKind};
use nachweis_snapshot::Ingest;

use crate::fail::Failure;
use crate::ingest::{unread, unreadable};

/// One `NAME=FILE`.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// a name of [`EVIDENCE`], with `/` and a word behind it where there are several
    name: String,
    /// a file, a folder or an archive
    file: PathBuf,
}

impl FromStr for Evidence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
            return Err("say NAME=FILE, such as audit-policy=/etc/kubernetes/audit-policy.yaml".into());
        };
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let parts: Vec<&str> = name.split('/').collect();
        if parts.len() > 2 || parts.iter().any(|part| part.is_empty() || !part.chars().all(sound)) {
            return Err(format!("`{name}` is no name: say kubelet, or kubelet/NODE where there are several"));
        }
        if EvidenceKind::of_name(name).is_none() {
            let known: Vec<&str> = EVIDENCE.iter().map(|kind| kind.name).collect();
            return Err(format!("`{name}` is not known as evidence: it can be {}", known.join(", ")));
        }
        Ok(Evidence { name: name.into(), file: file.into() })
    }
}

/// Takes in all files of evidence.
pub fn take(all: &[Evidence], ingest: &mut Ingest) -> Result<(), Failure> {
    let mut names: Vec<&str> = all.iter().map(|evidence| evidence.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        let name = twice[0].split('/').next().unwrap_or(twice[0]);
        return Err(Failure::new(
            "evidence-repeated",
            format!("`--evidence {}=...` is given twice", twice[0]),
        )
        .note("nothing was read")
        .help(format!("tell them apart, as `{name}/one=FILE` and `{name}/two=FILE`"))
        .usage());
    }
    for Evidence { name, file } in all {
        walk(&[Input::Path(file.clone())], &ArchiveLimits::default(), &mut |event| {
            match event {
                // Of a folder or an archive each file has a name of its own.
                Event::Entry { path, bytes } if file.is_dir() => {
                    let _known = ingest.evidence(&format!("{name}/{path}"), bytes);
                }
                Event::Entry { bytes, .. } => {
                    let _known = ingest.evidence(name, bytes);
                }
                Event::Unread(mut part) => {
                    part.file = format!("{EVIDENCE_FOLDER}/{name}");
                    ingest.unread(unread(part));
                }
            }
            ControlFlow::Continue(())
        })
        .map_err(|error| unreadable(&error))?;
    }
    Ok(())
}
