//! `nachweis snapshot`

use nachweis_model::catalogue::Overlay;
use nachweis_oci::publish;
use nachweis_report::{snapshot_json, snapshot_terminal};

use crate::args::{Format, SnapshotArgs};
use crate::fail::Failure;
use crate::output::{print, print_json, style};
use crate::{ingest, pseudonyms, store};

/// Seals the inputs into a folder.
pub fn run(args: &SnapshotArgs) -> Result<u8, Failure> {
    let pseudonyms = pseudonyms::of(&args.input, &Overlay::default())?;
    let draft = store::Draft::new(&args.out)?;
    let sealed = ingest::seal(&args.input, pseudonyms, draft.store())?;
    publish(draft.store(), &sealed.manifest(), Some("snapshot"))?;
    draft.finish()?;
    match args.format {
        Format::Json => print_json(&snapshot_json(&sealed.seal, sealed.id))?,
        Format::Text => {
            print(snapshot_terminal(&sealed.seal, sealed.id, &style(nachweis_model::Lang::En)).as_bytes())?;
            print(format!("snapshot   {}\nassess it  nachweis assess {0}\n", args.out.display()).as_bytes())?;
        }
    }
    Ok(0)
}
