use std::collections::BTreeMap;

use nachweis_canon::{Digest, Json, Limits, parse_bytes};

use crate::media;
use crate::problem::{Code, Problem};

/// Bytes of a manifest, an index or `oci-layout` that are read at most. Registries have the same limit.
pub const DOCUMENT_BYTES_MAX: usize = 4 << 20;

/// What names a blob: its type, digest and size, and notes on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// media type of the bytes
    pub media_type: String,
    /// SHA-256 of the bytes
    pub digest: Digest,
    /// number of bytes
    pub size: u64,
    /// notes; not part of the blob, but of the document that holds the descriptor
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// A descriptor without notes.
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Descriptor { media_type: media_type.into(), digest, size, annotations: BTreeMap::new() }
    }

    /// The descriptor of these bytes.
    pub fn of(media_type: impl Into<String>, bytes: &[u8]) -> Self {
        Descriptor::new(media_type, Digest::of(bytes), bytes.len() as u64)
    }

    fn to_json(&self) -> Json<'static> {
        let mut members = vec![
            ("mediaType", Json::str(self.media_type.clone())),
            ("digest", Json::str(self.digest.to_string())),
            // A size that does not fit is written as its digits all the same.
            (
                "size",
                i64::try_from(self.size).map_or_else(|_| Json::Big(self.size.to_string().into()), Json::Int),
            ),
        ];
        if !self.annotations.is_empty() {
            members.push(("annotations", annotations_to_json(&self.annotations)));
        }
        Json::object(members)
    }

    fn from_json(value: &Json<'_>) -> Result<Self, String> {
        let media_type = value.text(&["mediaType"]).ok_or("a descriptor has no `mediaType`")?;
        let digest = value.text(&["digest"]).ok_or("a descriptor has no `digest`")?;
        let digest = digest.parse().map_err(|error| format!("digest `{}`: {error}", shown(digest)))?;
        let size = value.get("size").and_then(Json::as_int).and_then(|size| u64::try_from(size).ok());
        let size = size.ok_or_else(|| format!("the descriptor of {digest} has no size"))?;
        Ok(Descriptor { media_type: media_type.into(), digest, size, annotations: annotations(value)? })
    }
}

/// An image manifest. What it names, and the bytes it is written in, are one content-addressed whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// what kind of artifact this is
    pub artifact_type: Option<String>,
    /// the config blob; the empty one for our artifacts
    pub config: Descriptor,
    /// the blobs, in order
    pub layers: Vec<Descriptor>,
    /// notes
    pub annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// An artifact with the empty config, no layers and no notes.
    pub fn artifact(artifact_type: impl Into<String>) -> Self {
        Manifest {
            artifact_type: Some(artifact_type.into()),
            config: Descriptor::of(media::EMPTY, b"{}"),
            layers: Vec::new(),
            annotations: BTreeMap::new(),
        }
    }

    /// The layers of a media type, in order.
    pub fn layers_of<'a, 'b>(
        &'a self,
        media_type: &'b str,
    ) -> impl Iterator<Item = &'a Descriptor> + use<'a, 'b> {
        self.layers.iter().filter(move |layer| layer.media_type == media_type)
    }

    /// The layer of a media type that there is at most one of.
    pub fn at_most_one(&self, media_type: &str) -> Result<Option<&Descriptor>, Problem> {
        let mut found = self.layers_of(media_type);
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(Problem::new(
                Code::ManifestContent,
                "manifest",
                format!("the manifest has several layers of type `{media_type}`"),
            )),
        }
    }

    /// The layer of a media type that there is exactly one of.
    pub fn one(&self, media_type: &str) -> Result<&Descriptor, Problem> {
        self.at_most_one(media_type)?.ok_or_else(|| {
            let message = format!("the manifest has no layer of type `{media_type}`");
            Problem::new(Code::ManifestContent, "manifest", message)
        })
    }

    /// The bytes: canonical JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut members = vec![
            ("schemaVersion", Json::Int(2)),
            ("mediaType", Json::str(media::MANIFEST)),
            ("config", self.config.to_json()),
            ("layers", Json::Arr(self.layers.iter().map(Descriptor::to_json).collect())),
        ];
        if let Some(kind) = &self.artifact_type {
            members.push(("artifactType", Json::str(kind.clone())));
        }
        if !self.annotations.is_empty() {
            members.push(("annotations", annotations_to_json(&self.annotations)));
        }
        Json::object(members).canonical()
    }

    /// Reads a manifest; `place` names it in a problem. Members that we do not know are ignored.
    pub fn from_bytes(bytes: &[u8], place: &str) -> Result<Self, Problem> {
        Self::read(bytes).map_err(|why| Problem::new(Code::ManifestMalformed, place, why))
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let root = document(bytes, media::MANIFEST, true)?;
        let artifact_type = match root.get("artifactType") {
            None => None,
            Some(Json::Str(text)) => Some(text.to_string()),
            Some(_) => return Err("`artifactType` is no string".into()),
        };
        let config = Descriptor::from_json(root.get("config").ok_or("`config` is missing")?)?;
        let Some(Json::Arr(layers)) = root.get("layers") else {
            return Err("`layers` is no array".into());
        };
        let layers = layers.iter().map(Descriptor::from_json).collect::<Result<_, _>>()?;
        Ok(Manifest { artifact_type, config, layers, annotations: annotations(&root)? })
    }
}

