//! `nachweis assess`

use std::path::Path;

use nachweis_attest::{PrivateKey, Signer, Statement, sign_statement};
use nachweis_canon::{Digest, canonical_bytes};
use nachweis_catalog::{Files, Schemas, overlay, parse};
use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_evaluate::{AssessError, Inputs, PlanError, Selection, assess, bind, exit_code};
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_oci::{BlobsMut, Cache, Descriptor, Manifest, media, select};
use nachweis_report::{Report, terminal_excerpts};
use nachweis_snapshot::Snapshot;
use nachweis_verify::bundle::{Parts, compose};
use nachweis_verify::statement;

use crate::args::{AssessArgs, Format};
use crate::baseline::Known;
use crate::fail::Failure;
use crate::items::Noting;
use crate::output::{print, print_json, progress};
use crate::version::ENGINE;
use crate::{ingest, key, lines, pseudonyms, store};

/// Seals the inputs where they are not sealed yet, assesses them, writes the bundle, shows the first screen.
pub fn run(args: &AssessArgs) -> Result<u8, Failure> {
    let release = match &args.catalog {
        None => nachweis_catalog::current(),
        Some(name) => nachweis_catalog::release(name).ok_or_else(|| no_such_release(name))?,
    };
    let catalogue = parse(release.bytes).map_err(Failure::damaged)?;
    let overlay = args.overlay.as_deref().map(read_overlay).transpose()?.unwrap_or_default();
    known_parameters(&catalogue, &overlay)?;
    bound(&overlay)?;
    let key = args.key.as_deref().map(key::private).transpose()?;
    let known = args.baseline.as_deref().map(|path| Known::read(path, Some(&args.out))).transpose()?;

    let pseudonyms = pseudonyms::of(&args.input, &overlay)?;
    let draft = store::Draft::new(&args.out)?;
    let store = draft.store();
    let cache = Cache::new(store);
    let given = ingest::sealed_input(&args.input)?;
    let sealed;
    let (snapshot, layers) = match given {
        // What is copied is read at once.
        Some(path) => open_copy(path, &cache)?,
        None => {
            sealed = ingest::seal(&args.input, pseudonyms.clone(), store)?;
            (Snapshot::sealed(&sealed), sealed.layers.clone())
        }
    };
    let overlay = pseudonyms::overlay(overlay, &snapshot, pseudonyms.as_ref())?;
    let bar = progress("assessing");
    let noting = Noting::new(&snapshot);
    let as_of = args.as_of.unwrap_or(snapshot.seal().collected_to);
    let inputs =
        Inputs { evidence: &snapshot, catalogue: &catalogue, overlay: &overlay, packs: &args.pack, as_of };
    let assessment = assess(&Inputs { evidence: &noting, ..inputs }).map_err(assess_failure)?;
    bar.finish_and_clear();

    let attestation = key.as_ref().map(|key| attest(&assessment, key)).transpose()?;
    let parts = Parts {
        snapshot: &layers,
        catalogue: release.bytes,
        overlay: &overlay,
        assessment: &assessment,
        attestation: attestation.as_ref().map(|(envelope, pem)| (envelope.as_slice(), pem.as_str())),
    };
    compose(store, &parts)?;
    let names = noting.names()?;
    let news = known.map(|known| known.news(&assessment, snapshot.seal(), &names)).transpose()?;
    let bundle = args.out.display().to_string();
    let keyid = key.as_ref().map(|key| key.public().keyid());
    let file = args.key.as_ref().filter(|place| key::is_file(place));
    let trust = file.map(|path| format!("{}.pub", path.display()));
    let report = Report {
        assessment: &assessment,
        digest: Digest::of(&canonical_bytes(&assessment)),
        seal: snapshot.seal(),
        catalogue: &catalogue,
        overlay: &overlay,
        items: &names,
        bundle: Some(&bundle),
        signer: keyid.as_deref(),
        trust: trust.as_deref(),
        system_namespaces: &crate::report::system_namespaces(&assessment),
        changes: None,
    };
    let baseline = args.baseline.as_deref().zip(news.as_ref());
    match args.format {
        Format::Json => print_json(&crate::report::whole_json(&report, baseline))?,
        Format::Text => {
            // Of a sealed snapshot no file is known whose lines could be shown; where people were replaced, lines of
            // the files have their names.
            let hidden = given.is_some() || snapshot.seal().pseudonyms.is_some();
            let wanted = if hidden { Vec::new() } else { terminal_excerpts(&report) };
            let items = lines::find(&names, &inputs, &args.input.inputs, wanted);
            let report = Report { items: &items, ..report };
            print(crate::report::screen(&report, baseline, args.lang).as_bytes())?;
        }
    }
    draft.finish()?;
    let selection = Selection { min_severity: args.min_severity, news: news.as_ref() };
    Ok(exit_code(&assessment, args.fail_on, selection))
}

