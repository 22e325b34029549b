use nachweis_canon::Digest;
use nachweis_model::catalogue::{Catalogue, FORMAT};

/// A catalogue release that this binary carries.
pub struct Release {
    /// version
    pub version: &'static str,
    /// canonical bytes of the whole release; their SHA-256 is the catalogue version that reports name
    pub bytes: &'static [u8],
}

/// All releases, oldest first. A release that was published once stays here forever: old reports name it.
pub const RELEASES: &[Release] =
    &[Release { version: "2026.11.0", bytes: include_bytes!("../../../catalog/releases/2026.11.0.json") }];

/// The newest release.
pub fn current() -> &'static Release {
    &RELEASES[RELEASES.len() - 1]
}

/// The release with this version or digest.
pub fn release(name: &str) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.version == name || Digest::of(release.bytes).to_string() == name)
}

impl Release {
    /// Digest of the release.
    pub fn digest(&self) -> Digest {
        Digest::of(self.bytes)
    }
}

/// Reads the bytes of a release, from this binary or from a bundle.
pub fn parse(bytes: &[u8]) -> Result<Catalogue, String> {
    let catalogue: Catalogue =
        serde_json::from_slice(bytes).map_err(|error| format!("the catalogue cannot be read: {error}"))?;
    if catalogue.format != FORMAT {
        return Err(format!(
            "the catalogue has format `{}`, this release reads `{FORMAT}`",
            catalogue.format
        ));
    }
    Ok(catalogue)
}
