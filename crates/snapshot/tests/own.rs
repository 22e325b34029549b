//! A snapshot that was sealed a moment ago is read from what it was made of: the same items as from its layers.
#![allow(clippy::unwrap_used)]

mod common;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{seal, settings};
use nachweis_oci::MemoryStore;
use nachweis_snapshot::{Ingest, ReadError, Resources, Snapshot, Spool};

const OBJECTS: &str = r"
apiVersion: v1
kind: ConfigMap
metadata: {name: twice, namespace: a}
data: {x: one}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: twice, namespace: a}
data: {x: two}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: grün, namespace: a}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: b}
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: b}
data: {x: aHVudGVyMg==}
";

/// Index, id, number of bodies and line of every item of the kinds that are wanted.
fn visited(snapshot: &Snapshot<'_>, want: &dyn Fn(&str, &str) -> bool) -> Vec<(u32, String, usize, String)> {
    let mut out = Vec::new();
    snapshot
        .read::<()>(want, &mut |item| {
            let line = String::from_utf8(item.line.to_vec()).unwrap();
            out.push((item.index, item.id.to_string(), item.bodies.len(), line));
            Ok(())
        })
        .unwrap();
    out
}

#[test]
fn the_same_items_as_from_the_layers() {
    let kept = seal(settings(), &[("all.yaml".into(), OBJECTS.as_bytes().to_vec())]);
    let (own, stored) = (Snapshot::sealed(&kept.sealed), kept.open());
    assert_eq!((own.id(), own.seal()), (stored.id(), stored.seal()));
    let all = visited(&own, &|_, _| true);
    assert_eq!(all, visited(&stored, &|_, _| true));
    assert_eq!(all.iter().map(|item| item.2).collect::<Vec<_>>(), [1, 2, 1, 1]);
    let pods = |_: &str, kind: &str| kind == "Pod";
    // The second reading of layers goes another way than the first.
    assert_eq!(visited(&own, &pods), visited(&stored, &pods));
    assert_eq!(visited(&own, &pods).len(), 1);
    assert_eq!(own.check(), Vec::new());
}

/// A spool whose disk goes away.
struct Failing(Vec<u8>, Arc<AtomicBool>);

impl Spool for Failing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        Spool::append(&mut self.0, bytes)
    }

    fn read(&mut self, offset: u64, len: usize, out: &mut Vec<u8>) -> io::Result<()> {
        if self.1.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk is gone"));
        }
        Spool::read(&mut self.0, offset, len, out)
    }
}

#[test]
fn what_cannot_be_read_again_is_told() {
    let gone = Arc::new(AtomicBool::new(false));
    let spool = Failing(Vec::new(), Arc::clone(&gone));
    let mut ingest = Ingest::new(settings(), Resources::built_in(), spool);
    ingest.entry("all.yaml", OBJECTS.as_bytes().to_vec());
    let sealed = ingest.finish(&MemoryStore::new()).unwrap();
    gone.store(true, Ordering::Relaxed);
    match Snapshot::sealed(&sealed).read::<()>(&|_, _| true, &mut |_| Ok(())) {
        Err(ReadError::Snapshot(problem)) => {
            assert_eq!(problem.code, "temporary-storage");
            assert_eq!(problem.message, "temporary storage failed: the disk is gone");
        }
        other => panic!("{other:?}"),
    }
}
