//! What a release consists of, made from two static binaries: checksums, bill of materials, provenance, container image,
//! Debian package, archive. The same binaries and commit give the same bytes.

mod debian;
mod image;
mod provenance;
mod sbom;
mod tarball;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nachweis_canon::{Digest, Json};
use nachweis_model::Instant;

use crate::files::{self, Files};

/// Where the parts lie and where the result goes.
pub struct Plan {
    /// folder with `nachweis`, `nachweis-verify`, `man/*.1`, `completions/{bash,zsh,fish}`
    pub parts: PathBuf,
    /// `cargo metadata` of the build, as a file
    pub metadata: PathBuf,
    /// commit that was built, 40 hexadecimal digits
    pub commit: String,
    /// its time; every time stamp of the release is this one
    pub instant: Instant,
    /// platform that was built for, as Rust names it
    pub target: String,
    /// signing key of the provenance
    pub key: Option<PathBuf>,
    /// folder of the result; it must not exist
    pub out: PathBuf,
}

/// A release while it is put together.
pub struct Release {
    /// version without `v`
    pub version: String,
    /// commit, time, platform
    pub commit: String,
    /// time of the commit
    pub instant: Instant,
    /// platform, as Rust names it
    pub target: String,
    /// `amd64` or `arm64`
    pub architecture: &'static str,
    /// name -> bytes
    pub binaries: BTreeMap<&'static str, Vec<u8>>,
    /// `nachweis.1` and one page per command
    pub manual: Files,
    /// shell -> script
    pub completions: Files,
}

/// Binaries of a release.
const BINARIES: [&str; 2] = ["nachweis", "nachweis-verify"];

/// Makes the release and says what it consists of.
pub fn make(root: &Path, plan: &Plan) -> Result<String, String> {
    if plan.out.exists() {
        return Err(format!("`{}` is there already: name another folder or remove it", plan.out.display()));
    }
    let release = Release::read(plan)?;
    let name = format!("nachweis-{}-linux-{}", release.version, release.architecture);
    let mut artifacts = Files::new();
    for (binary, bytes) in &release.binaries {
        artifacts.insert(name.replacen("nachweis", binary, 1), bytes.clone());
    }
    let lock = files::bytes(&root.join("Cargo.lock"))?;
    let metadata = files::bytes(&plan.metadata)?;
    artifacts.insert(format!("{name}.cdx.json"), sbom::document(&release, &metadata, &lock)?);
    let licence = files::bytes(&root.join("LICENSE"))?;
    artifacts.insert(format!("{name}.tar.gz"), tarball::archive(&release, &licence)?);
    artifacts.insert(format!("{name}.oci.tar"), image::layout(&release)?);
    let package = format!("nachweis_{}_{}.deb", release.version, release.architecture);
    artifacts.insert(package, debian::package(&release)?);
    let (suffix, statement) = provenance::document(&release, &artifacts, &lock, plan.key.as_deref())?;
    artifacts.insert(format!("{name}.{suffix}"), statement);
    artifacts.insert("SHA256SUMS".into(), sums(&artifacts).into_bytes());
    files::replace_folder(&plan.out, &artifacts)?;
    executable(&plan.out, &name)?;
    Ok(listing(&artifacts))
}

impl Release {
    fn read(plan: &Plan) -> Result<Self, String> {
        let mut binaries = BTreeMap::new();
        for name in BINARIES {
            binaries.insert(name, files::bytes(&plan.parts.join(name))?);
        }
        let architecture = match plan.target.split('-').next() {
            Some("x86_64") => "amd64",
            Some("aarch64") => "arm64",
            _ => return Err(format!("no architecture name is known for `{}`", plan.target)),
        };
        Ok(Release {
            version: env!("CARGO_PKG_VERSION").into(),
            commit: plan.commit.clone(),
            instant: plan.instant,
            target: plan.target.clone(),
            architecture,
            binaries,
            manual: files::read_folder(&plan.parts.join("man"))?,
            completions: files::read_folder(&plan.parts.join("completions"))?,
        })
    }

    /// Seconds since 1970 of every time stamp.
    pub fn seconds(&self) -> u64 {
        u64::try_from(self.instant.unix()).unwrap_or(0)
    }
}

/// `sha256sum --check` reads it.
fn sums(artifacts: &Files) -> String {
    artifacts.iter().map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes).hex())).collect()
}

fn listing(artifacts: &Files) -> String {
    let lines: Vec<String> =
        artifacts.iter().map(|(name, bytes)| format!("{:>10}  {name}", bytes.len())).collect();
    lines.join("\n")
}

/// `{"sha256": "..."}`, as in-toto wants a digest.
fn digest_set(bytes: &[u8]) -> Json<'static> {
    Json::object([("sha256", Json::str(Digest::of(bytes).hex()))])
}

#[cfg(unix)]
fn executable(out: &Path, name: &str) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    for binary in BINARIES {
        let path = out.join(name.replacen("nachweis", binary, 1));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .map_err(|error| format!("`{}`: {error}", path.display()))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn executable(_: &Path, _: &str) -> Result<(), String> {
    Ok(())
}
