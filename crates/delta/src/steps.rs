//! The way from the old side to the new one, and what is found at every place of it.

use std::collections::BTreeSet;

use nachweis_evaluate::{AssessError, Evidence, Inputs, assess};
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::{Instant, SEMANTICS};

use crate::changes::{Kind, Step};
use crate::compare::{DeltaError, Side};

/// What is found at one place of the way.
pub(crate) struct Stage {
    pub assessment: Assessment,
    /// the indices are those of the new snapshot
    pub of_new: bool,
}

/// Places and the steps between them; there is one step less than there are stages.
pub(crate) struct Way {
    pub stages: Vec<Stage>,
    pub steps: Vec<Step>,
}

/// Inputs on the way: those of the old side, one after the other replaced by those of the new one.
struct Mixed<'a> {
    side: &'a Side<'a>,
    catalogue: &'a Catalogue,
    overlay: Overlay,
    packs: &'a [String],
    as_of: Instant,
}

const ORDER: [Kind; 8] = [
    Kind::Catalogue,
    Kind::OwnControl,
    Kind::Parameter,
    Kind::Exemption,
    Kind::Statement,
    Kind::Selection,
    Kind::Instant,
    Kind::Cluster,
];

pub(crate) fn set(packs: &[String]) -> BTreeSet<&String> {
    packs.iter().collect()
}

impl<'a> Mixed<'a> {
    fn start(side: &'a Side<'a>) -> Self {
        Mixed {
            side,
            catalogue: side.catalogue,
            overlay: side.overlay.clone(),
            packs: side.packs,
            as_of: side.as_of,
        }
    }

    /// Takes one kind of input from the new side; false where it is the same on both.
    fn take(&mut self, kind: Kind, new: &'a Side<'a>) -> bool {
        let differs = match kind {
            Kind::Catalogue => self.catalogue != new.catalogue,
            Kind::OwnControl => self.overlay.controls != new.overlay.controls,
            Kind::Parameter => self.overlay.params != new.overlay.params,
            Kind::Exemption => self.overlay.exemptions != new.overlay.exemptions,
            Kind::Statement => self.overlay != *new.overlay,
            Kind::Selection => set(self.packs) != set(new.packs),
            Kind::Instant => self.as_of != new.as_of,
            Kind::Cluster => self.side.source.snapshot().id() != new.source.snapshot().id(),
            _ => false,
        };
        match kind {
            Kind::Catalogue => self.catalogue = new.catalogue,
            Kind::OwnControl => self.overlay.controls.clone_from(&new.overlay.controls),
            Kind::Parameter => self.overlay.params.clone_from(&new.overlay.params),
            Kind::Exemption => self.overlay.exemptions.clone_from(&new.overlay.exemptions),
            Kind::Statement => self.overlay.clone_from(new.overlay),
            Kind::Selection => self.packs = new.packs,
            Kind::Instant => self.as_of = new.as_of,
            Kind::Cluster => self.side = new,
            _ => {}
        }
        differs
    }

    fn assess(&self) -> Result<Assessment, AssessError> {
        let evidence: &dyn Evidence = self.side.source.snapshot();
        let Mixed { catalogue, overlay, packs, as_of, .. } = self;
        assess(&Inputs { evidence, catalogue, overlay, packs, as_of: *as_of })
    }
}

fn same_inputs(old: &Side<'_>, new: &Side<'_>) -> bool {
    let mut mixed = Mixed::start(old);
    !ORDER.iter().any(|kind| mixed.take(*kind, new))
}

fn failed(which: &'static str, error: AssessError) -> DeltaError {
    match error {
        AssessError::Read(error) => DeltaError::Read { which, message: error.to_string() },
        other => DeltaError::Assess { which, message: other.to_string() },
    }
}

/// Why recorded verdicts are others than those that come out here.
fn otherwise(recorded: &Assessment, engine: Kind, recording: Kind) -> Step {
    if recorded.semantics == SEMANTICS {
        return Step { kinds: vec![recording], note: Some("`nachweis verify` names what differs".into()) };
    }
    let note = format!(
        "recorded with evaluation semantics {}; this program has {SEMANTICS} and cannot run the other",
        recorded.semantics
    );
    Step { kinds: vec![engine], note: Some(note) }
}

/// Goes the way. Where a place cannot be evaluated, its step is joined with the next one.
pub(crate) fn walk<'a>(old: &'a Side<'a>, new: &'a Side<'a>) -> Result<Way, DeltaError> {
    let mut way = Way { stages: Vec::new(), steps: Vec::new() };
    if let Some(recorded) =
        old.recorded.filter(|recorded| new.recorded == Some(*recorded) && same_inputs(old, new))
    {
        way.stages.push(Stage { assessment: recorded.clone(), of_new: false });
        return Ok(way);
    }
    let mut pending = Step { kinds: Vec::new(), note: None };
    let mut mixed = Mixed::start(old);
    match (mixed.assess(), old.recorded) {
        (Ok(found), Some(recorded)) if found != *recorded => {
            way.stages.push(Stage { assessment: recorded.clone(), of_new: false });
            way.steps.push(otherwise(recorded, Kind::Engine, Kind::Recording));
            way.stages.push(Stage { assessment: found, of_new: false });
        }
        (Ok(found), _) => way.stages.push(Stage { assessment: found, of_new: false }),
        (Err(AssessError::Read(error)), _) => return Err(failed("old", AssessError::Read(error))),
        (Err(error), Some(recorded)) => {
            pending = otherwise(recorded, Kind::Engine, Kind::Recording);
            pending.note = Some(format!("the old verdicts could not be recomputed: {error}"));
            way.stages.push(Stage { assessment: recorded.clone(), of_new: false });
        }
        (Err(error), None) => return Err(failed("old", error)),
    }
    let mut last_error = None;
    for kind in ORDER {
        if !mixed.take(kind, new) {
            continue;
        }
        pending.kinds.push(kind);
        match mixed.assess() {
            Ok(assessment) => {
                way.stages.push(Stage { assessment, of_new: kind == Kind::Cluster });
                way.steps.push(std::mem::replace(&mut pending, Step { kinds: Vec::new(), note: None }));
                last_error = None;
            }
            Err(error @ AssessError::Read(_)) => return Err(failed("new", error)),
            Err(error) => {
                pending.note.get_or_insert_with(|| format!("what lies between cannot be evaluated: {error}"));
                last_error = Some(error);
            }
        }
    }
    let of_new = old.source.snapshot().id() != new.source.snapshot().id();
    match (pending.kinds.is_empty(), new.recorded) {
        (true, Some(recorded)) if way.stages.last().is_none_or(|stage| stage.assessment != *recorded) => {
            way.steps.push(otherwise(recorded, Kind::NewEngine, Kind::NewRecording));
            way.stages.push(Stage { assessment: recorded.clone(), of_new });
        }
        (true, _) => {}
        // The end of the way could not be evaluated here: what was recorded there stands for it.
        (false, Some(recorded)) => {
            pending.kinds.extend(otherwise(recorded, Kind::NewEngine, Kind::NewRecording).kinds);
            way.steps.push(pending);
            way.stages.push(Stage { assessment: recorded.clone(), of_new });
        }
        (false, None) => {
            let message = last_error.map_or_else(String::new, |error| error.to_string());
            return Err(DeltaError::Assess { which: "new", message });
        }
    }
    Ok(way)
}
