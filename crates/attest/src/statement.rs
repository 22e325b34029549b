use std::collections::BTreeSet;

use nachweis_canon::{Digest, Json, Limits, parse_bytes};

use crate::error::EnvelopeError;

/// `_type` of an in-toto Statement v1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType` of the statement that is made about an assessment.
pub const PREDICATE_ASSESSMENT: &str = "urn:nachweis:assessment:1";

/// What a statement speaks about: a name and the digest that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// its name, unique inside of the statement
    pub name: String,
    /// SHA-256 of its bytes
    pub digest: Digest,
}

/// An in-toto Statement v1: these subjects, and what is said of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// at least one, in the order in which they are written
    pub subjects: Vec<Subject>,
    /// URI of the predicate's meaning
    pub predicate_type: String,
    /// what is said; an empty object where the statement has none
    pub predicate: Json<'static>,
}

impl Statement {
    /// The digest of the subject with this name.
    pub fn subject(&self, name: &str) -> Option<Digest> {
        self.subjects.iter().find(|subject| subject.name == name).map(|subject| subject.digest)
    }

    /// The payload bytes: canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        self.check().map_err(EnvelopeError::Unsignable)?;
        let subjects = self.subjects.iter().map(|subject| {
            Json::object([
                ("name", Json::str(subject.name.as_str())),
                ("digest", Json::object([("sha256", Json::str(subject.digest.hex()))])),
            ])
        });
        let statement = Json::object([
            ("_type", Json::str(STATEMENT_TYPE)),
            ("subject", Json::Arr(subjects.collect())),
            ("predicateType", Json::str(self.predicate_type.as_str())),
            ("predicate", self.predicate.clone()),
        ]);
        Ok(statement.canonical())
    }

    /// Reads payload bytes. Members that we do not know are ignored (in-toto's parsing rules); a subject
    /// without a SHA-256 digest, two subjects of one name, or a key given twice is an error.
    pub fn from_bytes(payload: &[u8]) -> Result<Self, EnvelopeError> {
        Self::read(payload).map_err(EnvelopeError::Statement)
    }

    fn read(payload: &[u8]) -> Result<Self, String> {
        let limits = Limits { bytes: crate::MAX_ENVELOPE_BYTES, ..Limits::default() };
        let parsed = parse_bytes(payload, &limits).map_err(|error| error.to_string())?;
        if let Some(again) = parsed.duplicates.first() {
            return Err(format!("`{}` is given twice", again.key));
        }
        let root = parsed.value;
        match root.text(&["_type"]) {
            Some(STATEMENT_TYPE) => {}
            Some(other) => return Err(format!("`_type` is `{other}`")),
            None => return Err("`_type` is missing".into()),
        }
        let predicate_type = root.text(&["predicateType"]).ok_or("`predicateType` is missing")?.to_string();
        let subjects = match root.get("subject") {
            Some(Json::Arr(items)) => items.iter().enumerate().map(|(at, item)| subject(at, item)).collect(),
            _ => Err("`subject` is no array".to_string()),
        }?;
        let predicate = match root.get("predicate") {
            None | Some(Json::Null) => Json::Obj(Default::default()),
            Some(value @ Json::Obj(_)) => value.clone().into_owned(),
            Some(_) => return Err("`predicate` is no object".into()),
        };
        let statement = Statement { subjects, predicate_type, predicate };
        statement.check()?;
        Ok(statement)
    }

    fn check(&self) -> Result<(), String> {
        if self.subjects.is_empty() {
            return Err("it has no subject".into());
        }
        if self.predicate_type.is_empty() {
            return Err("`predicateType` is empty".into());
        }
        if self.predicate.as_object().is_none() {
            return Err("`predicate` is no object".into());
        }
        let mut names = BTreeSet::new();
        match self.subjects.iter().find(|subject| !names.insert(&subject.name)) {
            Some(twice) => Err(format!("two subjects are named `{}`", twice.name)),
            None => Ok(()),
        }
    }
}

fn subject(at: usize, item: &Json<'_>) -> Result<Subject, String> {
    let name = item.text(&["name"]).unwrap_or_default().to_string();
    let hex = item.text(&["digest", "sha256"]).ok_or(format!("subject {at} has no sha256 digest"))?;
    let digest = format!("sha256:{hex}").parse();
    let digest =
        digest.map_err(|_| format!("the sha256 digest of subject {at} is not 64 hexadecimal digits"))?;
    Ok(Subject { name, digest })
}
