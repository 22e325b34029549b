//! What this binary is.

use nachweis_canon::Json;
use nachweis_model::{SEMANTICS, assessment, catalogue, control, seal};

use crate::fail::Failure;
use crate::output::{print, print_json};

/// Name and version of the engine, as seals and statements write it.
pub const ENGINE: &str = concat!("nachweis ", env!("CARGO_PKG_VERSION"));

/// Prints engine, evaluation semantics, catalogue and formats.
pub fn run(as_json: bool) -> Result<u8, Failure> {
    let release = nachweis_catalog::current();
    let digest = release.digest().to_string();
    let formats =
        [nachweis_canon::FORMAT, seal::FORMAT, control::FORMAT, catalogue::FORMAT, assessment::FORMAT];
    if as_json {
        print_json(&Json::object([
            ("engine", Json::str(env!("CARGO_PKG_VERSION"))),
            ("semantics", Json::Int(i64::from(SEMANTICS))),
            (
                "catalogue",
                Json::object([("version", Json::str(release.version)), ("digest", Json::str(digest))]),
            ),
            ("formats", Json::Arr(formats.iter().map(|name| Json::str(*name)).collect())),
        ]))?;
    } else {
        let text = format!(
            "engine     {}\nsemantics  {SEMANTICS}\ncatalogue  {} {digest}\nformats    {}\n",
            env!("CARGO_PKG_VERSION"),
            release.version,
            formats.join(", ")
        );
        print(text.as_bytes())?;
    }
    Ok(0)
}
