//! A catalogue release as one value (`nachweis-catalogue/1`), and what an organisation lays over it.

use std::collections::BTreeMap;

use nachweis_canon::{Digest, Json, Limits, canonical_bytes, parse_bytes};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::Control;
use crate::{Instant, Text};

/// Format of a catalogue release.
pub const FORMAT: &str = "nachweis-catalogue/1";
/// Format of an overlay.
pub const OVERLAY_FORMAT: &str = "nachweis-overlay/1";

/// A legal act that the catalogue cites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// short id, such as `DORA`
    pub id: String,
    /// number in EUR-Lex
    pub celex: String,
    /// how it is cited before an article: `DORA`, `RTS 2024/1774`
    pub cite: Text,
    /// its title
    pub title: Text,
    /// first day on which it applies, as `YYYY-MM-DD`
    pub applies_from: String,
}

/// How far platform data can show a provision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// by itself
    Platform,
    /// together with a signed statement
    Partial,
    /// not at all: a signed statement only
    Organisational,
}

impl Class {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Platform => "platform",
            Class::Partial => "partial",
            Class::Organisational => "organisational",
        }
    }
}

/// A provision of an act, in our own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provision {
    /// id, such as `DORA-9(4)(c)`
    pub id: String,
    /// id of the act
    pub act: String,
    /// article
    pub article: u32,
    /// paragraph
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paragraph: Option<u32>,
    /// point below the paragraph, such as `c` or `e(iv)`
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub point: Option<String>,
    /// how far platform data can show it
    pub class: Class,
    /// a few words
    pub title: Text,
    /// what it asks for
    pub duty: Text,
}

impl Provision {
    /// How people cite it: `Art. 9(4)(c)`.
    pub fn citation(&self) -> String {
        let mut out = format!("Art. {}", self.article);
        if let Some(paragraph) = self.paragraph {
            out.push_str(&format!("({paragraph})"));
        }
        if let Some(point) = &self.point {
            out.push_str(&if point.starts_with('(') { point.clone() } else { format!("({point})") });
        }
        out
    }
}

/// A row that pairs provisions with other frameworks' ids. The pairing is our judgement, no official equivalence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrosswalkRow {
    /// id of the row
    pub id: String,
    /// a few words
    pub title: Text,
    /// provisions
    pub refs: Vec<String>,
    /// ids by framework
    pub frameworks: BTreeMap<String, Vec<String>>,
}

/// What `--pack NAME` selects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// name
    pub name: String,
    /// a few words
    pub title: Text,
    /// acts whose provisions belong to it
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<String>,
    /// frameworks of the crosswalk whose rows' provisions belong to it
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frameworks: Vec<String>,
}

/// A frozen catalogue: controls, provisions, and all data that decides a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// `nachweis-catalogue/1`
    pub format: String,
    /// version, such as `2026.11.0`
    pub version: String,
    /// instant from which it is in force
    pub valid_from: Instant,
    /// acts, sorted by id
    pub acts: Vec<Act>,
    /// provisions in the order of their acts
    pub provisions: Vec<Provision>,
    /// controls, sorted by id
    pub controls: Vec<Control>,
    /// other frameworks
    pub crosswalk: Vec<CrosswalkRow>,
    /// selections
    pub packs: Vec<Pack>,
    /// data files by name: enforcers, bootstrap roles, scope table, normalisation
    pub data: BTreeMap<String, Value>,
}

impl Catalogue {
    /// The catalogue version: digest of the whole release.
    pub fn digest(&self) -> Digest {
        self.digests().0
    }

    /// Digest of what decides verdicts: a corrected word of prose leaves it as it is.
    pub fn logic(&self) -> Digest {
        self.digests().1
    }

    /// Digest of the whole release, and of what decides verdicts.
    pub fn digests(&self) -> (Digest, Digest) {
        let text = canonical_bytes(self);
        let mut value = parse_bytes(&text, &Limits::OURS).expect("canonical bytes are JSON").value;
        strip_prose(&mut value);
        if let Json::Obj(members) = &mut value {
            members.retain(|name, _| !["version", "valid_from", "acts", "crosswalk"].contains(&name));
        }
        (Digest::of(&text), Digest::of(&value.canonical()))
    }

    /// The control with this id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// The provision with this id.
    pub fn provision(&self, id: &str) -> Option<&Provision> {
        self.provisions.iter().find(|provision| provision.id == id)
    }
}

/// Takes out every bilingual text, and the notes and sources of data rows.
fn strip_prose(value: &mut Json<'_>) {
    match value {
        Json::Obj(members) => members.retain(|key, member| {
            let bilingual = member
                .as_object()
                .is_some_and(|text| text.len() == 2 && text.contains("en") && text.contains("de"));
            strip_prose(member);
            !bilingual && !matches!(key, "note" | "notes" | "source" | "sources" | "as_of")
        }),
        Json::Arr(items) => items.iter_mut().for_each(strip_prose),
        _ => {}
    }
}

/// An accepted deviation with reason, owner, approver and expiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// kebab-case, unique in the overlay
    pub id: String,
    /// control that it speaks of
    pub control: String,
    /// items: ids in text form, where `*` at the end of a part stands for any rest of that part
    pub items: Vec<String>,
    /// why it is accepted
    pub reason: String,
    /// who carries the risk
    pub owner: String,
    /// who approved it; another person than the owner
    pub approver: String,
    /// instant of the approval
    pub approved: Instant,
    /// last instant at which it holds
    pub expires: Instant,
}

/// What an organisation lays over a catalogue: its values, its exemptions, its own controls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// `nachweis-overlay/1`
    pub format: String,
    /// values of parameters, by name
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
    /// exemptions, sorted by id
    #[serde(default)]
    pub exemptions: Vec<Exemption>,
    /// the organisation's own controls, sorted by id
    #[serde(default)]
    pub controls: Vec<Control>,
}

impl Default for Overlay {
    fn default() -> Self {
        Overlay {
            format: OVERLAY_FORMAT.into(),
            params: BTreeMap::new(),
            exemptions: Vec::new(),
            controls: Vec::new(),
        }
    }
}

impl Overlay {
    /// Digest of the overlay; an empty one has a digest too.
    pub fn digest(&self) -> Digest {
        Digest::of(&canonical_bytes(self))
    }
}
