//! `nachweis report`

use std::path::Path;

use nachweis_attest::PublicKey;
use nachweis_canon::{Digest, Json, Limits, canonical_bytes, parse_bytes};
use nachweis_evaluate::Inputs;
use nachweis_model::Lang;
use nachweis_model::assessment::Assessment;
use nachweis_model::news::News;
use nachweis_oci::{Blobs, select};
use nachweis_report::{
    Changes, Items, Report, baseline_json, baseline_terminal, csv, html, html_excerpts, json, junit, sarif,
    terminal,
};
use nachweis_snapshot::Snapshot;
use nachweis_verify::bundle::Documents;

use crate::args::{Rendering, ReportArgs};
use crate::baseline::Known;
use crate::diff::compare;
use crate::fail::Failure;
use crate::items::Names;
use crate::output::{print, progress, style};
use crate::places::Declared;
use crate::store;

/// Renders the assessment of a bundle. It does not verify it: `nachweis verify` does.
pub fn run(args: &ReportArgs) -> Result<u8, Failure> {
    let store = store::open(&args.bundle)?;
    let selected = select(store.as_ref(), None)?;
    let snapshot = Snapshot::open(store.as_ref(), &selected.manifest)
        .map_err(|error| Failure::new("snapshot-unreadable", error.to_string()))?;
    let documents = Documents::read(store.as_ref(), &selected)?;
    let names = Names::read(&snapshot)?;
    let declared = args.source.as_deref().map(|source| Declared::read(&names, source)).transpose()?;
    let items: &dyn Items = declared.as_ref().map_or(&names, |declared| declared);
    let bundle = args.bundle.display().to_string();
    let changes = args.against.as_deref().map(|old| changes(old, store.as_ref())).transpose()?;
    let keyid = documents.keys.first().and_then(|key| PublicKey::from_pem(key).ok()).map(|key| key.keyid());
    let report = Report {
        assessment: &documents.assessment,
        digest: Digest::of(&documents.assessment_bytes),
        seal: snapshot.seal(),
        catalogue: &documents.catalogue,
        overlay: &documents.overlay,
        items,
        bundle: Some(&bundle),
        signer: keyid.as_deref(),
        trust: None,
        system_namespaces: &system_namespaces(&documents.assessment),
        changes: changes.as_ref(),
    };
    let news = match &args.baseline {
        None => None,
        Some(_) if matches!(args.format, Rendering::Html | Rendering::Csv) => return Err(no_baseline()),
        Some(path) => Some(Known::read(path, None)?.news(&documents.assessment, snapshot.seal(), &names)?),
    };
    let baseline = args.baseline.as_deref().zip(news.as_ref());
    let bytes = match args.format {
        Rendering::Html => {
            let inputs = Inputs {
                evidence: &snapshot,
                catalogue: &documents.catalogue,
                overlay: &documents.overlay,
                packs: &documents.assessment.packs,
                as_of: documents.assessment.as_of,
            };
            let items = names.with_excerpts(&inputs, html_excerpts(&report), args.lang)?;
            html(&Report { items: &items, ..report }, args.lang).into_bytes()
        }
        Rendering::Csv => csv(&report).into_bytes(),
        Rendering::Text => screen(&report, baseline, args.lang).into_bytes(),
        Rendering::Junit => junit(&report, news.as_ref(), args.lang).into_bytes(),
        Rendering::Sarif => {
            let mut bytes = sarif(&report, news.as_ref(), args.lang).canonical();
            bytes.push(b'\n');
            bytes
        }
        Rendering::Json => {
            let mut bytes = whole_json(&report, baseline).canonical();
            bytes.push(b'\n');
            bytes
        }
    };
    match &args.out {
        None => print(&bytes)?,
        Some(path) => std::fs::write(path, &bytes).map_err(|error| {
            Failure::new("report-write", format!("cannot write the report: {error}")).at(path.display())
        })?,
    }
    Ok(0)
}

/// What differs from an older bundle, as `nachweis diff` tells it.
fn changes(old: &Path, new: &dyn Blobs) -> Result<Changes, Failure> {
    let bar = progress("comparing");
    let delta = compare(store::open(old)?.as_ref(), new)?;
    bar.finish_and_clear();
    let unread = |message: String| Failure::new("document-unreadable", message).at(old.display());
    let bytes = canonical_bytes(&delta);
    let parsed = parse_bytes(&bytes, &Limits::OURS).map_err(|error| unread(error.to_string()))?;
    Changes::read(parsed.value.into_owned(), old.display().to_string()).map_err(unread)
}

fn no_baseline() -> Failure {
    Failure::new("baseline-unused", "this rendering does not tell what is new")
        .note("nothing was rendered")
        .help("`--format text`, `json`, `sarif` and `junit` do; `nachweis diff OLD NEW` tells causes too")
        .usage()
}

/// The first screen, and what is new against a baseline.
pub fn screen(report: &Report<'_>, baseline: Option<(&Path, &News)>, lang: Lang) -> String {
    let style = style(lang);
    let mut out = terminal(report, &style);
    if let Some((path, news)) = baseline {
        out.push_str(&baseline_terminal(report, news, &path.display().to_string(), &style));
    }
    out
}

/// The JSON for scripts; with a baseline it has a member of that name.
pub fn whole_json(report: &Report<'_>, baseline: Option<(&Path, &News)>) -> Json<'static> {
    let mut out = json(report);
    if let (Some((_, news)), Some(members)) = (baseline, out.as_object_mut()) {
        members.insert("baseline", baseline_json(report, news));
    }
    out
}

/// Namespaces of the platform itself, as the parameter names them.
pub fn system_namespaces(assessment: &Assessment) -> Vec<String> {
    let parameter = assessment.parameters.iter().find(|parameter| parameter.name == "platform_namespaces");
    let names = parameter.and_then(|parameter| parameter.value.as_array());
    names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_string)).collect()
}
