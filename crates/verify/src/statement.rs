use nachweis_attest::{PREDICATE_ASSESSMENT, Statement, Subject};
use nachweis_canon::{Digest, Json, canonical_bytes};
use nachweis_model::assessment::Assessment;

/// Names of the subjects of a statement about an assessment.
pub(crate) const SUBJECTS: [&str; 4] = ["snapshot", "catalogue", "overlay", "assessment"];

/// The in-toto statement that is signed about an assessment: what it was made from, and what came out.
pub fn statement(assessment: &Assessment, engine: &str) -> Statement {
    let digests = [
        assessment.snapshot,
        assessment.catalogue.digest,
        assessment.overlay,
        Digest::of(&canonical_bytes(assessment)),
    ];
    let subjects = SUBJECTS.iter().zip(digests);
    let totals = &assessment.totals;
    let count = |value: u64| Json::Int(i64::try_from(value).unwrap_or(i64::MAX));
    Statement {
        subjects: subjects.map(|(name, digest)| Subject { name: (*name).to_string(), digest }).collect(),
        predicate_type: PREDICATE_ASSESSMENT.into(),
        predicate: Json::object([
            ("engine", Json::str(engine.to_string())),
            ("semantics", Json::Int(i64::from(assessment.semantics))),
            ("catalogue", Json::str(assessment.catalogue.version.clone())),
            ("asOf", Json::str(assessment.as_of.to_string())),
            (
                "totals",
                Json::object([
                    ("satisfied", count(totals.satisfied)),
                    ("notSatisfied", count(totals.not_satisfied)),
                    ("indeterminate", count(totals.indeterminate)),
                    ("notApplicable", count(totals.not_applicable)),
                    ("attested", count(totals.attested)),
                    ("exempted", count(totals.exempted)),
                ]),
            ),
        ]),
    }
}
