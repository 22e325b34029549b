//! A container image from scratch, written as an OCI image layout without a daemon: the two binaries and nothing else.

use nachweis_canon::{Digest, Json};
use nachweis_oci::{BlobsMut as _, Manifest, MemoryStore, publish, write_tar};

use crate::dist::Release;
use crate::dist::tarball::{Entry, gzip, tar};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// No name in an image from scratch belongs to it; Kubernetes' `runAsNonRoot` wants a number other than 0.
const USER: &str = "65532:65532";

/// The layout as a tar file, tagged with the version.
pub fn layout(release: &Release) -> Result<Vec<u8>, String> {
    let store = MemoryStore::new();
    let entries: Vec<(String, Entry<'_>)> = release
        .binaries
        .iter()
        .map(|(name, bytes)| ((*name).to_string(), Entry::File(0o755, bytes)))
        .chain([("kubectl-nachweis".to_string(), Entry::Link("nachweis"))])
        .collect();
    let content = tar(&entries, release.seconds())?;
    let failed = |problem: nachweis_oci::Problem| problem.to_string();
    let layer = store.put(LAYER, &gzip(&content)?).map_err(failed)?;
    let config = config(release, Digest::of(&content)).canonical();
    let manifest = Manifest {
        artifact_type: None,
        config: store.put(CONFIG, &config).map_err(failed)?,
        layers: vec![layer],
        annotations: notes(release).into_iter().map(|(key, value)| (key.to_string(), value)).collect(),
    };
    publish(&store, &manifest, Some(&release.version)).map_err(failed)?;
    let mut out = Vec::new();
    write_tar(&store, &mut out).map_err(failed)?;
    Ok(out)
}

fn notes(release: &Release) -> [(&'static str, String); 6] {
    [
        ("org.opencontainers.image.title", "nachweis".into()),
        ("org.opencontainers.image.version", release.version.clone()),
        ("org.opencontainers.image.revision", release.commit.clone()),
        ("org.opencontainers.image.created", release.instant.to_string()),
        ("org.opencontainers.image.licenses", env!("CARGO_PKG_LICENSE").into()),
        ("org.opencontainers.image.source", env!("CARGO_PKG_REPOSITORY").into()),
    ]
}

/// The image's configuration (OCI image specification 1.1, config.md).
fn config(release: &Release, content: Digest) -> Json<'static> {
    let created = Json::str(release.instant.to_string());
    let labels = notes(release).map(|(key, value)| (key, Json::str(value)));
    let run = Json::object([
        ("Entrypoint", Json::Arr(vec![Json::str("/nachweis")])),
        ("Labels", Json::object(labels)),
        ("User", Json::str(USER)),
        ("WorkingDir", Json::str("/")),
    ]);
    Json::object([
        ("architecture", Json::str(release.architecture)),
        ("config", run),
        ("created", created.clone()),
        (
            "history",
            Json::Arr(vec![Json::object([("created", created), ("created_by", Json::str("make release"))])]),
        ),
        ("os", Json::str("linux")),
        (
            "rootfs",
            Json::object([
                ("diff_ids", Json::Arr(vec![Json::str(content.to_string())])),
                ("type", Json::str("layers")),
            ]),
        ),
    ])
}
