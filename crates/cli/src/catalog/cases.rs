//! `nachweis catalog test`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use nachweis_canon::Json;
use nachweis_catalog::{Files, from_yaml};
use nachweis_evaluate::{Evidence, Inputs, Item, assess};
use nachweis_model::Instant;
use nachweis_model::assessment::Finding;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_oci::{Manifest, MemoryStore, media};
use nachweis_report::escape::{terminal, visible};
use nachweis_snapshot::{FileSpool, Ingest, Resources, Settings, Snapshot};
use serde::Deserialize;
use serde_json::Value;

use super::source::{self, Folder};
use super::{TestArgs, counted, lint, watch};
use crate::args::Format;
use crate::fail::Failure;
use crate::output::{print, print_json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: String,
    covered: Option<u64>,
    total: Option<u64>,
    reasons: Option<BTreeMap<String, u64>>,
    excluded: Option<BTreeMap<String, u64>>,
    counts: Option<BTreeMap<String, u64>>,
    #[serde(default)]
    params: BTreeMap<String, Value>,
    as_of: Option<Instant>,
}

/// What one case gave.
struct Ran {
    control: String,
    case: String,
    verdict: String,
    /// what differs from what was expected, or why it did not run
    problems: Vec<String>,
    /// items by how they came out; where something differs
    items: Vec<(String, Vec<String>)>,
}

/// Verdicts of which every control has a case.
const SHOWN: [&str; 3] = ["satisfied", "not-satisfied", "indeterminate"];
/// Items that are named for one outcome.
const NAMED: usize = 20;

/// Runs the cases; again and again with `--watch`.
pub fn run(args: &TestArgs) -> Result<u8, Failure> {
    // Only the controls are watched: the output of this run may go to a file beside them.
    let watched = source::root(&args.dir);
    loop {
        let before = watch::look(&watched);
        let code = match once(args) {
            Err(failure) if args.watch => {
                print(format!("{failure}\n").as_bytes())?;
                1
            }
            code => code?,
        };
        if !args.watch {
            return Ok(code);
        }
        print(b"waiting for a change, Ctrl-C ends\n\n")?;
        watch::wait(&watched, &before);
    }
}

fn once(args: &TestArgs) -> Result<u8, Failure> {
    let mut folders = source::folders(&args.dir)?;
    if let Some(id) = &args.control {
        folders.retain(|folder| folder.id == *id);
        if folders.is_empty() {
            let failure = Failure::new("control-unknown", format!("there is no control `{id}` here"));
            return Err(failure.at(args.dir.display()).usage());
        }
    }
    let faults = lint::check(&folders)?;
    if !faults.is_empty() {
        print(lint::text(&faults, folders.len()).as_bytes())?;
        return Ok(1);
    }
    let surroundings = source::surroundings(&args.dir)?;
    let mut ran = Vec::new();
    for folder in &folders {
        ran.extend(control(folder, &surroundings)?);
    }
    match args.format {
        Format::Text => print(text(&ran, folders.len()).as_bytes())?,
        Format::Json => print_json(&json(&ran))?,
    }
    Ok(u8::from(ran.iter().any(|case| !case.problems.is_empty())))
}

/// Runs all cases of one control.
fn control(folder: &Folder, surroundings: &Catalogue) -> Result<Vec<Ran>, Failure> {
    let catalogue = Catalogue { controls: vec![source::control(folder)?], ..surroundings.clone() };
    let cases = folder.path.join("cases");
    let mut names: Vec<String> = std::fs::read_dir(&cases)
        .map(|entries| entries.flatten().filter(|entry| entry.path().is_dir()).collect::<Vec<_>>())
        .unwrap_or_default()
        .iter()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut out = Vec::new();
    for case in names {
        let mut ran = Ran {
            control: folder.id.clone(),
            case: case.clone(),
            verdict: String::new(),
            problems: Vec::new(),
            items: Vec::new(),
        };
        if let Err(problem) = one(&cases.join(&case), &catalogue, &mut ran) {
            ran.problems.push(problem);
        }
        out.push(ran);
    }
    for verdict in
        SHOWN.into_iter().filter(|verdict| !out.iter().any(|ran| ran.verdict == *verdict)).collect::<Vec<_>>()
    {
        out.push(Ran {
            control: folder.id.clone(),
            case: "-".into(),
            verdict: String::new(),
            problems: vec![format!("no case gives `{verdict}`")],
            items: Vec::new(),
        });
    }
    Ok(out)
}

fn one(folder: &Path, catalogue: &Catalogue, ran: &mut Ran) -> Result<(), String> {
    let file = folder.join("expected.yaml");
    let bytes = source::bytes(&file).map_err(|failure| failure.to_string())?;
    let expected: Expected = from_yaml("expected.yaml", &bytes).map_err(|fault| fault.to_string())?;
    let input = source::files(&folder.join("input")).map_err(|failure| failure.to_string())?;
    let store = MemoryStore::new();
    let snapshot = seal(&input, &store)?;
    if let Some(unread) = snapshot.seal().unread.first() {
        return Err(format!("{}:{}: {}", unread.file, unread.line, unread.detail));
    }
    let overlay = Overlay { params: expected.params.clone(), ..Overlay::default() };
    let as_of = expected.as_of.unwrap_or(snapshot.seal().collected_to);
    let inputs = Inputs { evidence: &snapshot, catalogue, overlay: &overlay, packs: &[], as_of };
    let assessment = assess(&inputs).map_err(|error| error.to_string())?;
    let found = assessment.findings.first().ok_or("the control gave no finding")?;
    ran.verdict = found.verdict.as_str().to_string();
    ran.problems = differences(&expected, found);
    if !ran.problems.is_empty() {
        ran.items = items(found, &snapshot)?;
    }
    Ok(())
}

