//! Goal: whatever stands in a control file, its problems are told, inside of the file, and nothing panics.
//! Method: the shipped controls with bytes dropped, doubled, exchanged and swapped; a seed gives each of them.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::Path;

use nachweis_catalog::{Schemas, lint};
use nachweis_evaluate::unbound;

/// A small generator; the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

fn change(text: &mut Vec<u8>, dice: &mut Dice) {
    const PIECES: [&[u8]; 14] = [
        b"\n",
        b"  ",
        b":",
        b"- ",
        b"'",
        b"\"",
        b"{",
        b"[",
        b"|",
        b">-",
        b"&a ",
        b"*a",
        b"\xff",
        "\u{202e}".as_bytes(),
    ];
    let at = dice.below(text.len());
    match dice.below(4) {
        0 => drop(text.remove(at)),
        1 => text[at] = text[dice.below(text.len())],
        2 => drop(text.splice(at..at, PIECES[dice.below(PIECES.len())].iter().copied())),
        _ => {
            let end = (at + dice.below(60)).min(text.len());
            let part: Vec<u8> = text[at..end].to_vec();
            let to = dice.below(text.len());
            text.splice(to..to, part);
        }
    }
}

#[test]
fn changed_controls_give_problems_inside_the_file() {
    let schemas = Schemas::embedded().unwrap();
    let controls = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/controls");
    let mut folders: Vec<_> =
        std::fs::read_dir(controls).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let (mut read, mut problems) = (0, 0);
    for seed in 0..600_u64 {
        let mut dice = Dice(seed);
        let mut text = std::fs::read(folders[dice.below(folders.len())].join("control.yaml")).unwrap();
        for _ in 0..=dice.below(6) {
            change(&mut text, &mut dice);
        }
        let faults = match lint("a/control.yaml", &text, &BTreeSet::new()) {
            Err(faults) => faults,
            Ok(mut linted) => {
                read += 1;
                for problem in unbound(&linted.control, &schemas) {
                    linted.add(&problem.field, problem.offset, problem.code, problem.message, problem.help);
                }
                linted.finish()
            }
        };
        assert!(!faults.is_empty(), "seed {seed}: the obligations do not exist, at least");
        problems += faults.len();
        let lossy = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = lossy.lines().collect();
        for fault in faults {
            assert!(fault.line <= lines.len() + 1, "seed {seed}: {fault}");
            if let Some(quote) = &fault.quote {
                assert!(fault.column <= quote.chars().count() + 2, "seed {seed}: {fault} in `{quote}`");
            }
        }
    }
    assert!(read > 200 && problems > 1_000, "{read} files read, {problems} problems");
}
