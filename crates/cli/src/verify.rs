//! `nachweis verify`

use nachweis_verify::{Settings, json, text, verify};

use crate::args::{Format, VerifyArgs};
use crate::fail::Failure;
use crate::output::{print, print_json, read_file};
use crate::{key, store};

/// Verifies a bundle; the exit code is the verification's.
pub fn run(args: &VerifyArgs) -> Result<u8, Failure> {
    let store = store::open(&args.bundle)?;
    let trust = args.trust.iter().map(|file| key::public(file)).collect::<Result<_, _>>()?;
    let proofs = args.proof.iter().map(|file| read_file(file, "proof")).collect::<Result<_, _>>()?;
    let accept = args.accept_catalog.iter().copied().collect();
    let settings = Settings { trust, accept, manifest: None, proofs };
    let verification = verify(store.as_ref(), &settings);
    match args.format {
        Format::Json => print_json(&json(&verification))?,
        Format::Text => print(text(&verification).as_bytes())?,
    }
    Ok(verification.exit)
}
