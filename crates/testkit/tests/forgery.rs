//! Forged bundles are found, and what was forged is named (the bundle's bytes, its parts, its verdicts, its maker).
//!
//! Method: the bundle of the shipped example is changed at rest (bytes under a name that is no longer theirs), by a
//! forger who writes all addresses anew, and by one who runs our own program on other evidence or rules.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::LazyLock;

use nachweis_attest::PrivateKey;
use nachweis_canon::{Digest, canonical_bytes};
use nachweis_model::Verdict;
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_oci::{Manifest, MemoryStore, media, select};
use nachweis_snapshot::Snapshot;
use nachweis_testkit::{
    Entries, Forged, Options, Platform, Random, bundle, catalogue, example, example_overlay, key, seal, seeds,
};
use nachweis_verify::bundle::Documents;
use nachweis_verify::{Settings, State, Verification, verify};

static OVERLAY: LazyLock<Overlay> = LazyLock::new(example_overlay);

fn release() -> &'static [u8] {
    nachweis_catalog::current().bytes
}

/// Seals, assesses and signs as our own program does.
fn made(platform: &Platform, catalogue: &Catalogue, signer: Option<&PrivateKey>) -> Forged {
    let kept = seal(&platform.entries(), &Options::default()).unwrap();
    let assessment = kept.assess_with(catalogue, &OVERLAY);
    let bytes = canonical_bytes(catalogue);
    bundle(&kept.store, &kept.sealed.layers, &bytes, &OVERLAY, &assessment, signer);
    Forged::copy(&kept.store)
}

/// The example with what the ten rows read, and without what only makes it bigger.
fn small() -> Platform {
    let mut platform = Platform::new(&Entries::read(&example()));
    platform.remove_where(|o| {
        let kind = o.text(&["kind"]).unwrap_or_default();
        ["CustomResourceDefinition", "ConfigMap", "EndpointSlice", "ReplicaSet"].contains(&kind)
            || o.text(&["metadata", "name"]).is_some_and(|name| name.starts_with("system:"))
    });
    platform.recount();
    platform
}

/// A bundle signed by the right key.
static BUNDLE: LazyLock<Forged> = LazyLock::new(|| made(&small(), catalogue(), Some(&key(1))));

fn trusting() -> Settings {
    Settings { trust: vec![key(1).public()], ..Settings::default() }
}

fn check(forged: &Forged) -> Verification {
    verify(forged, &trusting())
}

#[track_caller]
fn contradicts(forged: &Forged, place: &str, what: &str) -> Verification {
    let found = check(forged);
    assert_eq!(found.exit, 5, "{what}: {found:?}");
    let named = found.problems.iter().any(|problem| problem.place.contains(place));
    assert!(named, "{what}: `{place}` is not named: {:?}", found.problems);
    found
}

fn flip(bytes: &mut [u8], at: usize, random: &mut Random) {
    bytes[at] ^= 1 << random.below(8);
}

#[test]
fn the_bundle_itself_holds() {
    let found = check(&BUNDLE);
    assert_eq!((found.exit, &found.problems[..]), (0, &[][..]));
    assert_eq!(found.bytes.state, State::Intact);
    assert_eq!(found.verdicts.state, State::Equal);
    assert_eq!(found.signer.state, State::Trusted);
    assert_eq!(found.catalogue.state, State::Known);
    let nobody = verify(&*BUNDLE, &Settings::default());
    assert_eq!((nobody.exit, nobody.signer.state), (4, State::Unknown));
}

#[test]
fn one_bit_in_any_blob() {
    for seed in seeds(2) {
        let mut random = Random::new(seed);
        for digest in BUNDLE.blobs.keys() {
            let mut forged = BUNDLE.clone();
            let bytes = forged.blobs.get_mut(digest).unwrap();
            let at = random.below(bytes.len());
            flip(bytes, at, &mut random);
            contradicts(&forged, &digest.to_string(), &format!("seed {seed}, byte {at} of {digest}"));
        }
    }
}

