//! Files of the input: from bytes to objects with normalised, withheld, canonical bodies.

mod page;

use std::sync::Arc;

use memchr::memmem;
use nachweis_canon::{Duplicate, Json};
use nachweis_model::seal::{DuplicateKey, Unread};
use nachweis_model::{EvidenceKind, Source};
use nachweis_yaml::{Limits, Shape};

use crate::certificates;
use crate::forms::{self, DumpError, Marker};
use crate::gitops::{self, Kustomization};
use crate::head::{Head, Refusal, head, is_object, reason, refuse};
use crate::layout::{self, Index};
use crate::lookup::Lookup;
use crate::normalise::{is_left_out, normalise};
use crate::pseudonyms::Pseudonyms;
use crate::resources::{KindScope, Resource, Resources, Tier};
use crate::withhold::{Mark, WITHHELD, looks_secret, withhold};

/// Texts from this size on are taken apart element by element where their form allows it.
const STREAM_BYTES_MIN: usize = 256 << 10;
/// Lists inside of lists.
const NESTING_MAX: usize = 4;
/// Refused elements of one document that are listed one by one.
const REFUSALS_MAX: usize = 100;

/// One object of the input; its body lies in the spool.
#[derive(Debug)]
pub(crate) struct Found {
    pub source: Source,
    pub group: String,
    pub version: String,
    pub kind: String,
    /// as given
    pub namespace: Option<String>,
    pub name: String,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
    pub file: Arc<str>,
    /// where the body starts: in the batch at first, then in the spool
    pub offset: u64,
    pub len: usize,
    pub withheld: Vec<Mark>,
    /// counted and not sealed; there is no body
    pub left_out: bool,
}

/// What a list said of itself, for the collections of a dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    /// lists in the file
    pub seen: bool,
    /// the server had more than it gave
    pub cut: bool,
    /// a list says what its elements are, such as `PodList`
    pub typed: bool,
}

/// What came out of one file or several.
#[derive(Default)]
pub(crate) struct Batch {
    pub found: Vec<Found>,
    /// bodies, one after the other
    pub bodies: Vec<u8>,
    pub unread: Vec<Unread>,
    pub duplicates: Vec<DuplicateKey>,
    /// resources that CustomResourceDefinitions define
    pub definitions: Vec<Resource>,
    pub markers: Vec<Marker>,
    /// what a dump says that it could not read
    pub dump_errors: Vec<DumpError>,
    pub discoveries: Vec<forms::Discovery>,
    pub kustomizations: Vec<Kustomization>,
    pub indexes: Vec<Index>,
}

/// What every file is read with.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    pub resources: &'a Resources,
    pub limits: &'a Limits,
    pub pseudonyms: Option<&'a Pseudonyms>,
}

/// Reads files, one after the other.
pub(crate) struct Intake<'a> {
    kinds: Lookup<'a>,
    limits: &'a Limits,
    pseudonyms: Option<&'a Pseudonyms>,
    /// the file at hand
    path: Arc<str>,
    /// line of the document or element at hand
    line: usize,
    /// the lists of the file at hand
    lists: Lists,
    batch: Batch,
    /// the file is what the operator says it is: only objects of this kind are taken
    evidence: Option<&'static EvidenceKind>,
    /// takes a batch and leaves it empty
    flush: &'a mut dyn FnMut(&mut Batch),
}

/// Bytes of bodies after which a batch is handed over before the file ends.
const BATCH_BYTES: usize = 1 << 20;

/// Files with an ending other than those of YAML and JSON are no inputs; files without one are if they look so.
fn is_input(path: &str, bytes: &[u8]) -> bool {
    let looks_so = || {
        bytes.starts_with(b"\0GITCRYPT\0")
            || memmem::find(bytes, b"apiVersion").is_some()
            || memmem::find(bytes, b"bomFormat").is_some()
    };
    layout::is_input_name(path) || (!layout::has_ending(path) && looks_so())
}

