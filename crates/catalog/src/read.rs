use nachweis_model::control::{Control, FORMAT};
use nachweis_yaml::{Limits, read};
use serde::de::DeserializeOwned;

use crate::Fault;

/// Reads the one document of a YAML file into a record; unknown fields and keys given twice are faults.
pub fn from_yaml<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, Fault> {
    let mut documents = read(bytes, &Limits::default());
    let document = match documents.next() {
        None => return Err(Fault::of(file, "file-empty", "the file holds no document")),
        Some(Err(unread)) => {
            return Err(Fault::of(file, "file-unreadable", unread.detail).at(unread.line, unread.column));
        }
        Some(Ok(document)) => document,
    };
    if let Some(again) = document.duplicates.first() {
        let message = format!("the key `{}` is given twice", again.key);
        return Err(Fault::of(file, "key-repeated", message).at(again.line, 0));
    }
    let bytes = document.value.canonical();
    if documents.next().is_some() {
        return Err(Fault::of(file, "file-has-more", "the file holds more than one document"));
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        // The position of this error is in our canonical bytes; it means nothing to the author.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_string();
        Fault::of(file, "field-unexpected", message)
    })
}

/// Reads a control file; its id must be the name of its folder.
pub fn control(file: &str, bytes: &[u8]) -> Result<Control, Fault> {
    let control: Control = from_yaml(file, bytes)?;
    if control.format != FORMAT {
        let message = format!("format is `{}`, this release reads `{FORMAT}`", control.format);
        return Err(Fault::of(file, "format-unknown", message));
    }
    let folder = file.rsplit('/').nth(1).unwrap_or(&control.id);
    if folder != control.id {
        let message = format!("the id `{}` differs from the folder `{folder}`", control.id);
        return Err(Fault::of(file, "id-differs", message));
    }
    Ok(control)
}
