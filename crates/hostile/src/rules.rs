//! Controls, parameters and exemptions that somebody writes.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use nachweis_catalog::{Files, Names, Schemas, lint, overlay, overlay_faults};
use nachweis_evaluate::unbound;

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| Schemas::embedded().unwrap());

/// The first byte chooses the file. Every problem lies inside of the text and says something.
pub fn rules(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else { return };
    let name = ["controls/a/control.yaml", "params.yaml", "exemptions.yaml"][usize::from(choice % 3)];
    let names = Names::new(&nachweis_testkit::catalogue().controls, None);
    let files = Files::from([(name.to_string(), text.to_vec())]);
    let mut faults = overlay_faults(&files, &names);
    faults.extend(overlay(&files).err().into_iter().flatten());
    match lint(name, text, &BTreeSet::new()) {
        Err(found) => faults.extend(found),
        Ok(mut linted) => {
            for problem in unbound(&linted.control, &SCHEMAS) {
                linted.add(&problem.field, problem.offset, problem.code, problem.message, problem.help);
            }
            faults.extend(linted.finish());
        }
    }
    let lines = text.len() + 1;
    for fault in faults {
        assert!(fault.line <= lines && !fault.message.is_empty() && !fault.code.is_empty(), "{fault:?}");
    }
}
