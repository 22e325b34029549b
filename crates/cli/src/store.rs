//! Folders and tar files that hold a snapshot or a bundle.

use std::path::{Path, PathBuf};

use nachweis_oci::{Blobs, FolderStore, LayoutFile, TarStore, write_tar};

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

/// True for a folder or a tar file that holds a layout.
pub fn is_layout(path: &Path) -> bool {
    let in_tar = || TarStore::open(path).is_ok_and(|store| store.file(LayoutFile::Marker).is_ok());
    path.join("oci-layout").is_file() || (is_tar(path) && path.is_file() && in_tar())
}

/// True for a path at which a tar file is meant.
fn is_tar(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("tar"))
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
        Ok(Draft {
            store: FolderStore::create(&draft)?.draft(),
            draft,
            place: place.to_path_buf(),
            whole: false,
        })
    }

    /// Where blobs go.
    pub fn store(&self) -> &FolderStore {
        &self.store
    }

    /// Moves the layout to its place.
    pub fn finish(mut self) -> Result<(), Failure> {
        let finished =
            if is_tar(&self.place) && !self.place.is_dir() { self.pack()? } else { self.draft.clone() };
        remove(&self.place)?;
        self.whole = finished == self.draft;
        std::fs::rename(&finished, &self.place).map_err(|error| {
            Failure::new("output-move", format!("cannot move the finished output to its place: {error}"))
                .at(self.place.display())
                .note(format!("it lies whole at `{}`", finished.display()))
        })
    }

    /// Writes the layout as a tar file beside its place: the same layout, the same bytes.
    fn pack(&self) -> Result<PathBuf, Failure> {
        let mut packed = self.draft.clone().into_os_string();
        packed.push("-tar");
        let packed = PathBuf::from(packed);
        let failed = |error: std::io::Error| {
            Failure::new("file-write", format!("cannot write the tar file: {error}")).at(packed.display())
        };
        remove(&packed)?;
        let file = std::fs::File::create(&packed).map_err(failed)?;
        write_tar(&self.store, std::io::BufWriter::new(&file))?;
        file.sync_all().map_err(failed)?;
        Ok(packed)
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
    let removed = if path.is_file() { std::fs::remove_file(path) } else { std::fs::remove_dir_all(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new("output-remove", format!("cannot remove the old output: {error}"))
                .at(path.display()))
        }
        _ => Ok(()),
    }
}