#[test]
fn any_byte_of_manifest_and_envelope() {
    let mut random = Random::new(seeds(1).start);
    for digest in [BUNDLE.manifest_digest(), BUNDLE.layer(media::ATTESTATION).digest] {
        let mut forged = BUNDLE.clone();
        for at in 0..forged.blobs[&digest].len() {
            let right = forged.blobs[&digest][at];
            flip(forged.blobs.get_mut(&digest).unwrap(), at, &mut random);
            contradicts(&forged, &digest.to_string(), &format!("byte {at} of {digest}"));
            forged.blobs.get_mut(&digest).unwrap()[at] = right;
        }
    }
}

#[test]
fn any_byte_of_the_index_that_selects() {
    let mut random = Random::new(seeds(1).start);
    let text = String::from_utf8(BUNDLE.index.clone()).unwrap();
    let manifest = BUNDLE.manifest_digest().to_string();
    let size = format!("\"size\":{}", BUNDLE.blobs[&BUNDLE.manifest_digest()].len());
    for part in [manifest.as_str(), &size, &format!("\"{}\"", media::MANIFEST), "\"digest\"", "\"manifests\""]
    {
        let start = text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
        for at in start..start + part.len() {
            let mut forged = BUNDLE.clone();
            flip(&mut forged.index, at, &mut random);
            let shown = String::from_utf8_lossy(&forged.index).into_owned();
            let found = check(&forged);
            assert_eq!(found.exit, 5, "byte {at}: {shown}");
            assert!(!found.problems.is_empty(), "byte {at}: {shown}");
        }
    }
}

/// What a bundle says, as far as a verifier reads it.
fn content(forged: &Forged) -> Option<(Digest, [Digest; 3], Vec<Digest>)> {
    let selected = select(forged, None).ok()?;
    let snapshot = Snapshot::open(forged, &selected.manifest).ok()?.id();
    let documents = Documents::read(forged, &selected).ok()?;
    let digests = [&documents.catalogue_bytes, &documents.overlay_bytes, &documents.assessment_bytes]
        .map(|b| Digest::of(b));
    Some((snapshot, digests, documents.envelopes.iter().map(|envelope| Digest::of(envelope)).collect()))
}

/// Where in an envelope the name of its key stands.
fn claimed_key(envelope: &[u8]) -> std::ops::Range<usize> {
    let text = std::str::from_utf8(envelope).unwrap();
    let name = key(1).public().keyid();
    let start = text.find(&name).unwrap();
    start..start + name.len()
}

/// The bytes of a zstd frame that hold an unused bit and the size of the window (RFC 8878 section 3.1.1.1).
const FRAME_HEADER: std::ops::RangeInclusive<usize> = 4..=5;

#[test]
fn one_bit_under_a_new_address() {
    let honest = content(&BUNDLE);
    for seed in seeds(6) {
        let mut random = Random::new(seed);
        for layer in BUNDLE.manifest().layers {
            let mut bytes = BUNDLE.blobs[&layer.digest].clone();
            let at = random.below(bytes.len());
            let hint = layer.media_type == media::ATTESTATION && claimed_key(&bytes).contains(&at);
            flip(&mut bytes, at, &mut random);
            let mut forged = BUNDLE.clone();
            forged.replace(&layer.digest, bytes);
            let found = check(&forged);
            let what = format!("seed {seed}, byte {at} of {} {}", layer.media_type, layer.digest);
            // The key that came along is for those who know no other; the one that is trusted was given.
            if layer.media_type == media::SIGNER_KEY {
                assert_eq!((found.exit, content(&forged) == honest), (0, true), "{what}: {found:?}");
            } else if hint && found.exit == 0 {
                // Nobody signs the name of the key, and the trusted one was found without it.
                assert_eq!(found.signer.state, State::Trusted, "{what}: {found:?}");
            } else if FRAME_HEADER.contains(&at) && layer.media_type == media::ITEMS && found.exit == 0 {
                // How much memory a frame asks for says nothing of the items that are signed.
                assert_eq!(content(&forged), honest, "{what}: {found:?}");
            } else {
                assert_eq!(found.exit, 5, "{what}: {found:?}");
                assert!(!found.problems.is_empty(), "{what}");
            }
        }
    }
}

