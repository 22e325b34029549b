//! `nachweis catalog test --mutate`: are the cases able to fail? Every control is changed in one place, and again in
//! another; a change that no case notices survives, and is a thing that a reader of the cases does not learn.

mod changes;
mod listed;
mod meaning;
mod mutant;
mod write;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nachweis_canon::Json;
use nachweis_catalog::{Fault, Source, steps};
use nachweis_evaluate::AssessError;
use nachweis_model::catalogue::Catalogue;
use nachweis_model::control::Control;

use super::case::{self, Case};
use super::source::{self, Folder};
use super::{counted, lint};
use crate::fail::Failure;
use mutant::Mutant;

/// What became of the mutants of one control.
pub struct Tried {
    /// changes that were tried
    pub mutants: usize,
    /// those that say the same by the rules of `meaning`
    pub same: usize,
    /// those that the control's `mutants.yaml` explains
    pub listed: usize,
    /// those that no case noticed, and rows of `mutants.yaml` that explain nothing
    pub survivors: Vec<Fault>,
}

/// Tries every mutant of a control on its cases, which all give what they expect.
pub fn control(folder: &Folder, surroundings: &Catalogue) -> Result<Tried, Failure> {
    let control = source::control(folder)?;
    let all = mutant::mutants(&control);
    let mutants = all.len();
    let same = meaning::form(&control);
    let mut alive: BTreeMap<String, Mutant> = all
        .into_iter()
        .filter(|mutant| meaning::form(&mutant.control) != same)
        .enumerate()
        .map(|(at, mutant)| (format!("m{at:06}"), mutant))
        .collect();
    let same = mutants - alive.len();
    for path in case::folders(&folder.path).values() {
        let case =
            Case::open(path).map_err(|problem| Failure::new("file-read", problem).at(path.display()))?;
        fight(&case, surroundings, &mut alive)
            .map_err(|error| Failure::new("file-read", error.to_string()).at(path.display()))?;
    }
    let file = folder.file();
    let shown = file.display().to_string();
    let bytes = source::bytes(&file)?;
    let place =
        Source::new(&shown, &bytes).map_err(|fault| Failure::new(fault.code, fault.message).at(&shown))?;
    let mut list = listed::read(folder)?;
    let (explained, unexplained): (Vec<&Mutant>, Vec<&Mutant>) =
        alive.values().partition(|mutant| list.explains(mutant));
    let mut survivors: Vec<Fault> =
        unexplained.into_iter().map(|mutant| fault(&place, &bytes, mutant)).collect();
    survivors.sort();
    survivors.extend(list.idle());
    Ok(Tried { mutants, same, listed: explained.len(), survivors })
}

/// All mutants under one case, in one run: those that the case notices are gone.
fn fight(
    case: &Case,
    surroundings: &Catalogue,
    alive: &mut BTreeMap<String, Mutant>,
) -> Result<(), AssessError> {
    let controls = alive.iter().map(|(id, mutant)| Control { id: id.clone(), ..mutant.control.clone() });
    // Prose of provisions decides nothing, and every assessment takes the digest of all of it.
    let mut catalogue = Catalogue {
        controls: controls.collect(),
        acts: Vec::new(),
        provisions: Vec::new(),
        crosswalk: Vec::new(),
        packs: Vec::new(),
        ..surroundings.clone()
    };
    catalogue.data.retain(|name, _| !matches!(name.as_str(), "normalisation" | "resources"));
    let assessment = loop {
        match case.assess(&catalogue) {
            // A mutant that cannot be run is noticed by whoever runs it.
            Err(AssessError::Plan(errors)) if !errors.is_empty() => {
                for error in &errors {
                    alive.remove(&error.control);
                    catalogue.controls.retain(|control| control.id != error.control);
                }
            }
            other => break other?,
        }
    };
    for finding in assessment.findings.iter().filter(|finding| !case.differences(finding).is_empty()) {
        alive.remove(&finding.control);
    }
    Ok(())
}

fn fault(place: &Source<'_>, bytes: &[u8], mutant: &Mutant) -> Fault {
    let (was, now) = (line(&mutant.was), line(&mutant.now));
    let message = match now.as_str() {
        mutant::LEFT_OUT => format!("no case notices that `{was}` is left out"),
        _ => format!("no case notices `{now}` in the place of `{was}`"),
    };
    let help =
        "add a case that gives something else then, or write the control without this part".to_string();
    let fault = place.fault(&steps(&mutant.field), mutant.at, "mutant-survives", message, Some(help));
    // The threshold that stands where the file names none has no place in it.
    let named = String::from_utf8_lossy(bytes).lines().any(|line| line.starts_with("threshold:"));
    if mutant.field == "threshold" && !named { Fault { line: 0, column: 0, ..fault } } else { fault }
}

/// A text in one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a person reads.
pub fn text(tried: &[(String, Tried)]) -> String {
    let mut out = String::new();
    for fault in tried.iter().flat_map(|(_, tried)| &tried.survivors) {
        lint::block("survivor", fault, &mut out);
    }
    let sum = |of: fn(&Tried) -> usize| tried.iter().map(|(_, tried)| of(tried)).sum::<usize>();
    let (mutants, same, listed) = (sum(|t| t.mutants), sum(|t| t.same), sum(|t| t.listed));
    let survivors = sum(|t| t.survivors.len());
    let noticed = mutants - same - listed - survivors.min(mutants - same - listed);
    let _ = write!(
        out,
        "{} {}: {noticed} noticed by a case, {same} mean the same",
        if survivors == 0 { "✓" } else { "✗" },
        counted(mutants, "change", "changes")
    );
    if listed > 0 {
        let _ = write!(out, ", {listed} explained in mutants.yaml");
    }
    let _ = match survivors {
        0 => writeln!(out),
        count => writeln!(out, ", {}", counted(count, "survivor", "survivors")),
    };
    out
}

/// The same as JSON, control by control.
pub fn json(tried: &[(String, Tried)]) -> Json<'static> {
    let number = |value: usize| Json::Int(i64::try_from(value).unwrap_or(i64::MAX));
    let rows = tried.iter().map(|(control, tried)| {
        Json::object([
            ("control", Json::str(control.clone())),
            ("changes", number(tried.mutants)),
            ("same", number(tried.same)),
            ("explained", number(tried.listed)),
            ("survivors", lint::rows(&tried.survivors)),
        ])
    });
    Json::Arr(rows.collect())
}
