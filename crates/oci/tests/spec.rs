//! The example of `spec/bundle.md` is what this code writes.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::small;
use nachweis_canon::{Limits, parse};
use nachweis_oci::{Blobs, MemoryStore, publish, select};

#[test]
fn the_example_of_the_specification_is_real() {
    let store = MemoryStore::new();
    let digest = small(&store, None).digest;
    let mut manifest = select(&store, Some(&digest)).unwrap().manifest;
    manifest.annotations.clear();
    let descriptor = publish(&store, &manifest, None).unwrap();
    let manifest = store.read(&descriptor, 1 << 20).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/bundle.md");
    let page = std::fs::read_to_string(path).unwrap();
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let example = parse(example, &Limits::default()).unwrap().value;
    assert_eq!(String::from_utf8(example.canonical()).unwrap(), String::from_utf8(manifest).unwrap());
    assert!(page.contains(&descriptor.digest.to_string()), "the page names the digest {}", descriptor.digest);
}
