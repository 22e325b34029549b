use std::collections::{BTreeMap, BTreeSet};

use nachweis_attest::{PREDICATE_ASSESSMENT, PublicKey, SignatureState, open};
use nachweis_canon::{Digest, Limits, canonical_bytes, parse_bytes};
use nachweis_evaluate::{AssessError, Inputs, assess};
use nachweis_model::assessment::{Assessment, Finding};
use nachweis_model::catalogue::Catalogue;
use nachweis_model::seal::{IdentitySource, InstantSource, Seal};
use nachweis_model::{ItemId, SEMANTICS};
use nachweis_oci::{Blobs, Code, Selected, check as check_layout, select};
use nachweis_snapshot::{Proof, Snapshot};

use crate::alterations::{Alteration, catalogue_alterations, overlay_alterations};
use crate::answers::{Answer, Problem, State, Verification};
use crate::bundle::Documents;
use crate::statement::SUBJECTS;

/// Alterations that are named one by one; of more, only the number is told.
const NAMED_MAX: usize = 200;

/// What the verifier knows from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// keys that are trusted; an empty list trusts nobody
    pub trust: Vec<PublicKey>,
    /// digests of catalogues or overlays that are accepted
    pub accept: BTreeSet<Digest>,
    /// digest of the manifest, where the layout holds several
    pub manifest: Option<Digest>,
    /// inclusion proofs that the snapshot has to bear out, as `nachweis items BUNDLE --show ID --format json` writes them
    pub proofs: Vec<Vec<u8>>,
}

struct Run {
    settings: Settings,
    problems: Vec<Problem>,
}

/// Verifies a bundle. Never fails: what cannot be read is an answer too.
pub fn verify(store: &dyn Blobs, settings: &Settings) -> Verification {
    let mut run = Run { settings: settings.clone(), problems: Vec::new() };
    let selected = match select(store, settings.manifest.as_ref()) {
        Ok(selected) => selected,
        Err(problem) => {
            run.problems.push(Problem::new(problem.code.as_str(), &problem.place, &problem.message));
            return run.unreadable(String::new());
        }
    };
    let manifest = selected.descriptor.digest.to_string();
    run.layout(store, &selected);
    let snapshot = Snapshot::open(store, &selected.manifest).map_err(|error| {
        run.problems.push(Problem::new("snapshot-unreadable", &manifest, error.to_string()))
    });
    let documents = Documents::read(store, &selected).map_err(|error| {
        run.problems.push(Problem::new("document-unreadable", &error.place, &error.message))
    });
    match (snapshot, documents) {
        (Ok(snapshot), Ok(documents)) => run.answer(&snapshot, &documents, manifest),
        (Ok(snapshot), Err(())) => {
            let origin = origin(snapshot.seal());
            Verification { origin, ..run.unreadable(manifest) }
        }
        _ => run.unreadable(manifest),
    }
}

impl Run {
    fn problem(&mut self, code: &str, place: impl ToString, message: impl Into<String>) {
        self.problems.push(Problem::new(code, place, message));
    }

    /// Blobs against their digests. What only lies beside the evidence is reported and harmless.
    fn layout(&mut self, store: &dyn Blobs, selected: &Selected) {
        for problem in check_layout(store, selected) {
            if !matches!(problem.code, Code::BlobUnreferenced | Code::Stray) {
                self.problem(problem.code.as_str(), &problem.place, &problem.message);
            }
        }
    }

    fn unreadable(self, manifest: String) -> Verification {
        let unread = |what: &str| Answer::new(State::None, format!("{what} could not be looked at"));
        Verification {
            bytes: Answer::new(State::Altered, "the bundle is not whole; the problems name the blobs"),
            verdicts: Answer::new(State::NotRecomputed, "nothing was recomputed"),
            signer: unread("signatures"),
            catalogue: Answer::new(State::Unproven, "the catalogue could not be looked at"),
            origin: unread("the origin"),
            problems: sorted(self.problems),
            manifest,
            exit: 5,
        }
    }

