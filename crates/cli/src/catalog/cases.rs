//! `nachweis catalog test`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use nachweis_canon::Json;
use nachweis_evaluate::{Evidence, Item};
use nachweis_model::assessment::Finding;
use nachweis_model::catalogue::Catalogue;
use nachweis_report::escape::{terminal, visible};

use super::case::{self, Case};
use super::source::{self, Folder};
use super::{TestArgs, counted, lint, mutate, watch};
use crate::args::Format;
use crate::fail::Failure;
use crate::output::{print, print_json};

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
    let wrong = ran.iter().any(|case| !case.problems.is_empty());
    // Cases that do not hold notice every change.
    let tried = if args.mutate && !wrong { Some(mutated(&folders, &surroundings)?) } else { None };
    match args.format {
        Format::Text => print(text(&ran, folders.len()).as_bytes())?,
        Format::Json => print_json(&json(&ran, tried.as_deref()))?,
    }
    let Some(tried) = tried else { return Ok(u8::from(wrong)) };
    if args.format == Format::Text {
        print(mutate::text(&tried).as_bytes())?;
    }
    Ok(u8::from(tried.iter().any(|(_, tried)| !tried.survivors.is_empty())))
}

/// What the cases of all controls have that was not expected; none where all hold.
pub fn unmet(folders: &[Folder], surroundings: &Catalogue) -> Result<Option<String>, Failure> {
    let mut ran = Vec::new();
    for folder in folders {
        ran.extend(control(folder, surroundings)?);
    }
    let wrong = ran.iter().any(|case| !case.problems.is_empty());
    Ok(wrong.then(|| text(&ran, folders.len())))
}

/// What became of the mutants of every control.
fn mutated(folders: &[Folder], surroundings: &Catalogue) -> Result<Vec<(String, mutate::Tried)>, Failure> {
    let tried = folders.iter().map(|folder| Ok((folder.id.clone(), mutate::control(folder, surroundings)?)));
    tried.collect()
}

/// Runs all cases of one control.
fn control(folder: &Folder, surroundings: &Catalogue) -> Result<Vec<Ran>, Failure> {
    let catalogue = Catalogue { controls: vec![source::control(folder)?], ..surroundings.clone() };
    let mut out = Vec::new();
    for (case, path) in case::folders(&folder.path) {
        let mut ran = Ran {
            control: folder.id.clone(),
            case: case.clone(),
            verdict: String::new(),
            problems: Vec::new(),
            items: Vec::new(),
        };
        if let Err(problem) = one(&path, &catalogue, &mut ran) {
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
    let case = Case::open(folder)?;
    let assessment = case.assess(catalogue).map_err(|error| error.to_string())?;
    let found = assessment.findings.first().ok_or("the control gave no finding")?;
    ran.verdict = found.verdict.as_str().to_string();
    ran.problems = case.differences(found);
    if !ran.problems.is_empty() {
        ran.items = items(found, &case.evidence)?;
    }
    Ok(())
}

/// Names of the items by how they came out.
fn items(found: &Finding, evidence: &dyn Evidence) -> Result<Vec<(String, Vec<String>)>, String> {
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    let mut visit = |item: &Item<'_>| drop(names.insert(item.index, item.id.to_string()));
    evidence.read(&|_, _| true, &mut visit).map_err(|error| error.to_string())?;
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

fn json(ran: &[Ran], tried: Option<&[(String, mutate::Tried)]>) -> Json<'static> {
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
    let mut members = vec![("format", Json::str("nachweis-cases/1")), ("cases", Json::Arr(rows.collect()))];
    members.extend(tried.map(|tried| ("mutants", mutate::json(tried))));
    Json::object(members)
}
