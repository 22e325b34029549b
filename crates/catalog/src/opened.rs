//! A YAML file of an author, read as far as it can be.

use nachweis_yaml::{Limits, read};
use serde_json::Value;

use crate::source::{Source, field};
use crate::{Fault, structure};

/// A file with its problems of shape, and its value without them.
pub(crate) struct Opened<'a> {
    pub source: Source<'a>,
    /// the value; what cannot be read is replaced by something that can
    pub value: Value,
    pub faults: Vec<Fault>,
    /// fields that were replaced
    pub mended: Vec<String>,
}

/// True where a field, or what it lies in, was mended.
pub(crate) fn is_mended(mended: &[String], name: &str) -> bool {
    mended.iter().any(|mended| {
        name.strip_prefix(mended.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// Reads the one document of a file and holds it against a schema.
///
/// # Errors
/// If the file holds no document that could be looked at.
pub(crate) fn open<'a>(file: &'a str, bytes: &'a [u8], schema: &str) -> Result<Opened<'a>, Vec<Fault>> {
    let mut documents = read(bytes, &Limits::default());
    let document = match documents.next() {
        None => return Err(vec![Fault::of(file, "file-empty", "the file holds no document")]),
        Some(Err(unread)) => {
            let mut fault = Fault::of(file, "file-unreadable", unread.detail).at(unread.line, unread.column);
            let text = String::from_utf8_lossy(bytes);
            fault.quote = text.lines().nth(unread.line.saturating_sub(1)).map(str::to_string);
            return Err(vec![fault]);
        }
        Some(Ok(document)) => document,
    };
    let source = Source::new(file, bytes).map_err(|fault| vec![fault])?;
    let broken = |message: String| vec![Fault::of(file, "file-unreadable", message)];
    let value: Value =
        serde_json::from_slice(&document.value.canonical()).map_err(|error| broken(error.to_string()))?;
    let (flaws, value) = structure::check(&value, schema).map_err(broken)?;
    let mut faults = source.repeated();
    for flaw in &flaws {
        let (code, message, help) = (flaw.code, flaw.message.clone(), flaw.help.clone());
        faults.push(if flaw.key {
            source.key_fault(&flaw.path, code, message, help)
        } else {
            source.fault(&flaw.path, None, code, message, help)
        });
    }
    if let Some(next) = documents.next() {
        let line = next.map_or_else(|unread| unread.line, |document| document.line);
        faults.push(Fault::of(file, "file-has-more", "the file holds more than one document").at(line, 1));
    }
    let mended = flaws.iter().map(|flaw| field(&flaw.path)).collect();
    Ok(Opened { source, value, faults, mended })
}
