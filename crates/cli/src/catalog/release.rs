//! `nachweis catalog release`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nachweis_catalog::{Changes, freeze, parse};
use nachweis_model::Instant;
use nachweis_model::catalogue::Catalogue;
use nachweis_report::escape::terminal;

use super::{ReleaseArgs, cases, lint, source};
use crate::fail::Failure;
use crate::output::print;

/// Freezes a folder: what lint or a case finds is told, and nothing is written then.
pub fn run(args: &ReleaseArgs) -> Result<u8, Failure> {
    version(&args.name)?;
    let folders = source::folders(&args.dir)?;
    let faults = lint::check(&folders)?;
    if !faults.is_empty() {
        print(format!("{}{UNWRITTEN}", lint::text(&faults, folders.len())).as_bytes())?;
        return Ok(1);
    }
    let mut catalogue = source::catalogue(Some(&args.dir))?;
    if let Some(text) = cases::unmet(&folders, &catalogue)? {
        print(format!("{text}{UNWRITTEN}").as_bytes())?;
        return Ok(1);
    }
    catalogue.data.extend(source::sealing());
    catalogue.controls.sort_by(|a, b| a.id.cmp(&b.id));
    catalogue.version.clone_from(&args.name);

    let out = args.out.clone().unwrap_or_else(|| args.dir.join("releases"));
    let file = out.join(format!("{}.json", args.name));
    let standing = read(&file)?;
    catalogue.valid_from = instant(args.valid_from, standing.as_ref())?;
    let frozen = freeze(&catalogue);
    let differs = standing.as_ref().is_some_and(|(bytes, _)| *bytes != frozen.bytes);
    if differs && !args.replace {
        return Err(Failure::new(
            "release-differs",
            format!("release {} stands with other content", args.name),
        )
        .at(file.display())
        .note("a published release never changes: reports name its digest; nothing was written")
        .help("choose a new version; `--replace` is for one that nobody has used"));
    }
    let before = match standing {
        Some((_, before)) => Some(before),
        None => latest(&out)?,
    };
    std::fs::create_dir_all(&out).map_err(|error| failed(&out, &error))?;
    for (path, content) in
        [(&file, &frozen.bytes), (&out.join(format!("{}.yaml", args.name)), &frozen.list.into_bytes())]
    {
        std::fs::write(path, content).map_err(|error| failed(path, &error))?;
    }
    print(text(&catalogue, before.as_ref(), &file).as_bytes())?;
    Ok(0)
}

const UNWRITTEN: &str = "nothing was released\n";

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("file-write", format!("cannot write: {error}")).at(path.display())
}

/// A version is the name of a file and stands in every report.
fn version(text: &str) -> Result<(), Failure> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(fits) && text.len() <= 64 {
        return Ok(());
    }
    Err(Failure::new("release-version", format!("`{text}` is no version of a release"))
        .help("write letters, digits, dots and hyphens, such as `2026.11.0`")
        .usage())
}

/// The instant that was given, or that of the release as it stands.
fn instant(given: Option<Instant>, standing: Option<&(Vec<u8>, Catalogue)>) -> Result<Instant, Failure> {
    given.or_else(|| standing.map(|(_, before)| before.valid_from)).ok_or_else(|| {
        Failure::new("release-instant", "it is not said from which instant the release is in force")
            .help("give `--valid-from`, such as 2026-11-24T00:00:00Z")
            .usage()
    })
}

/// A release as it stands.
fn read(file: &Path) -> Result<Option<(Vec<u8>, Catalogue)>, Failure> {
    if !file.is_file() {
        return Ok(None);
    }
    let bytes = source::bytes(file)?;
    let catalogue =
        parse(&bytes).map_err(|message| Failure::new("catalogue-unusable", message).at(file.display()))?;
    Ok(Some((bytes, catalogue)))
}

/// The release of a folder that came into force last.
fn latest(folder: &Path) -> Result<Option<Catalogue>, Failure> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    let mut found: Option<Catalogue> = None;
    for file in files {
        if let Some((_, next)) = read(&file)?
            && found.as_ref().is_none_or(|found| found.valid_from <= next.valid_from)
        {
            found = Some(next);
        }
    }
    Ok(found)
}

fn text(catalogue: &Catalogue, before: Option<&Catalogue>, file: &Path) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "release    {}, in force from {}", catalogue.version, catalogue.valid_from);
    let _ = writeln!(out, "catalogue  {}", catalogue.digest());
    let _ = writeln!(out, "logic      {}", catalogue.logic());
    let (controls, provisions) = (catalogue.controls.len(), catalogue.provisions.len());
    let _ = writeln!(out, "holds      {controls} controls, {provisions} provisions");
    let _ = writeln!(out, "file       {}", terminal(&file.display().to_string()));
    let Some(before) = before else {
        let _ = writeln!(out, "\nthe first release in this folder");
        return out;
    };
    let changes = Changes::between(before, catalogue);
    let version = terminal(&before.version);
    if changes.is_empty() {
        let _ = writeln!(out, "\nno change against {version}");
        return out;
    }
    let _ = writeln!(out, "\nchanged against {version}");
    for (what, names) in [
        ("controls added", &changes.added),
        ("controls removed", &changes.removed),
        ("logic changed", &changes.logic),
        ("words changed", &changes.prose),
        ("data changed", &changes.data),
    ] {
        for (at, name) in names.iter().enumerate() {
            let _ = writeln!(out, "  {:18}{}", if at == 0 { what } else { "" }, terminal(name));
        }
    }
    if changes.obligations {
        let _ = writeln!(out, "  obligations, crosswalk or packs changed");
    }
    out
}
