//! Seals an input into a folder and reads it again, and tells the time of the main thread on a processor (Linux):
//! `cargo run --release -p nachweis-snapshot --example seal -- THREADS OUT INPUT...`

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Duration;

use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_model::Instant;
use nachweis_oci::{FolderStore, publish};
use nachweis_snapshot::{FileSpool, Ingest, Resources, Settings, Snapshot};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [threads, out, inputs @ ..] = &args[..] else {
        return Err("usage: seal THREADS OUT INPUT...".into());
    };
    let start = cpu();
    let mut settings = Settings::new(Instant::from_unix(0), "nachweis-example 0");
    settings.threads = threads.parse()?;
    let spool = FileSpool::new(tempfile::SpooledTempFile::new(16 << 20));
    let mut ingest = Ingest::new(settings, Resources::built_in(), spool);
    let inputs: Vec<Input> = inputs.iter().map(|input| Input::from(&**input)).collect();
    let mut lost = 0;
    walk(&inputs, &ArchiveLimits::default(), &mut |event| {
        match event {
            Event::Entry { path, bytes } => ingest.entry(&path, bytes),
            Event::Unread(_) => lost += 1,
        }
        ControlFlow::Continue(())
    })?;
    let read = cpu() - start;
    let store = FolderStore::create(std::path::Path::new(out))?;
    let sealed = ingest.finish(&store)?;
    let manifest = sealed.manifest();
    publish(&store, &manifest, None)?;
    let done = cpu() - start;
    println!("{} {} items, {} layers, {lost} files lost", sealed.id, sealed.seal.items, sealed.layers.len());
    println!("collected in {read:?}, sealed after {done:?}");
    let start = cpu();
    let mut pods = 0;
    Snapshot::open(&store, &manifest)?.read::<std::fmt::Error>(&|_, kind| kind == "Pod", &mut |_| {
        pods += 1;
        Ok(())
    })?;
    println!("read with {pods} pods parsed in {:?}", cpu() - start);
    Ok(())
}

/// Time on a processor so far, of this thread.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}
