//! Reads every file below the folders that are named and prints counts: `cargo run --release --example measure -- DIR`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use nachweis_yaml::{Limits, items, read};

fn main() -> std::io::Result<()> {
    let mut files = Vec::new();
    for root in std::env::args().skip(1) {
        list(Path::new(&root), &mut files)?;
    }
    let texts = files.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let bytes: usize = texts.iter().map(Vec::len).sum();
    let limits = Limits::default();
    let (mut documents, mut unread) = (0, 0);
    let started = Instant::now();
    for (path, text) in files.iter().zip(&texts) {
        let mut count = |found: Result<(), nachweis_yaml::Unread>| match found {
            Ok(()) => documents += 1,
            Err(problem) => {
                unread += 1;
                println!("{}: {problem}", path.display());
            }
        };
        match items(text, &limits) {
            Some(Ok(wrapped)) => wrapped.items.for_each(|item| count(item.map(drop))),
            Some(Err(problem)) => count(Err(problem)),
            None => read(text, &limits).for_each(|document| count(document.map(drop))),
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{} files, {bytes} bytes, {documents} documents, {unread} unread in {seconds:.3} s, {:.0} MB/s",
        files.len(),
        bytes as f64 / seconds / 1e6
    );
    Ok(())
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.into());
        return Ok(());
    }
    let mut below =
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    below.sort();
    below.iter().try_for_each(|path| list(path, files))
}
