//! `nachweis report`

use nachweis_attest::PublicKey;
use nachweis_canon::Digest;
use nachweis_model::assessment::Assessment;
use nachweis_oci::select;
use nachweis_report::{Report, csv, html, html_excerpts, json, terminal};
use nachweis_snapshot::Snapshot;
use nachweis_verify::bundle::Documents;

use crate::args::{Rendering, ReportArgs};
use crate::fail::Failure;
use crate::items::Names;
use crate::output::{print, style};
use crate::store;

/// Renders the assessment of a bundle. It does not verify it: `nachweis verify` does.
pub fn run(args: &ReportArgs) -> Result<u8, Failure> {
    let store = store::open(&args.bundle)?;
    let selected = select(store.as_ref(), None)?;
    let snapshot = Snapshot::open(store.as_ref(), &selected.manifest)
        .map_err(|error| Failure::new("snapshot-unreadable", error.to_string()))?;
    let documents = Documents::read(store.as_ref(), &selected)?;
    let names = Names::read(&snapshot)?;
    let bundle = args.bundle.display().to_string();
    let keyid = documents.keys.first().and_then(|key| PublicKey::from_pem(key).ok()).map(|key| key.keyid());
    let report = Report {
        assessment: &documents.assessment,
        digest: Digest::of(&documents.assessment_bytes),
        seal: snapshot.seal(),
        catalogue: &documents.catalogue,
        overlay: &documents.overlay,
        items: &names,
        bundle: Some(&bundle),
        signer: keyid.as_deref(),
        trust: None,
        system_namespaces: &system_namespaces(&documents.assessment),
    };
    let bytes = match args.format {
        Rendering::Html => {
            let both = (&documents.catalogue, &documents.overlay);
            let items = names.with_excerpts(&snapshot, html_excerpts(&report), both, args.lang)?;
            html(&Report { items: &items, ..report }, args.lang).into_bytes()
        }
        Rendering::Csv => csv(&report).into_bytes(),
        Rendering::Text => terminal(&report, &style(args.lang)).into_bytes(),
        Rendering::Json => {
            let mut bytes = json(&report).canonical();
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

/// Namespaces of the platform itself, as the parameter names them.
pub fn system_namespaces(assessment: &Assessment) -> Vec<String> {
    let parameter = assessment.parameters.iter().find(|parameter| parameter.name == "platform_namespaces");
    let names = parameter.and_then(|parameter| parameter.value.as_array());
    names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_string)).collect()
}
