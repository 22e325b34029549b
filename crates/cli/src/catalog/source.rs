//! Folders with controls: the catalogue's source, an overlay, a folder of controls, one control.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nachweis_catalog::{Files, assemble, current, data, nearest, parse};
use nachweis_model::catalogue::Catalogue;
use nachweis_model::control::Control;

use crate::fail::Failure;

/// Bytes of a control file that are read at most.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Folders beside controls that hold none: a file that is misspelt is never read.
pub fn strays(path: &Path) -> Vec<PathBuf> {
    if path.is_file() || path.join("control.yaml").is_file() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(root(path)).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.is_dir() && !path.join("control.yaml").is_file()).collect();
    found.sort();
    found
}

/// A control's folder.
pub struct Folder {
    /// the folder's name, which is the control's id
    pub id: String,
    pub path: PathBuf,
}

impl Folder {
    /// The control's file.
    pub fn file(&self) -> PathBuf {
        self.path.join("control.yaml")
    }
}

/// Where `controls/` or the controls themselves lie below `dir`.
pub fn root(dir: &Path) -> PathBuf {
    for below in ["controls", "catalog/controls"] {
        if dir.join(below).is_dir() {
            return dir.join(below);
        }
    }
    dir.to_path_buf()
}

/// The folders of controls at a path, sorted by id.
pub fn folders(path: &Path) -> Result<Vec<Folder>, Failure> {
    if !path.exists() {
        return Err(Failure::new("input-missing", "there is nothing at this path")
            .at(path.display())
            .usage());
    }
    let own = if path.is_file() {
        path.parent().unwrap_or(Path::new(".")).to_path_buf()
    } else {
        path.to_path_buf()
    };
    if own.join("control.yaml").is_file() {
        return Ok(vec![Folder { id: name(&own), path: own }]);
    }
    let root = root(path);
    let entries = std::fs::read_dir(&root).map_err(|error| unreadable(&root, &error))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(&root, &error))?.path();
        if path.join("control.yaml").is_file() {
            found.push(Folder { id: name(&path), path });
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    if found.is_empty() {
        return Err(Failure::new("controls-missing", "there is no control here")
            .at(path.display())
            .note("a control is a folder with a file control.yaml")
            .help("start one with `nachweis catalog new ID`"));
    }
    Ok(found)
}

fn name(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    full.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("file-read", format!("cannot read this: {error}")).at(path.display())
}

/// A file of an author, not larger than one is.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let size = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if size > FILE_BYTES_MAX {
        let message = format!("the file has {size} bytes, more than {FILE_BYTES_MAX}");
        return Err(Failure::new("file-too-large", message).at(path.display()));
    }
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Every file below a folder, by its path relative to it.
pub fn files(root: &Path) -> Result<Files, Failure> {
    let mut found = Files::new();
    let mut todo = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = todo.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                todo.push((entry.path(), format!("{name}/")));
            } else {
                found.insert(name, bytes(&entry.path())?);
            }
        }
    }
    Ok(found)
}

/// The newest release of this program.
pub fn release() -> Result<Catalogue, Failure> {
    parse(current().bytes).map_err(Failure::damaged)
}

/// Provisions and data for the controls of a folder: those beside it, or those of the newest release.
pub fn surroundings(dir: &Path) -> Result<Catalogue, Failure> {
    let own = folders(dir)?;
    let above = own.first().and_then(|folder| folder.path.parent()?.parent().map(Path::to_path_buf));
    let Some(above) = above.filter(|above| above.join("obligations").is_dir() && above.join("data").is_dir())
    else {
        return release();
    };
    let mut sources = Files::new();
    for part in ["obligations", "data"] {
        let found = files(&above.join(part))?.into_iter();
        sources.extend(found.map(|(name, content)| (format!("{part}/{name}"), content)));
    }
    let newest = release()?;
    assemble(&sources, sealing(), &newest.version, newest.valid_from).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::new("catalogue-unusable", lines.join("\n")).at(above.display())
    })
}

/// A control of a folder.
pub fn control(folder: &Folder) -> Result<Control, Failure> {
    let path = folder.file();
    let shown = path.display().to_string();
    nachweis_catalog::control(&shown, &bytes(&path)?).map_err(|fault| {
        Failure::new(fault.code, fault.message)
            .at(shown)
            .help(format!("`nachweis catalog lint {}` names every problem", folder.path.display()))
    })
}

/// The catalogue that a command works on: the release, or its surroundings with the controls of a folder.
pub fn catalogue(dir: Option<&Path>) -> Result<Catalogue, Failure> {
    let Some(dir) = dir else { return release() };
    let mut catalogue = surroundings(dir)?;
    catalogue.controls = folders(dir)?.iter().map(control).collect::<Result<_, _>>()?;
    Ok(catalogue)
}

/// The control with an id, or a failure that names the one that was probably meant.
pub fn find<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Control, Failure> {
    catalogue.control(id).ok_or_else(|| {
        let near = nearest(id, catalogue.controls.iter().map(|control| control.id.as_str()));
        let help = near.map_or_else(
            || "`nachweis catalog list` shows all controls".to_string(),
            |near| format!("did you mean `{near}`? `nachweis catalog list` shows all controls"),
        );
        Failure::new("control-unknown", format!("there is no control `{id}`")).help(help).usage()
    })
}

/// The program's own data that decides which items there are, and what of them. Without it a release would not say
/// what it was made with.
pub fn sealing() -> BTreeMap<String, serde_json::Value> {
    BTreeMap::from([
        ("normalisation".to_string(), data(&nachweis_snapshot::normalisation_json())),
        ("redaction".to_string(), data(&nachweis_snapshot::redaction_json())),
        ("resources".to_string(), data(&nachweis_snapshot::Resources::built_in().to_json())),
    ])
}
