//! The shipped catalogue: everything that its controls name exists. Their cases run in the tests of the program.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nachweis_catalog::{Schemas, current, parse};
use nachweis_evaluate::{bind, relations};

#[test]
fn every_name_in_the_shipped_controls_exists() {
    let catalogue = parse(current().bytes).unwrap();
    let schemas = Schemas::embedded().unwrap();
    let errors: Vec<String> = catalogue
        .controls
        .iter()
        .flat_map(|control| bind(control, &schemas))
        .map(|e| format!("{} {} {}:{} {}", e.control, e.field, e.line, e.column, e.message))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(catalogue.controls.len() >= 12);
}

/// `reads` names everything that a control's relations look at, in the same versions.
#[test]
fn controls_declare_what_their_relations_look_at() {
    for control in &parse(current().bytes).unwrap().controls {
        let text = serde_json::to_string(control).unwrap();
        let used =
            relations::ALL.iter().filter(|relation| text.contains(&format!("related.{}", relation.name)));
        for look in used.flat_map(|relation| relation.looks) {
            let read = control.reads.iter().find(|read| read.resource == look.resource);
            let read = read.unwrap_or_else(|| panic!("{} does not read {}", control.id, look.resource));
            assert_eq!(read.versions, look.versions, "{} {}", control.id, look.resource);
        }
    }
}

/// Changes one field of a shipped control and returns what the binding says.
fn broken(change: impl Fn(&mut nachweis_model::control::Control)) -> Vec<(String, usize, usize, String)> {
    let catalogue = parse(current().bytes).unwrap();
    let mut control = catalogue.control("privileged-containers").unwrap().clone();
    change(&mut control);
    let errors = bind(&control, &Schemas::embedded().unwrap());
    errors.into_iter().map(|e| (e.field, e.line, e.column, e.message)).collect()
}

#[test]
fn names_that_cannot_exist_are_refused_at_their_place() {
    let errors = broken(|control| control.predicate = "object.spec.contaiers.size() > 0".into());
    assert_eq!((errors[0].0.as_str(), errors[0].1, errors[0].2), ("predicate", 1, 12), "{errors:?}");
    assert!(errors[0].3.contains("did you mean `containers`"), "{errors:?}");

    let errors = broken(|control| {
        control.predicate = "true ||\n  object.spec.containers.all(c, c.imag == 'a')".into()
    });
    assert_eq!((errors[0].1, errors[0].2), (2, 34), "{errors:?}");

    let errors = broken(|control| control.predicate = "related.nothing.size() > 0".into());
    assert!(errors[0].3.contains("related.nothing"), "{errors:?}");

    let errors = broken(|control| control.predicate = "params.unknown == 'a'".into());
    assert!(errors.iter().any(|error| error.3.contains("unknown")), "{errors:?}");

    let errors = broken(|control| control.reads[0].resource = "podz".into());
    assert!(errors.iter().any(|error| error.0 == "reads[0].resource"), "{errors:?}");

    let errors = broken(|control| control.title.de.clear());
    assert_eq!(errors[0].0, "title.de", "{errors:?}");

    let errors = broken(|control| control.predicate = "object.spec.containers ==".into());
    assert_eq!(errors[0].0, "predicate", "{errors:?}");
}