fn no_such_release(name: &str) -> Failure {
    let known: Vec<&str> = nachweis_catalog::RELEASES.iter().map(|release| release.version).collect();
    Failure::new("catalogue-unknown", format!("there is no catalogue release `{name}` in this program"))
        .help(format!("it carries {}", known.join(", ")))
        .usage()
}

fn assess_failure(error: AssessError) -> Failure {
    match error {
        AssessError::Plan(_) => Failure::new("control-unusable", error.to_string())
            .note("nothing was assessed")
            .help("correct the controls named above"),
        AssessError::Selection(message) => Failure::new("pack-unknown", message).usage(),
        AssessError::Read(error) => Failure::new("snapshot-read", error.to_string()),
    }
}

fn attest(assessment: &Assessment, key: &PrivateKey) -> Result<(Vec<u8>, String), Failure> {
    Ok((signed(&statement(assessment, ENGINE), key)?, key.public().to_pem()))
}

/// The envelope of a statement.
pub fn signed(statement: &Statement, signer: &dyn Signer) -> Result<Vec<u8>, Failure> {
    sign_statement(statement, signer).map_err(|error| Failure::new("sign", error.to_string()))
}

/// A sealed snapshot and its layers, copied into a storage.
fn open_copy<'s>(path: &Path, target: &'s dyn BlobsMut) -> Result<(Snapshot<'s>, Vec<Descriptor>), Failure> {
    let manifest = Manifest { layers: copy_snapshot(path, target)?, ..Manifest::artifact(media::SNAPSHOT) };
    let snapshot = Snapshot::open(target, &manifest)
        .map_err(|error| Failure::new("snapshot-unreadable", error.to_string()))?;
    Ok((snapshot, manifest.layers))
}

/// Copies seal and items of a sealed snapshot, unchanged.
fn copy_snapshot(path: &Path, target: &dyn BlobsMut) -> Result<Vec<Descriptor>, Failure> {
    let source = store::open(path)?;
    let selected = select(source.as_ref(), None)?;
    let of_snapshot = |layer: &&Descriptor| [media::SEAL, media::ITEMS].contains(&layer.media_type.as_str());
    let layers: Vec<Descriptor> = selected.manifest.layers.iter().filter(of_snapshot).cloned().collect();
    for descriptor in &layers {
        let mut reader = source.reader(descriptor)?;
        let mut blob = target.create()?;
        std::io::copy(&mut reader, &mut blob)
            .map_err(|error| Failure::new("snapshot-copy", error.to_string()).at(descriptor.digest))?;
        blob.finish()?;
    }
    Ok(layers)
}

/// Reads an overlay folder; every problem of every file is told at once.
fn read_overlay(path: &Path) -> Result<Overlay, Failure> {
    let mut files = Files::new();
    walk(&[Input::Path(path.to_path_buf())], &ArchiveLimits::default(), &mut |event| {
        if let Event::Entry { path, bytes } = event {
            files.insert(path, bytes);
        }
        std::ops::ControlFlow::Continue(())
    })
    .map_err(|error| Failure::new(error.code, error.to_string()).note("nothing was read").help(error.help))?;
    overlay(&files).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::new(
            "overlay-unusable",
            format!("the overlay has {} problems\n{}", faults.len(), lines.join("\n")),
        )
        .at(path.display())
        .note("nothing was assessed")
    })
}

/// Everything that the organisation's own controls name exists; the shipped ones were bound before the release.
fn bound(overlay: &Overlay) -> Result<(), Failure> {
    if overlay.controls.is_empty() {
        return Ok(());
    }
    let schemas = Schemas::embedded().map_err(Failure::damaged)?;
    let errors: Vec<PlanError> =
        overlay.controls.iter().flat_map(|control| bind(control, &schemas)).collect();
    if errors.is_empty() { Ok(()) } else { Err(assess_failure(AssessError::Plan(errors))) }
}

/// A value for a parameter that nobody declares would silently have no effect.
fn known_parameters(catalogue: &Catalogue, overlay: &Overlay) -> Result<(), Failure> {
    let declared: Vec<&str> = catalogue
        .controls
        .iter()
        .chain(&overlay.controls)
        .flat_map(|control| control.parameters.iter().map(|parameter| parameter.name.as_str()))
        .collect();
    match overlay.params.keys().find(|name| !declared.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let mut known = declared;
            known.sort_unstable();
            known.dedup();
            Err(Failure::new(
                "parameter-unknown",
                format!("the overlay sets `{name}`, which no control declares"),
            )
            .help(format!("known parameters: {}", known.join(", "))))
        }
    }
}