impl<'a> Intake<'a> {
    /// Reads nothing yet. `flush` takes what came out of the files: whenever it has grown big, and at the end.
    pub(crate) fn new(means: &Means<'a>, flush: &'a mut dyn FnMut(&mut Batch)) -> Self {
        let Means { resources, limits, pseudonyms } = *means;
        Intake {
            kinds: Lookup::new(resources),
            limits,
            pseudonyms,
            path: "".into(),
            line: 1,
            lists: Lists::default(),
            batch: Batch::default(),
            evidence: None,
            flush,
        }
    }

    /// Reads one file. Returns what its lists said of themselves.
    pub(crate) fn file(
        &mut self,
        path: Arc<str>,
        bytes: &[u8],
        evidence: Option<&'static EvidenceKind>,
    ) -> Lists {
        (self.path, self.line, self.lists, self.evidence) = (path, 1, Lists::default(), evidence);
        // A body is seldom longer than its text.
        self.batch.bodies.reserve(bytes.len().min(BATCH_BYTES));
        if evidence.is_none()
            && let Some(marker) = forms::text_marker(&self.path, bytes)
        {
            self.batch.markers.push(marker);
        } else if evidence.is_none() && !is_input(&self.path, bytes) {
            let detail = "neither YAML nor JSON by its name".to_string();
            self.unread(0, 0, reason::NOT_AN_INPUT_FORMAT, detail);
        } else if bytes.len() < STREAM_BYTES_MIN || forms::is_discovery(&self.path) || !self.stream(bytes) {
            self.documents(bytes);
        }
        self.lists
    }

    /// Hands over what is left.
    pub(crate) fn finish(mut self) {
        (self.flush)(&mut self.batch);
    }
}

