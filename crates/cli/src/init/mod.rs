//! `nachweis init`: an overlay with guesses from a snapshot, each with what speaks for it, for a person to review.

mod facts;
mod guess;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use nachweis_canon::Json;
use nachweis_catalog::{Files, overlay, parse};
use nachweis_model::catalogue::Overlay;
use nachweis_model::control::Parameter;
use nachweis_oci::{FolderStore, select};
use nachweis_report::escape::shell;
use nachweis_snapshot::Snapshot;

use crate::args::{Format, InputArgs};
use crate::fail::Failure;
use crate::output::{print, print_json};
use crate::{ingest, pseudonyms, store};

#[derive(Args)]
pub struct InitArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Folder to write; it must not exist, or be empty
    #[arg(long, value_name = "DIR", default_value = "overlay")]
    pub out: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// A parameter of the catalogue, and which controls use it.
pub struct Asked {
    pub parameter: Parameter,
    pub controls: Vec<String>,
}

/// Reads the inputs, guesses, writes `params.yaml`.
pub fn run(args: &InitArgs) -> Result<u8, Failure> {
    if args.out.exists() && !args.out.read_dir().is_ok_and(|mut entries| entries.next().is_none()) {
        return Err(Failure::new("output-occupied", "something else stands where the overlay should go")
            .at(args.out.display())
            .note("an overlay that exists is never replaced: it holds decisions; nothing was written")
            .help("choose another place with `--out`, and take over by hand what is new"));
    }
    let release = nachweis_catalog::current();
    let catalogue = parse(release.bytes).map_err(Failure::damaged)?;
    let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
    for control in &catalogue.controls {
        for parameter in &control.parameters {
            let known = asked
                .entry(parameter.name.clone())
                .or_insert_with(|| Asked { parameter: parameter.clone(), controls: Vec::new() });
            known.controls.push(control.id.clone());
        }
    }
    let facts = facts(&args.input)?;
    let draft = write::draft(&catalogue.version, &asked, &facts);
    // What is written is read back before anybody sees it: the next command takes it as it is.
    let files = Files::from([("params.yaml".to_string(), draft.text.clone().into_bytes())]);
    overlay(&files).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::new("overlay-unusable", format!("the guesses make no overlay: {}", faults.join("; ")))
    })?;
    let path = args.out.join("params.yaml");
    std::fs::create_dir_all(&args.out).and_then(|()| std::fs::write(&path, &draft.text)).map_err(
        |error| Failure::new("file-write", format!("cannot write the overlay: {error}")).at(path.display()),
    )?;
    match args.format {
        Format::Json => print_json(&json(&path.display().to_string(), &draft))?,
        Format::Text => print(text(args, &path.display().to_string(), &draft).as_bytes())?,
    }
    Ok(0)
}

fn facts(input: &InputArgs) -> Result<facts::Facts, Failure> {
    let unreadable = |error: String| Failure::new("snapshot-unreadable", error);
    let read = |snapshot: &Snapshot<'_>| facts::Facts::read(snapshot);
    if let Some(path) = ingest::sealed_input(input)? {
        let source = store::open(path)?;
        let selected = select(source.as_ref(), None)?;
        let snapshot = Snapshot::open(source.as_ref(), &selected.manifest)
            .map_err(|error| unreadable(error.to_string()))?;
        return read(&snapshot);
    }
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::new("temporary-storage", format!("cannot make a temporary folder: {error}"))
    })?;
    let store = FolderStore::create(folder.path())?;
    let pseudonyms = pseudonyms::of(input, &Overlay::default())?;
    let sealed = ingest::seal(input, pseudonyms, &store)?;
    read(&Snapshot::sealed(&sealed))
}

fn json(path: &str, draft: &write::Draft) -> Json<'static> {
    let names = |names: &[String]| Json::Arr(names.iter().map(|name| Json::str(name.clone())).collect());
    Json::object([
        ("file", Json::str(path.to_string())),
        ("guessed", names(&draft.guessed)),
        ("open", names(&draft.open)),
        ("default", names(&draft.default)),
    ])
}

fn text(args: &InitArgs, path: &str, draft: &write::Draft) -> String {
    let list = |names: &[String]| match names {
        [] => "none".to_string(),
        names => names.join(", "),
    };
    let mut inputs: Vec<String> = args.input.inputs.iter().map(|input| shell(input)).collect();
    if inputs.is_empty() {
        inputs.push("...".into());
    }
    let out = args.out.display().to_string();
    format!(
        "{path}\n\nguessed   {}\nto fill   {}\ndefault   {}\n\n{}\n\n  nachweis assess {} --overlay {}\n",
        list(&draft.guessed),
        list(&draft.open),
        list(&draft.default),
        "Every guess has its evidence beside it. Read the file, correct it, keep it under version control. Then:",
        inputs.join(" "),
        shell(&out),
    )
}
