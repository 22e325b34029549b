//! Work on the repository itself: `cargo xtask record`, `cargo xtask release VERSION`, `cargo xtask dist`.

mod dist;
mod files;
mod record;
mod release;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  record             run examples/fintech/platform.yaml on a real API server, and write examples/fintech/dump from it
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
        ["record"] => record::run(&root),
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
