//! From inputs on the command line to sealed blobs.

use std::path::Path;

use nachweis_collect::files::{self, ArchiveLimits, Event, Input, walk};
use nachweis_model::seal::Unread;
use nachweis_oci::BlobsMut;
use nachweis_snapshot::{FileSpool, Ingest, Pseudonyms, Resources, SealError, Sealed, Settings};

use crate::args::InputArgs;
use crate::fail::Failure;
use crate::live;
use crate::output::{now, progress};
use crate::version::ENGINE;

/// Bodies of small inputs never touch the disk; those of large ones go to a file without a name.
const SPOOL_IN_MEMORY_BYTES: usize = 16 << 20;

/// Reads all inputs and seals them into `store`, with pseudonyms in place of people where there is a key.
pub fn seal(
    args: &InputArgs,
    pseudonyms: Option<Pseudonyms>,
    store: &dyn BlobsMut,
) -> Result<Sealed, Failure> {
    let settings = Settings {
        cluster_name: args.cluster.clone(),
        at: args.at,
        complete: args.complete.clone(),
        ignore: args.ignore.clone(),
        threads: args.threads.unwrap_or_else(threads),
        pseudonyms,
        ..Settings::new(now(), ENGINE)
    };
    // Who says how many threads there shall be gets them at once.
    let settings = match args.threads {
        Some(_) => Settings { alone_bytes: 0, ..settings },
        None => settings,
    };
    let spool = FileSpool::new(tempfile::SpooledTempFile::new(SPOOL_IN_MEMORY_BYTES));
    let mut ingest = Ingest::new(settings, Resources::built_in(), spool);
    crate::evidence::take(&args.evidence, &mut ingest)?;
    if args.live.live {
        live::read(&args.live, &mut ingest)?;
    } else {
        files(args, &mut ingest)?;
    }
    let bar = progress("sealing");
    let sealed = ingest.finish(store).map_err(failure)?;
    bar.finish_and_clear();
    Ok(sealed)
}

/// Takes in the files of all inputs.
fn files(args: &InputArgs, ingest: &mut Ingest) -> Result<(), Failure> {
    let inputs: Vec<Input> = args.inputs.iter().map(|text| Input::from(text.as_str())).collect();
    let bar = progress("reading");
    walk(&inputs, &ArchiveLimits::default(), &mut |event| {
        bar.inc(1);
        match event {
            Event::Entry { path, bytes } => ingest.entry(&path, bytes),
            Event::Unread(part) => ingest.unread(unread(part)),
        }
        std::ops::ControlFlow::Continue(())
    })
    .map_err(|error| unreadable(&error))?;
    crate::git::take(&args.git, ingest, &|| bar.inc(1))?;
    bar.finish_and_clear();
    Ok(())
}

/// What a collector did not read, as the seal has it.
pub fn unread(part: files::Unread) -> Unread {
    Unread {
        file: part.file,
        line: 0,
        column: 0,
        reason: part.reason.code().to_string(),
        detail: part.detail,
        ignored: false,
    }
}

/// An input that cannot be read at all.
pub fn unreadable(error: &files::InputError) -> Failure {
    Failure::new(error.code, error.to_string()).note("nothing was read").help(error.help)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What sealing could not do.
pub fn failure(error: SealError) -> Failure {
    let (code, usage) = match &error {
        SealError::TwoClusters { .. } => ("two-clusters", false),
        SealError::Name(_) => ("kind-unknown", true),
        SealError::Spool(_) => ("temporary-storage", false),
        SealError::Storage(_) => ("output-write", false),
        SealError::TooManyItems(_) => ("too-many-items", false),
        SealError::Worker => ("worker-ended", false),
    };
    let failure = Failure::new(code, error.to_string()).note("nothing was sealed");
    match error {
        SealError::TwoClusters { .. } => failure.help("give the inputs of one cluster at a time"),
        _ if usage => {
            failure.help("give the kind as `plural.group`, such as `pods` or `deployments.apps`").usage()
        }
        _ => failure,
    }
}

/// The one input, if it is a sealed snapshot or bundle. Flags that say how to read files have no place beside it.
pub fn sealed_input(args: &InputArgs) -> Result<Option<&Path>, Failure> {
    let path = match args.inputs.as_slice() {
        [one] if args.git.is_empty() && crate::store::is_layout(Path::new(one)) => Path::new(one),
        _ => return Ok(None),
    };
    let flags = [
        ("--cluster", args.cluster.is_some()),
        ("--at", args.at.is_some()),
        ("--complete", !args.complete.is_empty()),
        ("--ignore", !args.ignore.is_empty()),
        ("--evidence", !args.evidence.is_empty()),
    ];
    match flags.iter().find(|(_, given)| *given) {
        None => Ok(Some(path)),
        Some((flag, _)) => Err(Failure::new(
            "already-sealed",
            format!("`{flag}` says how to read files, and this input is sealed"),
        )
        .at(path.display())
        .note("what a snapshot holds and how complete it is was fixed when it was sealed")
        .help("leave the flag out, or seal the original input again with it")
        .usage()),
    }
}
