//! Where the release comes from: an in-toto Statement v1 with the SLSA provenance predicate v1, in a DSSE envelope where a
//! key is given.

use std::path::Path;

use nachweis_attest::{PrivateKey, Statement, Subject, sign_statement};
use nachweis_canon::{Digest, Json};

use crate::dist::{Release, digest_set};
use crate::files::{self, Files};

const PREDICATE: &str = "https://slsa.dev/provenance/v1";
const BUILD_TYPE: &str = "urn:nachweis:build:make-release:v1";

/// Ending of the file's name, and its bytes.
pub fn document(
    release: &Release,
    artifacts: &Files,
    lock: &[u8],
    key: Option<&Path>,
) -> Result<(&'static str, Vec<u8>), String> {
    let subjects =
        artifacts.iter().map(|(name, bytes)| Subject { name: name.clone(), digest: Digest::of(bytes) });
    let statement = Statement {
        subjects: subjects.collect(),
        predicate_type: PREDICATE.into(),
        predicate: predicate(release, lock),
    };
    match key {
        None => statement.to_bytes().map(|bytes| ("intoto.json", bytes)).map_err(|error| error.to_string()),
        Some(path) => {
            let pem = String::from_utf8(files::bytes(path)?).map_err(|_| "the key is no PEM file")?;
            let key = PrivateKey::from_pem(&pem).map_err(|error| format!("`{}`: {error}", path.display()))?;
            let envelope = sign_statement(&statement, &key).map_err(|error| error.to_string())?;
            Ok(("intoto.dsse.json", envelope))
        }
    }
}

fn predicate(release: &Release, lock: &[u8]) -> Json<'static> {
    let repository = format!("git+{}@{}", env!("CARGO_PKG_REPOSITORY"), release.commit);
    let source = Json::object([
        ("digest", Json::object([("gitCommit", Json::str(release.commit.clone()))])),
        ("uri", Json::str(repository)),
    ]);
    let locked = Json::object([("digest", digest_set(lock)), ("name", Json::str("Cargo.lock"))]);
    let definition = Json::object([
        ("buildType", Json::str(BUILD_TYPE)),
        (
            "externalParameters",
            Json::object([
                ("target", Json::str(release.target.clone())),
                ("version", Json::str(release.version.clone())),
            ]),
        ),
        ("resolvedDependencies", Json::Arr(vec![source, locked])),
    ]);
    let run = Json::object([("builder", Json::object([("id", Json::str("urn:nachweis:builder:local"))]))]);
    Json::object([("buildDefinition", definition), ("runDetails", run)])
}