    fn answer(mut self, snapshot: &Snapshot<'_>, documents: &Documents, manifest: String) -> Verification {
        for problem in snapshot.check() {
            self.problem(problem.code, &problem.place, &problem.message);
        }
        self.documents(snapshot, documents);
        self.proofs(snapshot.seal());
        let bytes = match self.problems.len() {
            0 => Answer::new(
                State::Intact,
                format!("{} items under root {}", snapshot.seal().items, snapshot.seal().root),
            ),
            several => {
                Answer::new(State::Altered, format!("{several} contradictions; the problems name them"))
            }
        };
        let verdicts = self.verdicts(snapshot, documents);
        let signer = self.signer(documents);
        let catalogue = self.catalogue(documents);
        let exit = self.exit([&bytes, &verdicts, &signer, &catalogue]);
        Verification {
            bytes,
            verdicts,
            signer,
            catalogue,
            origin: origin(snapshot.seal()),
            problems: sorted(self.problems),
            manifest,
            exit,
        }
    }

    /// Proofs that were handed over beside the bundle: each names an item that this seal holds.
    fn proofs(&mut self, seal: &Seal) {
        for (at, bytes) in std::mem::take(&mut self.settings.proofs).iter().enumerate() {
            let place = format!("proof {}", at + 1);
            let Some((claimed, proof)) = read_proof(bytes) else {
                self.problem(
                    "document-unreadable",
                    place,
                    "the file is no inclusion proof of `nachweis items`",
                );
                continue;
            };
            match proof.check(seal) {
                Ok(found) if found == claimed => {}
                Ok(found) => {
                    let message =
                        format!("the proof says that it is for {claimed}, its line is that of {found}");
                    self.problem("inclusion-proof", place, message);
                }
                Err(problem) => {
                    let message = format!("{}: {}", claimed, problem.message);
                    self.problem(problem.code, place, message);
                }
            }
        }
    }

    /// The digests that the assessment names are those of what lies beside it.
    fn documents(&mut self, snapshot: &Snapshot<'_>, documents: &Documents) {
        let assessment = &documents.assessment;
        if canonical_bytes(assessment) != documents.assessment_bytes {
            self.problem(
                "assessment-not-canonical",
                "assessment",
                "the assessment is not written canonically",
            );
        }
        let (catalogue, overlay) = (&documents.catalogue_bytes, &documents.overlay_bytes);
        for (code, name, claimed, found) in [
            ("snapshot-mismatch", "snapshot", assessment.snapshot, snapshot.id()),
            ("catalogue-mismatch", "catalogue", assessment.catalogue.digest, Digest::of(catalogue)),
            ("overlay-mismatch", "overlay", assessment.overlay, Digest::of(overlay)),
        ] {
            if claimed != found {
                let message =
                    format!("the assessment was made from {name} {claimed}, the bundle holds {found}");
                self.problem(code, name, message);
            }
        }
    }

    fn verdicts(&mut self, snapshot: &Snapshot<'_>, documents: &Documents) -> Answer {
        let claimed = &documents.assessment;
        if claimed.semantics != SEMANTICS {
            let message = format!(
                "the assessment was made with evaluation semantics {}, this release has {SEMANTICS}; \
                 verify it with a release that has {0} (`nachweis version`)",
                claimed.semantics
            );
            self.problem("semantics-unknown", "assessment", message.clone());
            return Answer::new(State::NotRecomputed, message);
        }
        let inputs = Inputs {
            evidence: snapshot,
            catalogue: &documents.catalogue,
            overlay: &documents.overlay,
            packs: &claimed.packs,
            as_of: claimed.as_of,
        };
        match assess(&inputs) {
            Ok(again) if canonical_bytes(&again) == documents.assessment_bytes => {
                let controls = again.findings.len();
                Answer::new(
                    State::Equal,
                    format!("{controls} verdicts recomputed as of {}, all equal", again.as_of),
                )
            }
            Ok(again) => {
                self.differences(claimed, &again);
                Answer::new(State::Different, "other verdicts come out; the problems name them")
            }
            Err(error) => {
                let message = match error {
                    AssessError::Plan(_) => format!("the catalogue of the bundle cannot be run: {error}"),
                    other => other.to_string(),
                };
                self.problem("not-recomputed", "assessment", message.clone());
                Answer::new(State::Different, message)
            }
        }
    }