#[test]
fn one_bit_of_a_manifest_under_a_new_address() {
    let honest = content(&BUNDLE);
    let original = BUNDLE.blobs[&BUNDLE.manifest_digest()].clone();
    let mut harmless = 0;
    for seed in seeds(150) {
        let mut random = Random::new(seed);
        let mut bytes = original.clone();
        let at = random.below(bytes.len());
        flip(&mut bytes, at, &mut random);
        let mut forged = BUNDLE.clone();
        forged.publish(bytes);
        let found = check(&forged);
        // The manifest is not signed, what it names is: a changed one is found, or says the same.
        if found.exit != 5 {
            assert_eq!(content(&forged), honest, "seed {seed}, byte {at}: {found:?}");
            harmless += 1;
        }
    }
    eprintln!("{harmless} of the changed manifests name the same evidence");
}

#[test]
fn a_layer_removed_or_swapped() {
    let items: Vec<usize> = {
        let layers = BUNDLE.manifest().layers;
        (0..layers.len()).filter(|at| layers[*at].media_type == media::ITEMS).collect()
    };
    assert!(items.len() > 5);
    let layers = BUNDLE.manifest().layers;
    for &at in &items {
        let digest = layers[at].digest.to_string();
        let mut forged = BUNDLE.clone();
        forged.blobs.remove(&layers[at].digest);
        contradicts(&forged, &digest, "removed from the disk");

        let mut forged = BUNDLE.clone();
        let mut manifest = forged.manifest();
        manifest.layers.remove(at);
        forged.publish(manifest.to_bytes());
        let found = contradicts(&forged, "", "removed from the manifest");
        assert!(
            found.problems.iter().any(|p| ["item-count", "merkle-root"].contains(&p.code.as_str())),
            "{found:?}"
        );
    }
    for pair in items.windows(2) {
        let (one, two) = (layers[pair[0]].digest, layers[pair[1]].digest);
        let mut forged = BUNDLE.clone();
        let mut manifest = forged.manifest();
        manifest.layers.swap(pair[0], pair[1]);
        forged.publish(manifest.to_bytes());
        let found = contradicts(&forged, "", "swapped in the manifest");
        assert!(found.problems.iter().any(|problem| problem.code == "item-order"), "{found:?}");

        let mut forged = BUNDLE.clone();
        let (a, b) = (forged.blobs[&one].clone(), forged.blobs[&two].clone());
        forged.blobs.insert(one, b);
        forged.blobs.insert(two, a);
        contradicts(&forged, &one.to_string(), "swapped on the disk");
        contradicts(&forged, &two.to_string(), "swapped on the disk");
    }
    for media_type in [media::SEAL, media::CATALOGUE, media::OVERLAY, media::ASSESSMENT, media::ATTESTATION] {
        let mut forged = BUNDLE.clone();
        let mut manifest: Manifest = forged.manifest();
        manifest.layers.retain(|layer| layer.media_type != media_type);
        forged.publish(manifest.to_bytes());
        let found = check(&forged);
        assert_eq!(found.exit, 5, "{media_type} removed: {found:?}");
        assert!(!found.problems.is_empty());
    }
}

/// The bundle with another assessment, signed by somebody.
fn with_assessment(assessment: &Assessment, signer: &PrivateKey) -> Forged {
    let store = MemoryStore::new();
    let manifest = BUNDLE.manifest();
    let mut snapshot = Vec::new();
    for layer in
        manifest.layers.iter().filter(|l| [media::SEAL, media::ITEMS].contains(&l.media_type.as_str()))
    {
        nachweis_oci::BlobsMut::put(&store, &layer.media_type, &BUNDLE.blobs[&layer.digest]).unwrap();
        snapshot.push(layer.clone());
    }
    bundle(&store, &snapshot, release(), &OVERLAY, assessment, Some(signer));
    Forged::copy(&store)
}

