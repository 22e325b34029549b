//! Work on the repository itself: `cargo xtask example`, `cargo xtask release VERSION`, `cargo xtask dist`.

mod dist;
mod example;
mod files;
mod release;
mod yaml;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  example            write examples/fintech/dump from examples/fintech/platform.yaml
  example --check    fail if the committed dump differs from what the description gives
  release VERSION [INSTANT] [--replace]
                     freeze catalog/ as catalog/releases/VERSION.json and .yaml, in force from INSTANT
  dist PARTS METADATA COMMIT INSTANT TARGET OUT [KEY]
                     put a release together from built parts; `make release` calls it
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = files::root();
    let outcome = match words.as_slice() {
        ["example"] => write_example(&root),
        ["example", "--check"] => check_example(&root),
        ["release", version, rest @ ..] if rest.len() <= 2 => release::write(&root, version, rest),
        ["dist", parts, metadata, commit, instant, target, out, key @ ..] if key.len() < 2 => {
            distribute(&root, [parts, metadata, commit, instant, target, out], key.first().copied())
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn distribute(root: &Path, words: [&str; 6], key: Option<&str>) -> Result<String, String> {
    let [parts, metadata, commit, instant, target, out] = words;
    let plan = dist::Plan {
        parts: parts.into(),
        metadata: metadata.into(),
        commit: commit.into(),
        instant: instant.parse().map_err(|error| format!("instant `{instant}`: {error}"))?,
        target: target.into(),
        key: key.map(Into::into),
        out: out.into(),
    };
    dist::make(root, &plan)
}

fn write_example(root: &Path) -> Result<String, String> {
    let dump = example::generate(root)?;
    let folder = root.join(example::FOLDER).join("dump");
    files::replace_folder(&folder, &dump.files)?;
    Ok(format!(
        "{} objects and {} evidence documents in {} files",
        dump.objects,
        dump.documents,
        dump.files.len()
    ))
}

fn check_example(root: &Path) -> Result<String, String> {
    let dump = example::generate(root)?;
    let folder = root.join(example::FOLDER).join("dump");
    let differing = files::differences(&folder, &dump.files)?;
    if differing.is_empty() {
        return Ok(format!("{} files are as the description gives them", dump.files.len()));
    }
    Err(format!(
        "{} of the dump differ, run `cargo xtask example`: {}",
        differing.len(),
        differing.join(", ")
    ))
}