    fn differences(&mut self, claimed: &Assessment, again: &Assessment) {
        let by_control = |assessment: &Assessment| -> BTreeMap<String, Finding> {
            assessment.findings.iter().map(|finding| (finding.control.clone(), finding.clone())).collect()
        };
        let (before, after) = (by_control(claimed), by_control(again));
        let controls: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let mut named = false;
        for control in controls {
            let (claimed, found) = (before.get(control), after.get(control));
            if claimed == found {
                continue;
            }
            named = true;
            let show = |finding: Option<&Finding>| {
                finding.map_or("no finding".to_string(), |finding| {
                    format!("{} {}/{}", finding.verdict.as_str(), finding.covered, finding.total)
                })
            };
            let message = format!("claimed {}, recomputed {}", show(claimed), show(found));
            self.problem("verdict-differs", format!("control {control}"), message);
        }
        if !named {
            self.problem("assessment-differs", "assessment", "totals, obligations or parameters differ");
        }
    }

    fn signer(&mut self, documents: &Documents) -> Answer {
        let embedded: Vec<PublicKey> =
            documents.keys.iter().filter_map(|key| PublicKey::from_pem(key).ok()).collect();
        let trusts = !self.settings.trust.is_empty();
        if documents.envelopes.is_empty() {
            if trusts {
                self.problem("signature-missing", "bundle", "nobody signed it");
            }
            return Answer::new(State::None, "nobody signed it");
        }
        let mut best = Answer::new(State::None, "nobody signed it");
        for envelope in &documents.envelopes {
            let place = Digest::of(envelope);
            let opened = match open(envelope, &self.settings.trust, &embedded) {
                Ok(opened) => opened,
                Err(error) => {
                    self.problem("envelope-unreadable", place, error.to_string());
                    return Answer::new(State::Invalid, error.to_string());
                }
            };
            if let Some(message) = speaks_of_something_else(opened.claimed(), documents) {
                self.problem("statement-mismatch", place, message.clone());
                return Answer::new(State::Invalid, message);
            }
            for signature in opened.signatures() {
                match signature.state {
                    SignatureState::Trusted => {
                        best =
                            Answer::new(State::Trusted, format!("signed by trusted key {}", signature.keyid));
                    }
                    SignatureState::Invalid => {
                        let message = format!("the signature of key {} does not hold", signature.keyid);
                        self.problem("signature-invalid", place, message.clone());
                        return Answer::new(State::Invalid, message);
                    }
                    SignatureState::Untrusted | SignatureState::UnknownKey
                        if best.state != State::Trusted =>
                    {
                        let message =
                            format!("signed by key {}, which was not given as trusted", signature.keyid);
                        best = Answer::new(State::Unknown, message);
                    }
                    _ => {}
                }
            }
        }
        if trusts && best.state != State::Trusted {
            self.problem("signer-not-trusted", "bundle", &best.detail);
        }
        best
    }

    fn accepted(&self, digest: &Digest) -> bool {
        self.settings.accept.contains(digest)
    }

