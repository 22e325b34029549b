//! Every problem of a control file at once, each at its place.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::control::{Control, OnEmpty, ParameterType};
use serde_json::Value;

use crate::near::nearest;
use crate::opened::{Opened, is_mended, open};
use crate::source::{Source, steps};
use crate::{Fault, structure};

/// A control file that was read as far as it can be.
pub struct Linted<'a> {
    /// the file, for problems that others find
    pub source: Source<'a>,
    /// the control; fields that cannot be read hold something that can
    pub control: Control,
    /// problems found so far
    pub faults: Vec<Fault>,
    /// fields that were mended
    mended: Vec<String>,
}

impl Linted<'_> {
    /// True where a field, or what it lies in, could not be read: what is said about it would be about our mending.
    pub fn is_mended(&self, name: &str) -> bool {
        is_mended(&self.mended, name)
    }

    /// Adds a problem of a field, unless the field could not be read.
    pub fn add(
        &mut self,
        name: &str,
        inside: Option<usize>,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) {
        if !self.is_mended(name) {
            self.faults.push(self.source.fault(&steps(name), inside, code, message, help));
        }
    }

    /// All problems in the order of the file.
    pub fn finish(mut self) -> Vec<Fault> {
        self.faults.sort();
        self.faults.dedup();
        self.faults
    }
}

/// Reads a control file and finds what is wrong with it by itself: its shape, repeated keys and codes, an id that is
/// not its folder's, obligations that do not exist. What its expressions name is checked by the evaluation's binding.
///
/// # Errors
/// If the file holds no document that could be looked at.
pub fn lint<'a>(
    file: &'a str,
    bytes: &'a [u8],
    obligations: &BTreeSet<&str>,
) -> Result<Linted<'a>, Vec<Fault>> {
    let Opened { source, value, faults, mended } = open(file, bytes, structure::CONTROL)?;
    let control: Control = serde_json::from_value(value)
        .map_err(|error| vec![Fault::of(file, "file-unreadable", error.to_string())])?;
    let mut linted = Linted { source, control, faults, mended };
    linted.identity(file);
    linted.obligations(obligations);
    linted.codes();
    linted.values();
    Ok(linted)
}

impl Linted<'_> {
    fn identity(&mut self, file: &str) {
        let (id, folder) = (self.control.id.clone(), file.rsplit('/').nth(1).unwrap_or_default());
        if !folder.is_empty() && folder != id {
            let message = format!("the id `{id}` differs from the folder `{folder}`");
            self.add(
                "id",
                None,
                "id-differs",
                message,
                Some(format!("write `{folder}`, or rename the folder")),
            );
        }
    }

    fn obligations(&mut self, known: &BTreeSet<&str>) {
        let mut seen = BTreeSet::new();
        for (at, id) in
            self.control.obligations.iter().map(|link| link.id.clone()).enumerate().collect::<Vec<_>>()
        {
            let name = format!("obligations[{at}].id");
            if !known.contains(id.as_str()) {
                let near = nearest(&id, known.iter().copied());
                let help =
                    near.map(|near| format!("did you mean `{near}`? `nachweis catalog trace ID` shows one"));
                self.add(&name, None, "obligation-unknown", format!("there is no obligation `{id}`"), help);
            } else if !seen.insert(id.clone()) {
                self.add(&name, None, "obligation-repeated", format!("`{id}` is named twice"), None);
            }
        }
    }

    /// Codes are unique, and no condition stands behind one that always matches.
    fn codes(&mut self) {
        let lists = [
            ("reasons", self.control.reasons.clone()),
            ("population.exclude", self.control.population.exclude.clone()),
        ];
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for (list, reasons) in lists {
            let mut always: Option<String> = None;
            for (at, reason) in reasons.into_iter().enumerate() {
                let name = format!("{list}[{at}]");
                if let Some(first) = seen.get(&reason.code) {
                    let message = format!("the code `{}` stands for `{first}` already", reason.code);
                    self.add(&format!("{name}.code"), None, "code-repeated", message, None);
                }
                if let Some(before) = &always {
                    let message = format!("`{}` is never reached: `{before}` always matches", reason.code);
                    self.add(&format!("{name}.when"), None, "condition-unreachable", message, None);
                }
                if reason.when.as_deref().map(str::trim) == Some("true") {
                    always = Some(reason.code.clone());
                }
                seen.entry(reason.code).or_insert(name);
            }
        }
    }

    fn values(&mut self) {
        for (at, parameter) in self.control.parameters.clone().into_iter().enumerate() {
            if !fits(parameter.kind, &parameter.default) {
                let message = format!("the default of `{}` is no value of its type", parameter.name);
                let help = "whole numbers only; `null` where the organisation has to set it".to_string();
                self.add(&format!("parameters[{at}].default"), None, "default-type", message, Some(help));
            }
        }
        let ratio = self.control.threshold.split_once('/');
        let ratio =
            ratio.and_then(|(part, whole)| Some((part.parse::<u64>().ok()?, whole.parse::<u64>().ok()?)));
        if ratio.is_none_or(|(part, whole)| part == 0 || part > whole) {
            let message = format!("`{}` is no share of a population", self.control.threshold);
            self.add("threshold", None, "threshold-form", message, Some("write a ratio such as 9/10".into()));
        }
        if self.control.empty.is_some() && self.control.on_empty == OnEmpty::NotApplicable {
            let message = "this sentence is never shown: `on_empty` is `not-applicable`".to_string();
            self.add("empty", None, "empty-unused", message, None);
        }
    }
}

/// True for a value of the parameter's type; null is a value that is still to be set.
pub(crate) fn fits(kind: ParameterType, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::Null) => true,
        (ParameterType::Integer, Value::Number(number)) => !number.is_f64(),
        (ParameterType::String, Value::String(_)) | (ParameterType::Boolean, Value::Bool(_)) => true,
        (ParameterType::StringList, Value::Array(items)) => items.iter().all(Value::is_string),
        (ParameterType::StringMap, Value::Object(members)) => members.values().all(Value::is_string),
        _ => false,
    }
}