impl Intake<'_> {
    fn unread(&mut self, line: usize, column: usize, reason: &str, detail: String) {
        self.batch.unread.push(Unread {
            file: self.path.to_string(),
            line: line as u64,
            column: column as u64,
            reason: reason.into(),
            detail,
            ignored: false,
        });
    }

    fn refused(&mut self, refusal: Refusal) {
        self.unread(self.line, 0, refusal.reason, refusal.detail);
    }

    fn yaml_unread(&mut self, unread: nachweis_yaml::Unread) {
        // The reader quotes the text that it stumbled over.
        let detail = if looks_secret(&unread.detail) { WITHHELD.to_string() } else { unread.detail };
        self.unread(unread.line, unread.column, unread.reason.code(), detail);
    }

    fn duplicates(&mut self, duplicates: Vec<Duplicate>) {
        let file = self.path.to_string();
        // A key can be a secret; the body says by a mark of its own that one stood there.
        let key = |key: String| if looks_secret(&key) { WITHHELD.to_string() } else { key };
        let row = |d: Duplicate| DuplicateKey { file: file.clone(), line: d.line as u64, key: key(d.key) };
        self.batch.duplicates.extend(duplicates.into_iter().map(row));
    }

    fn documents(&mut self, bytes: &[u8]) {
        for document in nachweis_yaml::read(bytes, self.limits) {
            match document {
                Ok(document) => {
                    self.line = document.line;
                    self.duplicates(document.duplicates);
                    self.document(document.value);
                }
                Err(unread) => self.yaml_unread(unread),
            }
        }
    }

    /// Takes a large JSON list or map apart without holding more than one element. False if it is none.
    fn stream(&mut self, bytes: &[u8]) -> bool {
        let Some(Ok(wrapped)) = nachweis_yaml::items(bytes, self.limits) else { return false };
        let wrapper = Json::Obj(wrapped.wrapper);
        let list = match wrapped.shape {
            Shape::List if !is_list_wrapper(&wrapper) => return false,
            Shape::List => {
                self.list_seen(&wrapper);
                self.list_kind(&wrapper)
            }
            Shape::Array => self.list_kind(&wrapper),
            Shape::Map => None,
        };
        let mut refusals = Refusals::default();
        for element in wrapped.items {
            match element {
                Ok(element) => {
                    self.line = element.line;
                    self.duplicates(element.duplicates);
                    self.element(element.value, list.as_ref(), 1, &mut refusals);
                }
                Err(unread) => self.yaml_unread(unread),
            }
        }
        self.line = 1;
        self.refusals(refusals, wrapped.shape == Shape::List);
        true
    }

    fn document(&mut self, value: Json<'_>) {
        if self.evidence.is_none() && self.collector_file(&value) {
            return;
        }
        let name = if self.evidence.is_some() { "" } else { layout::file_name(&self.path) };
        if name == layout::INDEX_NAME && !is_object(&value) {
            match layout::index(&self.path, &value) {
                Ok(index) => self.batch.indexes.push(index),
                Err(why) => self.refused(Refusal { reason: reason::BAD_INDEX, detail: why }),
            }
            return;
        }
        if let Err(refusal) = self.value(value, 0) {
            self.refused(refusal);
        }
    }

    /// Takes an object, a list or a map of objects.
    fn value(&mut self, mut value: Json<'_>, depth: usize) -> Result<(), Refusal> {
        if depth > NESTING_MAX {
            return refuse(reason::NOT_AN_OBJECT, format!("more than {NESTING_MAX} lists inside each other"));
        }
        if is_list_wrapper(&value) && matches!(value.get("items"), Some(Json::Arr(_) | Json::Null)) {
            self.list_seen(&value);
            let list = self.list_kind(&value);
            let items = value.as_object_mut().and_then(|object| object.remove("items"));
            if let Some(Json::Arr(items)) = items {
                return self.elements(items, list.as_ref(), depth);
            }
            return Ok(());
        }
        if is_object(&value) || value.text(&["bomFormat"]) == Some("CycloneDX") {
            return self.object(value);
        }
        if value.list(&["items"]).iter().any(is_object)
            && let Some(Json::Arr(items)) = value.as_object_mut().and_then(|object| object.remove("items"))
        {
            // A list that lost its kind on the way; its items still have theirs.
            self.list_seen(&value);
            return self.elements(items, None, depth);
        }
        let list = self.list_kind(&value);
        if list.is_some()
            && matches!(value.get("items"), Some(Json::Arr(_) | Json::Null))
            && let Some(items) = value.as_object_mut().and_then(|object| object.remove("items"))
        {
            self.list_seen(&value);
            return if let Json::Arr(items) = items {
                self.elements(items, list.as_ref(), depth)
            } else {
                Ok(())
            };
        }
        match value {
            Json::Arr(items) if list.is_some() || items.iter().any(is_object) => {
                self.elements(items, list.as_ref(), depth)
            }
            Json::Obj(members) if members.iter().any(|(_, member)| is_object(member)) => {
                let items = members.into_members().into_iter().map(|(_, member)| member).collect();
                self.elements(items, None, depth)
            }
            other => head(&other).map(|_| ()),
        }
    }

    fn elements(
        &mut self,
        items: Vec<Json<'_>>,
        list: Option<&ListKind>,
        depth: usize,
    ) -> Result<(), Refusal> {
        let mut refusals = Refusals::default();
        for item in items {
            self.element(item, list, depth + 1, &mut refusals);
        }
        self.refusals(refusals, true);
        Ok(())
    }

    fn element(
        &mut self,
        mut value: Json<'_>,
        list: Option<&ListKind>,
        depth: usize,
        refusals: &mut Refusals,
    ) {
        refusals.elements += 1;
        if let (Some(list), Some(object)) = (list, value.as_object_mut()) {
            if !object.contains("apiVersion") {
                object.insert("apiVersion", Json::str(list.api_version.clone()));
            }
            if !object.contains("kind") {
                object.insert("kind", Json::str(list.item_kind.clone()));
            }
        }
        if let Err(refusal) = self.value(value, depth) {
            refusals.add(self.line, refusal);
        }
    }

    /// Lists what was refused of a list or map: its elements one by one, or the whole where nothing was taken.
    fn refusals(&mut self, refusals: Refusals, is_list: bool) {
        let Refusals { elements, count, rows } = refusals;
        if count == elements && !is_list && count > 0 {
            let detail = format!("none of its {elements} elements is an object with apiVersion and kind");
            return self.unread(self.line, 0, reason::NOT_AN_OBJECT, detail);
        }
        let listed = rows.len() as u64;
        for (at, line, refusal) in rows {
            self.unread(line, 0, refusal.reason, format!("element {at}: {}", refusal.detail));
        }
        if count > listed {
            let detail = format!("{} more elements of this list were not read", count - listed);
            self.unread(self.line, 0, reason::AND_MORE, detail);
        }
    }

    /// Takes note of what a collector wrote about its dump. True if the document is nothing else.
    fn collector_file(&mut self, value: &Json<'_>) -> bool {
        if let Some((marker, whole)) = forms::marker(&self.path, value) {
            self.batch.markers.push(marker);
            return whole;
        }
        if let Some(errors) = forms::errors(&self.path, value) {
            self.batch.dump_errors.extend(errors);
            return true;
        }
        if let Some(kustomization) = gitops::kustomization(&self.path, value) {
            self.batch.kustomizations.push(kustomization);
            return true;
        }
        if let Some(discovery) = forms::discovery(&self.path, value) {
            self.batch.discoveries.push(discovery);
            return true;
        }
        false
    }

    /// What the elements of a list are: by its own words, or by where its file lies.
    fn list_kind(&self, wrapper: &Json<'_>) -> Option<ListKind> {
        ListKind::of(wrapper).or_else(|| {
            let (api_version, kind) = forms::list_kind(&self.path)?;
            Some(ListKind { api_version, item_kind: kind.into() })
        })
    }

    fn list_seen(&mut self, wrapper: &Json<'_>) {
        if let Some(kind) = wrapper.text(&["kind"]).filter(|kind| kind.ends_with("List") && *kind != "List") {
            self.lists.typed = true;
            self.batch.markers.extend(forms::list_marker(&self.path, kind));
        }
        self.lists.seen = true;
        let more = wrapper.text(&["metadata", "continue"]).is_some_and(|c| !c.is_empty() && c != "null");
        let rest = wrapper.at(&["metadata", "remainingItemCount"]).and_then(Json::as_int);
        self.lists.cut |= more || rest.is_some_and(|rest| rest > 0);
    }

    /// Takes one object in.
    fn object(&mut self, mut body: Json<'_>) -> Result<(), Refusal> {
        let head = if is_object(&body) { head(&body)? } else { bom(&body) };
        let file = self.kinds.scope(&head.group, &head.kind) == Some(KindScope::File);
        if let Some(expected) = self.evidence.filter(|e| (e.group, e.kind) != (&*head.group, &*head.kind)) {
            let Head { group, kind, .. } = &head;
            let detail = format!("it holds {group}/{kind}, not {}/{}", expected.group, expected.kind);
            return refuse(reason::NOT_EVIDENCE, detail);
        }
        let mut namespace = head.namespace.filter(|_| !file);
        let mut name = match head.name {
            Some(name) => name,
            None if file => self.path.to_string(),
            None => return refuse(reason::NO_NAME, format!("a {} without `metadata.name`", head.kind)),
        };
        let left_out = is_left_out(&head.group, &head.kind);
        let start = self.batch.bodies.len();
        let mut withheld = Vec::new();
        if !left_out {
            self.define(&head.group, &head.kind, &body);
            normalise(&head.group, &head.kind, &name, &mut body);
            let facts = certificates::facts(&head.group, &head.kind, &mut body);
            withheld = withhold(&head.group, &head.kind, &mut body);
            withheld.extend(page::unseen(&head.group, &head.kind, &body));
            withheld.sort();
            if let (Some(facts), Some(object)) = (facts, body.as_object_mut()) {
                object.insert(certificates::MEMBER, facts);
            }
            // Last, so that no password before a host is taken for the name of a mailbox.
            if let Some(pseudonyms) = self.pseudonyms {
                pseudonyms.body(&head.group, &head.kind, &mut body, &mut withheld);
            }
            nachweis_canon::write(&body, &mut self.batch.bodies);
        }
        if let Some(pseudonyms) = self.pseudonyms {
            name = pseudonyms.name(&head.group, &head.kind, &name).unwrap_or(name);
            namespace = namespace.map(|namespace| pseudonyms.text(&namespace).unwrap_or(namespace));
        }
        self.batch.found.push(Found {
            source: if file { Source::File } else { Source::Kubernetes },
            group: head.group,
            version: head.version,
            kind: head.kind,
            namespace,
            name,
            uid: head.uid,
            resource_version: head.resource_version,
            file: Arc::clone(&self.path),
            offset: start as u64,
            len: self.batch.bodies.len() - start,
            withheld,
            left_out,
        });
        if self.batch.bodies.len() >= BATCH_BYTES {
            (self.flush)(&mut self.batch);
        }
        Ok(())
    }

    /// Notes the resource that a CustomResourceDefinition defines.
    fn define(&mut self, group: &str, kind: &str, body: &Json<'_>) {
        if (group, kind) != ("apiextensions.k8s.io", "CustomResourceDefinition") {
            return;
        }
        let text = |path: &[&str]| body.text(path).map(str::to_string);
        let (Some(group), Some(kind), Some(plural)) =
            (text(&["spec", "group"]), text(&["spec", "names", "kind"]), text(&["spec", "names", "plural"]))
        else {
            return;
        };
        let cluster = body.text(&["spec", "scope"]) == Some("Cluster");
        let short = body.list(&["spec", "names", "shortNames"]);
        self.batch.definitions.push(Resource {
            tier: Tier::Definition,
            group,
            kind,
            plural,
            scope: if cluster { KindScope::Cluster } else { KindScope::Namespaced },
            made: false,
            short: short.iter().filter_map(|name| Some(name.as_str()?.to_string())).collect(),
        });
    }
}

