//! From an assessment and the names of its items to bytes: JSON, CSV, SARIF, JUnit, terminal text, one HTML file.
//!
//! A pure room: values in, bytes out; no IO, clock, environment. Whatever comes from the input (names,
//! paths, messages) is hostile and goes through [`mod@escape`] before it reaches a rendering. Renderings
//! say what was seen and never draw a legal conclusion ([`wording`]).

mod baseline;
mod changes;
mod csv;
pub mod escape;
mod html;
mod json;
mod junit;
mod names;
mod remedy;
mod sarif;
mod sarif_rules;
mod terminal;
mod things;
mod view;
pub mod wording;
pub mod words;

use nachweis_canon::Digest;
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::seal::Seal;
use nachweis_model::{ItemId, Lang};

pub use baseline::{baseline_json, baseline_terminal};
pub use changes::Changes;
pub use csv::csv;
pub use html::{html, html_excerpts};
pub use json::{json, snapshot_json};
pub use junit::{CASES_MAX, junit};
pub use sarif::{RESULTS_MAX, sarif};
pub use terminal::{snapshot_terminal, terminal, terminal_excerpts};

/// The names of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// its identity
    pub id: ItemId,
    /// what made it, such as `Deployment payments/api`; renderings group items under it
    pub owner: Option<String>,
}

/// The part of an item's source that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// path of the input file, where there was one
    pub file: Option<String>,
    /// line of the file at which the text begins, from 1; 0 where there is no file
    pub first_line: u64,
    /// YAML, lines separated by `\n`
    pub text: String,
    /// lines of the text, from 0, at which the check failed
    pub marked: Vec<usize>,
}

/// Where a declaration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// path as a reader of the rendering finds it, `/` between its parts
    pub file: String,
    /// line from 1; 0 where only the file is known
    pub line: u64,
}

/// Who writes the objects of a resource; decides what can show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writer {
    /// a person: manifests may hold them
    #[default]
    Person,
    /// a controller: only a running cluster has them
    Controller,
    /// a file that no API server serves, such as an audit policy
    File,
}

/// Names of items by their index in the sealed order; the caller reads them from the snapshot.
pub trait Items {
    /// Identity and owner of the item, `None` where the snapshot has no such index.
    fn subject(&self, index: u32) -> Option<Subject>;

    /// What of the item this control looked at. Asked for the items of [`html_excerpts`] only.
    fn excerpt(&self, _index: u32, _control: &str) -> Option<Excerpt> {
        None
    }

    /// Where the object of this kind, namespace and name is declared; a snapshot does not know.
    fn place(&self, _kind: &str, _namespace: &str, _name: &str) -> Option<Place> {
        None
    }

    /// Who writes the objects of a resource (`plural.group`).
    fn writer(&self, _resource: &str) -> Writer {
        Writer::Person
    }
}

/// Everything that a rendering shows.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// the findings
    pub assessment: &'a Assessment,
    /// SHA-256 of the assessment's canonical bytes
    pub digest: Digest,
    /// seal of the snapshot that was assessed
    pub seal: &'a Seal,
    /// catalogue release
    pub catalogue: &'a Catalogue,
    /// the organisation's overlay
    pub overlay: &'a Overlay,
    /// names of the items
    pub items: &'a dyn Items,
    /// path of the bundle as the user wrote it; `None` where none was written
    pub bundle: Option<&'a str>,
    /// keyid of the signature on the bundle; `None` where it is not signed
    pub signer: Option<&'a str>,
    /// path of the public key that verifies the signature, for the command that is shown
    pub trust: Option<&'a str>,
    /// namespaces that are folded into one line on the terminal; a `*` at the end stands for any rest.
    /// Names that begin with `kube-` always belong to them
    pub system_namespaces: &'a [String],
    /// what differs from an older bundle, where one was compared
    pub changes: Option<&'a Changes>,
}

/// How a terminal wants its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// columns; less than 40 counts as 40
    pub width: usize,
    /// whether to colour; the caller knows whether it writes to a pipe
    pub colour: bool,
    /// language
    pub lang: Lang,
}

impl Default for Style {
    fn default() -> Self {
        Style { width: 80, colour: false, lang: Lang::En }
    }
}
