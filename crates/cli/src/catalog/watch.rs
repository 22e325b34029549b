//! Waits until a file below a folder changes, by looking at times and sizes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(400);

/// Looks until files that keep changing are taken as they are.
const REST_MAX: usize = 20;

/// What one look saw.
#[derive(PartialEq, Eq)]
pub struct Look(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

/// Looks at all files; what cannot be read counts as not there.
pub fn look(root: &Path) -> Look {
    let mut seen = BTreeMap::new();
    let mut todo = vec![root.to_path_buf()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.metadata() {
                Ok(about) if about.is_dir() => todo.push(path),
                Ok(about) => drop(seen.insert(path, (about.modified().ok(), about.len()))),
                Err(_) => {}
            }
        }
    }
    Look(seen)
}

/// Returns when something differs from the last look, and has come to rest: editors write in steps.
pub fn wait(root: &Path, last: &Look) {
    let mut now = look(root);
    while now == *last {
        std::thread::sleep(INTERVAL);
        now = look(root);
    }
    for _ in 0..REST_MAX {
        std::thread::sleep(INTERVAL / 4);
        let next = look(root);
        if next == now {
            break;
        }
        now = next;
    }
}
