//! Reading and writing of the repository's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nachweis_canon::Json;
use serde::de::DeserializeOwned;

/// The files of a folder: path relative to it, with `/`, and content.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

/// A file's bytes, with the path in the error.
pub fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("`{}`: {error}", path.display()))
}

/// The one YAML document of a file, as a value of ours. Repeated keys are an error here: nobody writes one on purpose.
pub fn yaml<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = bytes(path)?;
    parse(&text).map_err(|problem| format!("`{}`: {problem}", path.display()))
}

/// The one YAML document of a text.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    let mut documents = Vec::new();
    for document in nachweis_yaml::read(text, &nachweis_yaml::Limits::default()) {
        documents.push(document.map_err(|unread| unread.to_string())?);
    }
    let [document] = documents.as_slice() else {
        return Err(format!("expected one document, found {}", documents.len()));
    };
    if let Some(again) = document.duplicates.first() {
        return Err(format!("key given twice: {again:?}"));
    }
    from_json(&document.value)
}

fn from_json<T: DeserializeOwned>(value: &Json<'_>) -> Result<T, String> {
    let mut text = Vec::new();
    nachweis_canon::write(value, &mut text);
    let mut reader = serde_json::Deserializer::from_slice(&text);
    T::deserialize(&mut reader).map_err(|error| {
        let at = error.column().saturating_sub(120);
        let near =
            String::from_utf8_lossy(&text[at.min(text.len())..error.column().min(text.len())]).into_owned();
        format!("{error}, after …{near}")
    })
}

/// Every file below a folder.
pub fn read_folder(folder: &Path) -> Result<Files, String> {
    let mut found = Files::new();
    collect(folder, "", &mut found)?;
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Files) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    for entry in entries {
        let entry = entry.map_err(|error| format!("`{}`: {error}", folder.display()))?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.insert(name, bytes(&entry.path())?);
        }
    }
    Ok(())
}

/// Makes the folder hold exactly these files.
pub fn replace_folder(folder: &Path, files: &Files) -> Result<(), String> {
    let failed = |path: &Path, error: std::io::Error| format!("`{}`: {error}", path.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| failed(folder, error))?;
    }
    for (name, content) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        fs::write(&path, content).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

/// Names of files that are missing, surplus or different.
pub fn differences(folder: &Path, expected: &Files) -> Result<Vec<String>, String> {
    let found = if folder.exists() { read_folder(folder)? } else { Files::new() };
    let names: std::collections::BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    Ok(names.into_iter().filter(|name| found.get(*name) != expected.get(*name)).cloned().collect())
}