/// Seals the files of a case as if they lay in one folder.
fn seal<'s>(input: &Files, store: &'s MemoryStore) -> Result<Snapshot<'s>, String> {
    // Cases carry their own instant; this one is for those that need none.
    let settings = Settings { threads: 1, ..Settings::new(Instant::from_unix(0), "case") };
    let spool = FileSpool::new(std::io::Cursor::new(Vec::new()));
    let mut ingest = Ingest::new(settings, Resources::built_in(), spool);
    for (path, content) in input {
        ingest.entry(path, content.clone());
    }
    let sealed = ingest.finish(store).map_err(|error| error.to_string())?;
    let manifest = Manifest { layers: sealed.layers.clone(), ..Manifest::artifact(media::SNAPSHOT) };
    Snapshot::open(store, &manifest).map_err(|error| error.to_string())
}

fn differences(expected: &Expected, found: &Finding) -> Vec<String> {
    let mut out = Vec::new();
    let mut check = |what: &str, wanted: Option<String>, got: String| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
            out.push(format!("{what}: expected {wanted}, found {got}"));
        }
    };
    let show = |map: &BTreeMap<String, u64>| match map.len() {
        0 => "none".to_string(),
        _ => map.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", "),
    };
    check("verdict", Some(expected.verdict.clone()), found.verdict.as_str().to_string());
    check("covered", expected.covered.map(|n| n.to_string()), found.covered.to_string());
    check("total", expected.total.map(|n| n.to_string()), found.total.to_string());
    check("reasons", expected.reasons.as_ref().map(show), show(&found.reasons));
    let excluded = found.excluded.iter().map(|(code, items)| (code.clone(), items.len())).collect();
    check("excluded", expected.excluded.as_ref().map(show), show(&excluded));
    check("counts", expected.counts.as_ref().map(show), show(&found.counts));
    out
}

/// Names of the items by how they came out.
fn items(found: &Finding, snapshot: &Snapshot<'_>) -> Result<Vec<(String, Vec<String>)>, String> {
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    let mut visit = |item: &Item<'_>| drop(names.insert(item.index, item.id.to_string()));
    Evidence::read(snapshot, &|_, _| true, &mut visit).map_err(|error| error.to_string())?;
    let mut out = vec![("covered".to_string(), &found.passed)];
    out.extend(
        found
            .items
            .iter()
            .map(|group| (format!("{} {}", group.verdict.as_str(), group.reason), &group.items)),
    );
    out.extend(found.excluded.iter().map(|(code, items)| (format!("excluded {code}"), items)));
    let named = |ranges: &nachweis_model::Ranges| {
        let mut list: Vec<String> =
            ranges.iter().take(NAMED).filter_map(|index| names.get(&index).cloned()).collect();
        let rest = ranges.len().saturating_sub(NAMED as u64);
        if rest > 0 {
            list.push(format!("and {rest} more"));
        }
        list
    };
    let filled = out.into_iter().filter(|(_, ranges)| !ranges.is_empty());
    Ok(filled.map(|(how, ranges)| (how, named(ranges))).collect())
}

fn text(ran: &[Ran], controls: usize) -> String {
    let mut out = String::new();
    for case in ran.iter().filter(|case| !case.problems.is_empty()) {
        let _ = writeln!(out, "✗ differs  {}/{}", terminal(&case.control), terminal(&case.case));
        for problem in &case.problems {
            let _ = writeln!(out, "    {}", visible(problem));
        }
        for (how, names) in &case.items {
            let _ = writeln!(out, "    {}:", visible(how));
            for name in names {
                let _ = writeln!(out, "      {}", terminal(name));
            }
        }
    }
    let cases = ran.iter().filter(|case| case.case != "-").count();
    let (controls, cases) = (counted(controls, "control", "controls"), counted(cases, "case", "cases"));
    let wrong = ran.iter().filter(|case| !case.problems.is_empty()).count();
    let _ = match wrong {
        0 => writeln!(out, "✓ {controls}, {cases}: all give what they expect"),
        _ => writeln!(out, "{controls}, {cases}, {}", counted(wrong, "difference", "differences")),
    };
    out
}

fn json(ran: &[Ran]) -> Json<'static> {
    let texts = |list: &[String]| Json::Arr(list.iter().map(|text| Json::str(text.clone())).collect());
    let rows = ran.iter().map(|case| {
        let items = case
            .items
            .iter()
            .map(|(how, names)| Json::object([("outcome", Json::str(how.clone())), ("items", texts(names))]));
        Json::object([
            ("control", Json::str(case.control.clone())),
            ("case", Json::str(case.case.clone())),
            ("verdict", Json::str(case.verdict.clone())),
            ("problems", texts(&case.problems)),
            ("items", Json::Arr(items.collect())),
        ])
    });
    Json::object([("format", Json::str("nachweis-cases/1")), ("cases", Json::Arr(rows.collect()))])
}
