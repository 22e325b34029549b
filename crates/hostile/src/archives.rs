//! Archives, packed files, and files that only look like them.

use std::fs;
use std::ops::ControlFlow;

use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};

/// The end of the file's name decides how it is read; `None` stands for a stream, whose first bytes decide.
const ENDS: [&str; 8] = [".tar", ".zip", ".tar.gz", ".tar.zst", ".gz", ".zst", ".yaml", ""];

/// Small enough that a fuzzer runs into each of them.
const LIMITS: ArchiveLimits =
    ArchiveLimits { entries: 64, total_bytes: 1 << 20, entry_bytes: 256 << 10, ratio: 100 };

/// The first byte chooses a name, the rest is the file. What comes out stays within the limits, lies inside of the
/// input, and is the same the second time.
pub fn archive(bytes: &[u8]) {
    let Some((choice, content)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir_in(memory()).unwrap();
    let name = format!("input{}", ENDS[usize::from(*choice) % ENDS.len()]);
    let path = folder.path().join(&name);
    fs::write(&path, content).unwrap();
    // As an input of its own, or inside of a folder.
    let input = if choice & 0x80 == 0 { path } else { folder.path().to_path_buf() };
    let first = events(&input);
    assert_eq!(first, events(&input), "the same bytes give the same files");
    let (mut files, mut size) = (0, 0);
    for event in &first {
        let path = match event {
            Event::Entry { path, bytes } => {
                assert!(bytes.len() as u64 <= LIMITS.entry_bytes, "{path} has {} bytes", bytes.len());
                files += 1;
                size += bytes.len() as u64;
                path
            }
            Event::Unread(unread) => {
                assert!(!unread.detail.is_empty(), "{unread:?}");
                continue;
            }
        };
        let inside = !path.is_empty()
            && !path.starts_with('/')
            && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        assert!(inside, "`{path}` leaves the input");
    }
    assert!(files <= LIMITS.entries && size <= LIMITS.total_bytes, "{files} files with {size} bytes");
}

fn events(input: &std::path::Path) -> Vec<Event> {
    let mut events = Vec::new();
    walk(&[Input::Path(input.into())], &LIMITS, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })
    .unwrap();
    events
}

/// A folder in memory where there is one, since every input becomes a file.
pub(crate) fn memory() -> std::path::PathBuf {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { memory.into() } else { std::env::temp_dir() }
}
