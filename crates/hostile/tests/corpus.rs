//! Every input that the fuzzers keep, once more through its target: what was found once stays mended.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nachweis_hostile::TARGETS;

/// Far above what an input of a few kilobytes takes, far below what quadratic work takes.
const LONGEST: Duration = Duration::from_secs(10);

#[test]
fn every_kept_input_passes() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut folders: Vec<String> = fs::read_dir(&corpus)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(
        folders,
        TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "a folder for each target"
    );
    for (name, run) in TARGETS {
        let mut inputs: Vec<_> =
            fs::read_dir(corpus.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{name} has no input");
        let (began, mut slowest) = (Instant::now(), (Duration::ZERO, String::new()));
        for path in &inputs {
            let bytes = fs::read(path).unwrap();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            // A panic alone would not say which input it was.
            let named = Named(&file);
            let started = Instant::now();
            run(&bytes);
            slowest = slowest.max((started.elapsed(), file.clone()));
            named.passed();
        }
        println!("{name}: {} inputs in {:?}, the slowest {slowest:?}", inputs.len(), began.elapsed());
        assert!(slowest.0 < LONGEST, "{name}: {slowest:?}");
    }
}

/// Says which input a target failed on.
struct Named<'a>(&'a str);

impl Named<'_> {
    fn passed(self) {
        std::mem::forget(self);
    }
}

impl Drop for Named<'_> {
    fn drop(&mut self) {
        eprintln!("failed on {}", self.0);
    }
}
