//! `nachweis explain`: a control, an item, an obligation; by itself, or in one run.

mod bundle;
mod control;
mod finding;
mod item;
mod kinds;
mod obligation;
mod page;

use std::path::PathBuf;

use clap::Args;
use nachweis_model::Lang;

use crate::catalog::{find_control, find_obligation, release};
use crate::error_pages::error_page;
use crate::fail::Failure;
use crate::output::print;

pub use control::{Depth, sheet};
pub use item::{find as find_item, pretty};
pub use kinds::plain;
pub use page::Page;

#[derive(Args)]
pub struct ExplainArgs {
    /// Id of a control, of an obligation, of an item such as Pod/payments/api-0, or the code of an error
    #[arg(value_name = "CONTROL|ITEM|OBLIGATION|CODE")]
    pub what: String,
    /// Folder or tar file of a bundle: explain what came out in this run
    #[arg(value_name = "BUNDLE")]
    pub bundle: Option<PathBuf>,
    /// Items that are named for one reason
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub items: usize,
    /// Language: en or de
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
}

/// Explains what is named: an id with `/` is an item, one that the catalogue has as a provision an obligation.
pub fn run(args: &ExplainArgs) -> Result<u8, Failure> {
    if let Some(text) = error_page(&args.what, args.lang) {
        print(text.as_bytes())?;
        return Ok(0);
    }
    let mut page = Page::new(args.lang);
    match &args.bundle {
        None if args.what.contains('/') => {
            return Err(Failure::new(
                "bundle-missing",
                format!("`{}` is an item: name the bundle that it is in", args.what),
            )
            .help(format!("`nachweis explain {} BUNDLE`", args.what))
            .usage());
        }
        None => {
            let catalogue = release()?;
            if catalogue.provision(&args.what).is_some() || args.what.contains('(') {
                obligation::about(&mut page, &catalogue, find_obligation(&catalogue, &args.what)?, None);
            } else {
                sheet(&mut page, &catalogue, find_control(&catalogue, &args.what)?, Depth::People);
            }
        }
        Some(path) => bundle::open(path, &mut |bundle| {
            let catalogue = bundle.catalogue();
            if args.what.contains('/') {
                item::about(&mut page, &bundle, &args.what)
            } else if catalogue.provision(&args.what).is_some() || args.what.contains('(') {
                obligation::about(
                    &mut page,
                    &catalogue,
                    find_obligation(&catalogue, &args.what)?,
                    Some(&bundle),
                );
                Ok(())
            } else {
                let control = find_control(&catalogue, &args.what)?;
                sheet(&mut page, &catalogue, control, Depth::People);
                finding::about(&mut page, &bundle, control, args.items)
            }
        })?,
    }
    print(page.text().as_bytes())?;
    Ok(0)
}
