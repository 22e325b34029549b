//! From inputs on the command line to sealed blobs.

use std::path::Path;

use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_model::seal::Unread;
use nachweis_oci::BlobsMut;
use nachweis_snapshot::{Ingest, Sealed, Settings, TempSpool};

use crate::args::InputArgs;
use crate::fail::Failure;
use crate::output::{now, progress};
use crate::version::ENGINE;

/// Reads all inputs and seals them into `store`.
pub fn seal(args: &InputArgs, store: &dyn BlobsMut) -> Result<Sealed, Failure> {
    let inputs: Vec<Input> = args.inputs.iter().map(|text| Input::from(text.as_str())).collect();
    let settings = Settings {
        cluster_name: args.cluster.clone(),
        at: args.at,
        now: now(),
        complete: args.complete.clone(),
        ignore: args.ignore.clone(),
        threads: args.threads.unwrap_or_else(threads),
        collector: ENGINE.to_string(),
    };
    let bar = progress("reading");
    let mut ingest = Ingest::new(settings, TempSpool::new()).map_err(failure)?;
    walk(&inputs, &ArchiveLimits::default(), &mut |event| {
        bar.inc(1);
        match event {
            Event::Entry { path, bytes } => ingest.entry(&path, bytes),
            Event::Unread(unread) => ingest.unread(Unread {
                file: unread.file,
                line: 0,
                column: 0,
                reason: unread.reason.code().to_string(),
                detail: unread.detail,
                ignored: false,
            }),
        }
        std::ops::ControlFlow::Continue(())
    })
    .map_err(|error| Failure::new(error.code, error.to_string()).help(error.help))?;
    bar.set_message("sealing");
    let sealed = ingest.finish(store).map_err(failure)?;
    bar.finish_and_clear();
    Ok(sealed)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn failure(error: nachweis_snapshot::SealError) -> Failure {
    let usage = error.is_usage();
    let failure = Failure::new(error.code(), error.to_string());
    if usage { failure.usage() } else { failure }
}

/// The one input, if it is a sealed snapshot or bundle.
pub fn sealed_input(args: &InputArgs) -> Option<&Path> {
    match args.inputs.as_slice() {
        [one] if crate::store::is_layout(Path::new(one)) => Some(Path::new(one)),
        _ => None,
    }
}
