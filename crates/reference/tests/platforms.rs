//! The shipped example with random damage and random edits: both evaluators conclude the same.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::both;
use nachweis_canon::Json;
use nachweis_model::catalogue::Catalogue;
use nachweis_testkit::{
    Entries, Options, Platform, Random, at, catalogue, example, example_overlay, seal, seeds, set, strings,
};

/// One change of an object or of a row of the index.
fn change(platform: &mut Platform, random: &mut Random, kinds: usize) {
    let places = platform.places();
    let place = *random.pick(&places);
    let pointers = strings(platform.object(place));
    let texts =
        ["", "true", "latest", "default", "Succeeded", "payments", "nachweis:withheld", "***HIDDEN***"];
    match random.below(kinds) {
        0 => platform.remove(place),
        1 if !pointers.is_empty() => {
            let pointer = random.pick(&pointers).clone();
            let text = *random.pick(&texts);
            platform.edit(place, |object| *at(object, &pointer).unwrap() = Json::str(text));
        }
        2 if !pointers.is_empty() => {
            let pointer = random.pick(&pointers).clone();
            let new =
                random.pick(&[Json::Null, Json::Int(7), Json::Bool(true), Json::Arr(Vec::new())]).clone();
            platform.edit(place, |object| *at(object, &pointer).unwrap() = new);
        }
        3 => {
            let mut other = platform.object(place).clone();
            if !pointers.is_empty() {
                let pointer = random.pick(&pointers).clone();
                *at(&mut other, &pointer).unwrap() = Json::str("another");
            }
            platform.add(&format!("other/{}.yaml", platform.files.len()), vec![other]);
        }
        4 => platform.edit(place, |object| {
            let version = object.text(&["apiVersion"]).map(|version| match version.split_once('/') {
                Some((group, _)) => format!("{group}/v9"),
                None => "v9".to_string(),
            });
            if let Some(version) = version {
                set(object, "", "apiVersion", Json::str(version));
            }
        }),
        5 => {
            let file = random.below(platform.files.len());
            platform.files.remove(file);
        }
        _ => {
            let Some(rows) = platform.rows() else { return };
            let which = random.below(rows.len());
            match random.below(3) {
                0 => drop(rows.remove(which)),
                1 => {
                    let status = *random.pick(&["partial", "denied", "error", "not-collected"]);
                    set(&mut rows[which], "", "status", Json::str(status));
                }
                _ => set(&mut rows[which], "", "scope", Json::str("payments")),
            }
        }
    }
}

#[test]
fn random_platforms() {
    let base = Platform::new(&Entries::read(&example()));
    let overlay = example_overlay();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for seed in seeds(40) {
        let mut random = Random::new(seed);
        let mut platform = base.clone();
        // Half of them are counted anew, so that what is gone was never there; then only objects change.
        let recounted = random.one_in(2);
        for _ in 0..1 + random.below(12) {
            change(&mut platform, &mut random, if recounted { 6 } else { 8 });
        }
        if recounted && seal(&platform.entries(), &Options::default()).is_ok() {
            platform.recount();
        }
        let mut varied: Catalogue = catalogue().clone();
        for control in &mut varied.controls {
            control.threshold = (*random.pick(&["1/1", "1/1", "9/10", "1/2"])).to_string();
        }
        // A run that fails has no verdict.
        let Ok(kept) = seal(&platform.entries(), &Options::default()) else { continue };
        compared += 1;
        wrong.extend(
            both(&kept, &varied, &overlay, None).into_iter().map(|line| format!("seed {seed}: {line}")),
        );
    }
    println!("{compared} platforms");
    let first: Vec<String> = wrong.iter().take(60).cloned().collect();
    assert!(wrong.is_empty(), "NACHWEIS_SEED=n replays one\n{}", first.join("\n"));
}
