//! Folders and tar files that hold a snapshot or a bundle.

use std::path::{Path, PathBuf};

use nachweis_oci::{Blobs, FolderStore, TarStore};

use crate::fail::Failure;

/// Opens a snapshot or bundle for reading.
pub fn open(path: &Path) -> Result<Box<dyn Blobs>, Failure> {
    if path.is_dir() {
        return Ok(Box::new(FolderStore::open(path)));
    }
    if !path.exists() {
        return Err(Failure::new("input-missing", "there is nothing at this path").at(path.display()));
    }
    Ok(Box::new(TarStore::open(path)?))
}

/// True for a folder that holds a layout.
pub fn is_layout(path: &Path) -> bool {
    path.join("oci-layout").is_file()
}

/// A layout that is written beside its place and moved there when it is whole.
pub struct Draft {
    store: FolderStore,
    draft: PathBuf,
    place: PathBuf,
    /// true once nothing is missing in it
    whole: bool,
}

impl Draft {
    /// Starts a layout. What stands at `place` must be a layout of ours, or nothing.
    pub fn new(place: &Path) -> Result<Self, Failure> {
        let occupied = place.exists() && !is_layout(place);
        if occupied && !place.read_dir().is_ok_and(|mut entries| entries.next().is_none()) {
            let message = "something else stands where the output should go";
            return Err(Failure::new("output-occupied", message)
                .at(place.display())
                .note("only an empty folder, a snapshot or a bundle is replaced")
                .help("choose another place with `--out`"));
        }
        let mut name = place.file_name().unwrap_or_default().to_os_string();
        name.push(".partial");
        let draft = place.with_file_name(name);
        remove(&draft)?;
        Ok(Draft { store: FolderStore::create(&draft)?, draft, place: place.to_path_buf(), whole: false })
    }

    /// Where blobs go.
    pub fn store(&self) -> &FolderStore {
        &self.store
    }

    /// Moves the layout to its place.
    pub fn finish(mut self) -> Result<(), Failure> {
        remove(&self.place)?;
        self.whole = true;
        std::fs::rename(&self.draft, &self.place).map_err(|error| {
            Failure::new("output-move", format!("cannot move the finished output to its place: {error}"))
                .at(self.place.display())
                .note(format!("it lies whole at `{}`", self.draft.display()))
        })
    }
}

/// What a failed run began is of no use to anybody.
impl Drop for Draft {
    fn drop(&mut self) {
        if !self.whole {
            let _ = remove(&self.draft);
        }
    }
}

fn remove(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new("output-remove", format!("cannot remove the old output: {error}"))
                .at(path.display()))
        }
        _ => Ok(()),
    }
}