fn honest_assessment() -> Assessment {
    Documents::read(&*BUNDLE, &select(&*BUNDLE, None).unwrap()).unwrap().assessment
}

#[test]
fn a_verdict_edited_and_signed_again() {
    let mut assessment = honest_assessment();
    let finding = assessment.findings.iter_mut().find(|f| f.control == "network-policy-coverage").unwrap();
    assert_eq!(finding.verdict, Verdict::NotSatisfied);
    finding.verdict = Verdict::Satisfied;
    // Even the right key cannot make it true.
    for signer in [key(2), key(1)] {
        let forged = with_assessment(&assessment, &signer);
        let found = contradicts(&forged, "network-policy-coverage", "verdict edited");
        assert_eq!(found.verdicts.state, State::Different);
        assert_eq!(verify(&forged, &Settings::default()).exit, 5, "without --trust too");
    }
    // Any other figure is found as well.
    for edit in [
        (|a: &mut Assessment| a.totals.satisfied += 1) as fn(&mut Assessment),
        |a| a.findings.retain(|finding| finding.verdict != Verdict::NotSatisfied),
        |a| a.obligations.clear(),
        |a| a.findings[0].severity = nachweis_model::Severity::Low,
        |a| a.as_of = "2030-01-01T00:00:00Z".parse().unwrap(),
    ] {
        let mut assessment = honest_assessment();
        edit(&mut assessment);
        let found = check(&with_assessment(&assessment, &key(2)));
        assert_eq!(found.exit, 5);
        assert!(!found.problems.is_empty());
    }
}

#[test]
fn a_signature_of_another_statement() {
    // The envelope of another bundle by the right key does not speak about this one.
    let mut other = small();
    other.remove(other.find("Role", "tenant-borealis", "onboarding"));
    other.recount();
    let other = made(&other, catalogue(), Some(&key(1)));
    let envelope = other.layer(media::ATTESTATION).digest;
    let mut forged = BUNDLE.clone();
    let old = forged.layer(media::ATTESTATION).digest;
    forged.replace(&old, other.blobs[&envelope].clone());
    let found = contradicts(&forged, &envelope.to_string(), "envelope of another bundle");
    assert_eq!(found.signer.state, State::Invalid);
    assert_eq!(found.problems[0].code, "statement-mismatch");
}

#[test]
fn an_inclusion_proof_for_another_item() {
    let selected = select(&*BUNDLE, None).unwrap();
    let snapshot = Snapshot::open(&*BUNDLE, &selected.manifest).unwrap();
    let count = u32::try_from(snapshot.seal().items).unwrap();
    let mut random = Random::new(seeds(1).start);
    for _ in 0..12 {
        let (one, two) = (random.below(count as usize) as u32, random.below(count as usize) as u32);
        let (proof, other) = (snapshot.prove(one).unwrap(), snapshot.prove(two).unwrap());
        assert!(proof.check(snapshot.seal()).is_ok());
        if one == two {
            continue;
        }
        let named = other.check(snapshot.seal()).unwrap().to_string();
        for forged in [
            nachweis_snapshot::Proof { line: other.line.clone(), ..proof.clone() },
            nachweis_snapshot::Proof { index: two, ..proof.clone() },
            nachweis_snapshot::Proof { path: other.path.clone(), ..proof.clone() },
            nachweis_snapshot::Proof { path: proof.path[1..].to_vec(), ..proof.clone() },
        ] {
            let problem = forged.check(snapshot.seal()).unwrap_err();
            assert_eq!(problem.code, "inclusion-proof");
            assert!(
                [named.clone(), proof.check(snapshot.seal()).unwrap().to_string()].contains(&problem.place)
            );
        }
        assert!(snapshot.prove(count).is_err());
    }
}

