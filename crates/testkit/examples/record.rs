//! Raises the example platform on a real API server and writes what that lists to `examples/fintech/dump`.
//!
//! `cargo xtask record` calls it.
#![allow(clippy::unwrap_used, reason = "a panic is how a tool for ourselves fails")]

use std::fs;

use nachweis_testkit::cluster::{assets, platform_cluster, raise};
use nachweis_testkit::fintech::record;

fn main() {
    let assets = assets().expect("KUBEBUILDER_ASSETS names no folder with the servers");
    let (cluster, platform) = platform_cluster(&assets);
    raise(&cluster, &platform);
    let recording = record(&cluster, &platform);
    drop(cluster);

    let folder = nachweis_testkit::example();
    fs::remove_dir_all(&folder).unwrap();
    for (path, bytes) in &recording.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let bytes: usize = recording.files.values().map(Vec::len).sum();
    println!(
        "{} objects in {} files of {bytes} bytes, as of {}",
        recording.objects,
        recording.files.len(),
        recording.instant
    );
}
