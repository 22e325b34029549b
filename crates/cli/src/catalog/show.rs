//! `nachweis catalog show`

use nachweis_canon::{Limits, canonical_bytes, parse_bytes};
use nachweis_catalog::control_digest;

use super::{ShowArgs, source};
use crate::args::Format;
use crate::explain::{Depth, Page, sheet};
use crate::fail::Failure;
use crate::output::{print, print_json};

/// One control, readable, with its rule.
pub fn run(args: &ShowArgs) -> Result<u8, Failure> {
    let catalogue = source::catalogue(args.dir.as_deref())?;
    let control = source::find(&catalogue, &args.id)?;
    if args.format == Format::Json {
        let bytes = canonical_bytes(control);
        let parsed = parse_bytes(&bytes, &Limits::OURS)
            .map_err(|error| Failure::new("control-unusable", error.to_string()))?;
        print_json(&parsed.value)?;
        return Ok(0);
    }
    let mut page = Page::new(args.lang);
    sheet(&mut page, &catalogue, control, Depth::Authors);
    page.heading("digest", "Prüfsumme");
    page.line(2, &control_digest(control).to_string());
    print(page.text().as_bytes())?;
    Ok(0)
}