    fn catalogue(&mut self, documents: &Documents) -> Answer {
        let digest = Digest::of(&documents.catalogue_bytes);
        let mut open = Vec::new();
        let released = nachweis_catalog::release(&digest.to_string());
        let mut words = match released {
            Some(release) => format!("release {}", release.version),
            None if self.accepted(&digest) => format!("accepted: {digest}"),
            None => {
                open.extend(self.altered_catalogue(&documents.catalogue));
                format!("{digest} is no release that this program carries")
            }
        };
        let overlay = Digest::of(&documents.overlay_bytes);
        let laid = overlay_alterations(&documents.catalogue, &documents.overlay);
        if laid.iter().all(|alteration| alteration.listed_only) {
            words.push_str(if laid.is_empty() {
                ", no overlay"
            } else {
                ", overlay sets only what the release leaves open"
            });
        } else if self.accepted(&overlay) {
            words.push_str(&format!(", overlay accepted: {overlay}"));
        } else {
            words.push_str(&format!(", overlay {overlay} not accepted"));
            open.extend(laid.into_iter().filter(|alteration| !alteration.listed_only));
        }
        for alteration in open.iter().take(NAMED_MAX) {
            let place = format!("{}{}", alteration.place, alteration.pointer);
            self.problem("catalogue-altered", place, alteration.sentence());
        }
        if let Some(more) = open.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
            self.problem("catalogue-altered", "more", format!("{more} further values differ"));
        }
        let known = open.is_empty() && (released.is_some() || self.accepted(&digest));
        Answer::new(if known { State::Known } else { State::Unproven }, words)
    }

    /// Differences to the release of the same version, else to the newest one.
    fn altered_catalogue(&self, found: &Catalogue) -> Vec<Alteration> {
        let release = nachweis_catalog::release(&found.version).unwrap_or_else(nachweis_catalog::current);
        match nachweis_catalog::parse(release.bytes) {
            Ok(released) => catalogue_alterations(&released, found),
            Err(_) => Vec::new(),
        }
    }

    fn exit(&self, answers: [&Answer; 4]) -> u8 {
        let [bytes, verdicts, signer, catalogue] = answers.map(|answer| answer.state);
        if bytes == State::Altered || verdicts == State::Different || signer == State::Invalid {
            return 5;
        }
        if !self.settings.trust.is_empty() && signer != State::Trusted {
            return 5;
        }
        match (verdicts, signer, catalogue) {
            (State::NotRecomputed, ..) => 1,
            (State::Equal, State::Trusted, State::Known) => 0,
            _ => 4,
        }
    }
}

/// Reads a proof with the item that it claims to be for.
fn read_proof(bytes: &[u8]) -> Option<(ItemId, Proof)> {
    let parsed = parse_bytes(bytes, &Limits::default()).ok()?;
    if !parsed.duplicates.is_empty() {
        return None;
    }
    let value = parsed.value;
    let path = value.list(&["proof"]).iter().map(|digest| digest.as_str()?.parse().ok());
    let proof = Proof {
        index: u32::try_from(value.get("index")?.as_int()?).ok()?,
        line: value.text(&["line"])?.as_bytes().to_vec(),
        path: path.collect::<Option<Vec<Digest>>>()?,
    };
    Some((value.text(&["id"])?.parse().ok()?, proof))
}

fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort();
    problems.dedup();
    problems
}

/// A statement proves something about this bundle only if it names the digests of what the bundle holds.
fn speaks_of_something_else(statement: &nachweis_attest::Statement, documents: &Documents) -> Option<String> {
    if statement.predicate_type != PREDICATE_ASSESSMENT {
        return Some(format!("the signed statement is of type `{}`", statement.predicate_type));
    }
    let found = [
        documents.assessment.snapshot,
        Digest::of(&documents.catalogue_bytes),
        Digest::of(&documents.overlay_bytes),
        Digest::of(&documents.assessment_bytes),
    ];
    SUBJECTS.iter().zip(found).find_map(|(name, found)| match statement.subject(name) {
        Some(claimed) if claimed == found => None,
        Some(claimed) => {
            Some(format!("the signed statement speaks about {name} {claimed}, the bundle holds {found}"))
        }
        None => Some(format!("the signed statement names no {name}")),
    })
}

fn origin(seal: &Seal) -> Answer {
    let cluster = &seal.cluster;
    let name = cluster.name.as_deref().unwrap_or("without a name");
    let uid = cluster.uid.as_ref().map_or(String::new(), |uid| format!(" (kube-system UID {uid})"));
    let instant = match seal.instant_source {
        InstantSource::ApiServer => "the API server's clock says",
        InstantSource::DumpMetadata => "the dump says",
        InstantSource::Declared => "the operator says",
        InstantSource::Clock => "the clock of the machine that sealed says",
    };
    let to = seal.collected_to;
    let (state, how) = match seal.identity_source {
        IdentitySource::Live => (State::Live, "collected live from cluster"),
        IdentitySource::Dump => (State::Dump, "read from a dump of cluster"),
        IdentitySource::Declared => {
            (State::Declared, "read from files that the operator declares to be cluster")
        }
    };
    let people = seal
        .pseudonyms
        .as_ref()
        .map_or(String::new(), |names| format!("; names of people are pseudonyms of the key {}", names.key));
    Answer::new(state, format!("{how} {name}{uid}; {instant} {to}{people}"))
}