/// What was refused of a list or map.
#[derive(Default)]
struct Refusals {
    elements: u64,
    count: u64,
    /// number of the element, its line, why
    rows: Vec<(u64, usize, Refusal)>,
}

impl Refusals {
    /// Notes that the element counted last was refused.
    fn add(&mut self, line: usize, refusal: Refusal) {
        self.count += 1;
        if self.rows.len() < REFUSALS_MAX {
            self.rows.push((self.elements, line, refusal));
        }
    }
}

/// What the items of a list are, where they do not say so themselves.
struct ListKind {
    api_version: String,
    item_kind: String,
}

impl ListKind {
    /// `None` for `List`, which says nothing of its items.
    fn of(wrapper: &Json<'_>) -> Option<Self> {
        let item_kind = wrapper.text(&["kind"])?.strip_suffix("List").filter(|kind| !kind.is_empty())?;
        Some(ListKind { api_version: wrapper.text(&["apiVersion"])?.into(), item_kind: item_kind.into() })
    }
}

/// True for `List` and `PodList` alike. Their metadata is that of a list: it has no name.
fn is_list_wrapper(value: &Json<'_>) -> bool {
    value.text(&["kind"]).is_some_and(|kind| kind.ends_with("List"))
        && value.text(&["apiVersion"]).is_some()
        && value.at(&["metadata", "name"]).is_none()
}

/// A CycloneDX document, which has no apiVersion of its own.
fn bom(body: &Json<'_>) -> Head {
    Head {
        group: "cyclonedx.org".into(),
        version: body.text(&["specVersion"]).unwrap_or_default().into(),
        kind: "Bom".into(),
        namespace: None,
        name: None,
        uid: None,
        resource_version: None,
    }
}
