//! Errors that no user can provoke, provoked inside of the program: `tests/errors-inside.txt` has their messages,
//! in the form of `tests/errors.txt`, which has all others.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;

use nachweis_attest::{KeyError, PREDICATE_ASSESSMENT, Signer, Statement, Subject};
use nachweis_canon::{Digest, Json};
use nachweis_model::Instant;
use nachweis_oci::MemoryStore;
use nachweis_snapshot::{Ingest, Resources, Settings, Spool};

use crate::args::KeyAlgorithm;
use crate::fail::Failure;

const PODS: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: c, namespace: b}\n";

/// A signer behind which the hardware is gone.
struct NoHardware;

impl Signer for NoHardware {
    fn keyid(&self) -> String {
        "0".repeat(64)
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, KeyError> {
        Err(KeyError::NeedsPassword)
    }
}

/// A store for bodies that has a mistake.
struct Mistaken;

impl Spool for Mistaken {
    fn append(&mut self, _: &[u8]) -> std::io::Result<u64> {
        panic!("a thread of this test ends here on purpose")
    }

    fn read(&mut self, _: u64, _: usize, _: &mut Vec<u8>) -> std::io::Result<()> {
        Ok(())
    }
}

fn sealed(settings: Settings, spool: impl Spool + 'static) -> Failure {
    let mut ingest = Ingest::new(settings, Resources::built_in(), spool);
    ingest.entry("pods.yaml", PODS.as_bytes().to_vec());
    crate::ingest::failure(ingest.finish(&MemoryStore::default()).unwrap_err())
}

#[test]
fn what_no_user_can_provoke_has_its_message_too() {
    let settings = || Settings::new(Instant::from_unix(0), "test");
    let subject = Subject { name: "snapshot".into(), digest: Digest::of(b"") };
    let statement = Statement {
        subjects: vec![subject],
        predicate_type: PREDICATE_ASSESSMENT.into(),
        predicate: Json::object::<&str>([]),
    };
    let failures = [
        ("program-damaged", "a release that was cut", {
            Failure::damaged(nachweis_catalog::parse(b"{").err().unwrap())
        }),
        ("randomness", "a system without random bytes", {
            crate::key::new_key(KeyAlgorithm::Ed25519, |_| Err(getrandom::Error::UNSUPPORTED)).err().unwrap()
        }),
        ("sign", "a signer that refuses", crate::assess::signed(&statement, &NoHardware).unwrap_err()),
        ("too-many-items", "two items where one may be", {
            sealed(Settings { items_max: 1, ..settings() }, Vec::new())
        }),
        (
            "worker-ended",
            "a thread that panics",
            sealed(Settings { threads: 2, alone_bytes: 0, ..settings() }, Mistaken),
        ),
    ];
    let block = |(code, did, failure): &(&str, &str, Failure)| {
        assert!(failure.to_string().starts_with(&format!("error[{code}]: ")), "{code}: {failure}");
        format!("## {code}\n$ {did}\nexit {}\n{failure}\n\n", failure.exit())
    };
    let text: String = failures.iter().map(block).collect();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors-inside.txt");
    if std::env::var_os("NACHWEIS_UPDATE_GOLDEN").is_some() {
        return std::fs::write(golden, text).unwrap();
    }
    let expected = std::fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(text, expected, "NACHWEIS_UPDATE_GOLDEN=1 writes it anew");
}