#[test]
fn twelve_pods_left_out() {
    let mut platform = small();
    let honest = honest_assessment();
    let before = honest.findings.iter().find(|f| f.control == "network-policy-coverage").unwrap();
    assert_eq!((before.verdict, before.covered, before.total), (Verdict::NotSatisfied, 24, 36));
    let removed = platform.remove_where(|o| {
        let name = o.text(&["metadata", "name"]).unwrap_or_default();
        let uncovered = match o.text(&["metadata", "namespace"]) {
            Some("backoffice" | "staging" | "tenant-cygnus") => true,
            Some("tenant-borealis") => name.starts_with("webhook-relay-"),
            _ => false,
        };
        // Jobs' pods have ended and are in no population.
        o.text(&["kind"]) == Some("Pod") && uncovered && o.text(&["status", "phase"]) == Some("Running")
    });
    assert_eq!(removed, 12);
    platform.recount();
    for (signer, problem) in [(Some(key(2)), "signer-not-trusted"), (None, "signature-missing")] {
        let forged = made(&platform, catalogue(), signer.as_ref());
        let alone = verify(&forged, &Settings::default());
        assert_eq!(alone.exit, 4, "nothing in the bundle contradicts itself: {alone:?}");
        let found = check(&forged);
        assert_eq!(found.exit, 5);
        assert!(found.problems.iter().any(|p| p.code == problem), "{found:?}");
        // The verdict did get better: only the missing signature tells.
        let assessment = Documents::read(&forged, &select(&forged, None).unwrap()).unwrap().assessment;
        let row = assessment.findings.iter().find(|f| f.control == "network-policy-coverage").unwrap();
        assert_eq!((row.verdict, row.covered, row.total), (Verdict::Satisfied, 24, 24));
    }
}

#[test]
fn a_threshold_lowered() {
    let mut lowered = catalogue().clone();
    let control = lowered.controls.iter_mut().find(|c| c.id == "network-policy-coverage").unwrap();
    assert_eq!(control.threshold, "1/1");
    control.threshold = "2/3".into();
    let platform = small();
    let by_another = made(&platform, &lowered, Some(&key(2)));
    assert_eq!(check(&by_another).exit, 5);
    assert_eq!(verify(&by_another, &Settings::default()).exit, 4);
    let unsigned = made(&platform, &lowered, None);
    assert_eq!(check(&unsigned).exit, 5);
    assert_eq!(verify(&unsigned, &Settings::default()).exit, 4);

    let by_the_right_key = made(&platform, &lowered, Some(&key(1)));
    let found = check(&by_the_right_key);
    assert_eq!((found.exit, found.signer.state, found.catalogue.state), (4, State::Trusted, State::Unproven));
    let named: Vec<_> = found.problems.iter().filter(|p| p.code == "catalogue-altered").collect();
    assert_eq!(named.len(), 1, "{:?}", found.problems);
    assert!(named[0].place.contains("network-policy-coverage") && named[0].place.ends_with("/threshold"));
    assert!(named[0].message.contains("1/1") && named[0].message.contains("2/3"), "{}", named[0].message);
    let text = nachweis_verify::text(&found);
    for word in ["network-policy-coverage", "1/1", "2/3"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // Whoever knows this catalogue accepts it by its digest.
    let accepted = Settings { accept: [lowered.digest()].into(), ..trusting() };
    assert_eq!(verify(&by_the_right_key, &accepted).exit, 0);
}

#[test]
fn a_parameter_of_the_catalogue_changed_by_the_overlay() {
    let mut overlay = OVERLAY.clone();
    overlay.params.insert("restore_interval_days_max".into(), 3650.into());
    let kept = seal(&small().entries(), &Options::default()).unwrap();
    let assessment = kept.assess(&overlay);
    bundle(&kept.store, &kept.sealed.layers, release(), &overlay, &assessment, Some(&key(1)));
    let found = verify(&kept.store, &trusting());
    assert_eq!((found.exit, found.catalogue.state), (4, State::Unproven));
    let problem = found.problems.iter().find(|p| p.code == "catalogue-altered").unwrap();
    assert!(problem.place.contains("restore_interval_days_max"), "{problem:?}");
    assert_eq!(problem.message, "released: 365 · here: 3650");
    let accepted = Settings { accept: [overlay.digest()].into(), ..trusting() };
    assert_eq!(verify(&kept.store, &accepted).exit, 0);
}
