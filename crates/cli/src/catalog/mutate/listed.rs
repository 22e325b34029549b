//! `mutants.yaml` beside a control: changes that no case can notice, each with the reason why.

use nachweis_catalog::{Fault, from_yaml};
use serde::Deserialize;

use super::line;
use super::mutant::Mutant;
use crate::catalog::source::{self, Folder};
use crate::fail::Failure;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mutants: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// field of `control.yaml`
    field: String,
    /// text that is changed, in one line
    was: String,
    /// text that it is changed to
    now: String,
    /// why no case can tell the two apart
    because: String,
}

/// The rows of a control's file, and which of them explained something.
pub struct Listed {
    file: String,
    rows: Vec<(Row, bool)>,
}

/// Reads the file, where there is one.
pub fn read(folder: &Folder) -> Result<Listed, Failure> {
    let path = folder.path.join("mutants.yaml");
    let file = path.display().to_string();
    if !path.is_file() {
        return Ok(Listed { file, rows: Vec::new() });
    }
    let read: File = from_yaml(&file, &source::bytes(&path)?)
        .map_err(|fault| Failure::new(fault.code, fault.message).at(&file))?;
    if let Some(row) = read.mutants.iter().find(|row| row.because.trim().is_empty()) {
        return Err(Failure::new("reason-missing", format!("`{}` has no reason", row.now)).at(&file));
    }
    Ok(Listed { file, rows: read.mutants.into_iter().map(|row| (row, false)).collect() })
}

impl Listed {
    /// True where a row is about this mutant.
    pub fn explains(&mut self, mutant: &Mutant) -> bool {
        let about = |row: &Row| {
            row.field == mutant.field
                && line(&row.was) == line(&mutant.was)
                && line(&row.now) == line(&mutant.now)
        };
        let found = self.rows.iter_mut().find(|(row, _)| about(row));
        found.map(|(_, used)| *used = true).is_some()
    }

    /// Rows about nothing that survives: a case notices the change now, or the control was written anew.
    pub fn idle(&self) -> Vec<Fault> {
        let idle = self.rows.iter().filter(|(_, used)| !used);
        idle.map(|(row, _)| {
            let message = format!("`{}` in `{}` is no change that survives", row.now, row.field);
            let fault = Fault::of(&self.file, "mutant-unknown", message);
            Fault { help: Some("leave the row out".into()), ..fault }
        })
        .collect()
    }
}
