//! `nachweis-verify`: the supervisor's small program. It reads a bundle and answers; it opens no connection.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use nachweis_attest::PublicKey;
use nachweis_oci::{Blobs, FolderStore, TarStore};
use nachweis_verify::{Settings, json, text, verify};

const HELP: &str = "nachweis-verify: recomputes a report of Nachweis offline

usage: nachweis-verify BUNDLE [--trust PUBKEY]... [--accept-catalog DIGEST]... [--manifest DIGEST] [--proof FILE]...
                       [--format text|json]

  BUNDLE            folder or tar file of a bundle
  --trust           public key (SPKI PEM) that is known from elsewhere
  --accept-catalog  digest of a catalogue or overlay that is accepted; may be repeated
  --manifest        digest of the manifest, where the layout holds several
  --proof           inclusion proof of `nachweis items` that the snapshot has to bear out; may be repeated
  --format          text (default) or json

exit: 0 everything holds · 1 cannot run · 2 wrong usage · 4 consistent, but signer, catalogue or overlay unproven
      5 a contradiction

example: nachweis-verify out/bundle --trust auditor/fintech.pub
";

struct Arguments {
    bundle: PathBuf,
    settings: Settings,
    json: bool,
}

fn arguments() -> Result<Option<Arguments>, String> {
    let mut bundle = None;
    let mut settings = Settings { accept: BTreeSet::new(), ..Settings::default() };
    let mut as_json = false;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--trust" => {
                let file = value()?;
                let pem = std::fs::read(&file).map_err(|error| format!("cannot read `{file}`: {error}"))?;
                settings.trust.push(PublicKey::from_pem(&pem).map_err(|error| format!("`{file}`: {error}"))?);
            }
            "--accept-catalog" => {
                let digest = value()?;
                settings.accept.insert(digest.parse().map_err(|error| format!("`{digest}`: {error}"))?);
            }
            "--manifest" => {
                let digest = value()?;
                settings.manifest = Some(digest.parse().map_err(|error| format!("`{digest}`: {error}"))?);
            }
            "--proof" => {
                let file = value()?;
                let bytes = std::fs::read(&file).map_err(|error| format!("cannot read `{file}`: {error}"))?;
                settings.proofs.push(bytes);
            }
            "--format" => match value()?.as_str() {
                "json" => as_json = true,
                "text" => as_json = false,
                other => return Err(format!("`{other}` is no format: text or json")),
            },
            other if other.starts_with('-') => return Err(format!("there is no option `{other}`")),
            path if bundle.is_none() => bundle = Some(PathBuf::from(path)),
            extra => return Err(format!("one bundle at a time; `{extra}` is too much")),
        }
    }
    let bundle = bundle.ok_or("no bundle is given")?;
    Ok(Some(Arguments { bundle, settings, json: as_json }))
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("error: {message}\n  help: `nachweis-verify --help` shows the options");
            return ExitCode::from(2);
        }
    };
    let store: Box<dyn Blobs> = if arguments.bundle.is_dir() {
        Box::new(FolderStore::open(&arguments.bundle))
    } else {
        match TarStore::open(&arguments.bundle) {
            Ok(store) => Box::new(store),
            Err(problem) => {
                eprintln!("error[{}]: {} ({})", problem.code.as_str(), problem.message, problem.place);
                return ExitCode::from(1);
            }
        }
    };
    let verification = verify(store.as_ref(), &arguments.settings);
    let out = if arguments.json {
        let mut bytes = json(&verification).canonical();
        bytes.push(b'\n');
        bytes
    } else {
        text(&verification).into_bytes()
    };
    match std::io::stdout().write_all(&out) {
        Ok(()) => ExitCode::from(verification.exit),
        Err(_) => ExitCode::from(1),
    }
}