/// An image index: which manifests a layout holds. Nothing relies on it but the choice of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// descriptors of manifests, and of whatever else a foreign tool lists
    pub manifests: Vec<Descriptor>,
}

impl Index {
    /// The bytes: canonical JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        Json::object([
            ("schemaVersion", Json::Int(2)),
            ("mediaType", Json::str(media::INDEX)),
            ("manifests", Json::Arr(self.manifests.iter().map(Descriptor::to_json).collect())),
        ])
        .canonical()
    }

    /// Reads an index. `mediaType` may be missing, as older tools leave it out.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Problem> {
        let read = || {
            let root = document(bytes, media::INDEX, false)?;
            let Some(Json::Arr(items)) = root.get("manifests") else {
                return Err("`manifests` is no array".to_string());
            };
            items.iter().map(Descriptor::from_json).collect::<Result<_, _>>()
        };
        match read() {
            Ok(manifests) => Ok(Index { manifests }),
            Err(why) => Err(Problem::new(Code::IndexMalformed, "index.json", why)),
        }
    }
}

fn document<'a>(bytes: &'a [u8], media_type: &str, typed: bool) -> Result<Json<'a>, String> {
    let root = unambiguous(bytes)?;
    if root.get("schemaVersion").and_then(Json::as_int) != Some(2) {
        return Err("`schemaVersion` is not 2".into());
    }
    match root.get("mediaType") {
        Some(Json::Str(found)) if found == media_type => Ok(root),
        None if !typed => Ok(root),
        _ => Err(format!("`mediaType` is not `{media_type}`")),
    }
}

/// Reads JSON in which no key is given twice: readers that pick different ones would see different documents.
pub(crate) fn unambiguous(bytes: &[u8]) -> Result<Json<'_>, String> {
    let limits = Limits { depth: 32, bytes: DOCUMENT_BYTES_MAX };
    let parsed = parse_bytes(bytes, &limits).map_err(|error| error.to_string())?;
    match parsed.duplicates.first() {
        Some(again) => Err(format!("`{}` is given twice", shown(&again.key))),
        None => Ok(parsed.value),
    }
}

fn annotations(value: &Json<'_>) -> Result<BTreeMap<String, String>, String> {
    match value.get("annotations") {
        None | Some(Json::Null) => Ok(BTreeMap::new()),
        Some(Json::Obj(object)) => object
            .iter()
            .map(|(key, value)| match value.as_str() {
                Some(text) => Ok((key.to_string(), text.to_string())),
                None => Err(format!("annotation `{}` is no string", shown(key))),
            })
            .collect(),
        Some(_) => Err("`annotations` is no object".into()),
    }
}

fn annotations_to_json(annotations: &BTreeMap<String, String>) -> Json<'static> {
    Json::object(annotations.iter().map(|(key, value)| (key.clone(), Json::str(value.clone()))))
}

/// The start of a hostile text, for a message.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
