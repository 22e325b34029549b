//! `nachweis diff`

mod text;

use nachweis_canon::canonical_bytes;
use nachweis_delta::{Delta, DeltaError, Side, Source, delta};
use nachweis_oci::{Blobs, Selected, select};
use nachweis_verify::bundle::Documents;

use crate::args::{DiffArgs, Format};
use crate::fail::Failure;
use crate::output::{print, progress};
use crate::store;

/// Compares two bundles; the exit code says whether something new is open. It verifies neither of them.
pub fn run(args: &DiffArgs) -> Result<u8, Failure> {
    let (old, new) = (store::open(&args.old)?, store::open(&args.new)?);
    let bar = progress("comparing");
    let found = compare(old.as_ref(), new.as_ref())?;
    bar.finish_and_clear();
    match args.format {
        Format::Json => {
            let mut bytes = canonical_bytes(&found);
            bytes.push(b'\n');
            print(&bytes)?;
        }
        Format::Text => {
            let places = [&args.old, &args.new].map(|path| path.display().to_string());
            print(text::text(&found, [&places[0], &places[1]], args.items).as_bytes())?;
        }
    }
    Ok(found.exit_code())
}

/// The delta of what two storages hold.
pub fn compare(old: &dyn Blobs, new: &dyn Blobs) -> Result<Delta, Failure> {
    let (before, after) = (select(old, None)?, select(new, None)?);
    let (old_documents, new_documents) = (documents(old, &before)?, documents(new, &after)?);
    let (old_source, new_source) = (source(old, &before)?, source(new, &after)?);
    delta(&side(&old_source, &old_documents), &side(&new_source, &new_documents)).map_err(|error| {
        let code = match &error {
            DeltaError::Read { .. } => "snapshot-read",
            DeltaError::Assess { .. } => "not-recomputed",
        };
        Failure::new(code, error.to_string())
            .note("nothing was compared")
            .help("`nachweis verify` names all problems")
    })
}

fn documents(store: &dyn Blobs, selected: &Selected) -> Result<Documents, Failure> {
    Documents::read(store, selected).map_err(|error| {
        Failure::new("document-unreadable", error.message)
            .at(error.place)
            .help("give two bundles, as `nachweis assess` writes them; `nachweis verify` names all problems")
    })
}

fn source<'b>(store: &'b dyn Blobs, selected: &Selected) -> Result<Source<'b>, Failure> {
    Source::open(store, &selected.manifest)
        .map_err(|error| Failure::new("snapshot-unreadable", error.to_string()))
}

fn side<'a>(source: &'a Source<'a>, documents: &'a Documents) -> Side<'a> {
    Side {
        source,
        catalogue: &documents.catalogue,
        overlay: &documents.overlay,
        packs: &documents.assessment.packs,
        as_of: documents.assessment.as_of,
        recorded: Some(&documents.assessment),
    }
}
