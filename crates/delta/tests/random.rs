//! Pairs of changed platforms: the numbers are those of an obvious comparison, parts sum up, the way back mirrors.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::BTreeMap;

use common::{Held, diff, mirrors, platform};
use nachweis_canon::Json;
use nachweis_delta::{Delta, Fate};
use nachweis_testkit::{Platform, Random, at, seeds, strings};

/// Removes some objects, and rewrites some strings of others.
fn disturb(platform: &mut Platform, random: &mut Random) {
    for _ in 0..random.below(12) {
        let places = platform.places();
        let place = *random.pick(&places);
        if random.one_in(3) {
            platform.remove(place);
            continue;
        }
        let pointers = strings(platform.object(place));
        let Some(pointer) = (!pointers.is_empty()).then(|| random.pick(&pointers).clone()) else { continue };
        let text = ["PERMISSIVE", "x:latest", "*", "true", ""][random.below(5)];
        platform.edit(place, |object| *at(object, &pointer).unwrap() = Json::str(text));
    }
    platform.recount();
}

/// Every line by the id of its item.
fn lines(held: &Held) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    held.kept
        .open()
        .read::<()>(&|_, _| true, &mut |item| {
            out.insert(item.id.to_string(), item.line.to_vec());
            Ok(())
        })
        .unwrap();
    out
}

fn same_as_obvious(delta: &Delta, old: &Held, new: &Held, seed: u64) {
    let (before, after) = (lines(old), lines(new));
    let mut expected: BTreeMap<String, &str> = BTreeMap::new();
    for (id, line) in &before {
        match after.get(id) {
            None => drop(expected.insert(id.clone(), "vanished")),
            Some(other) if other != line => drop(expected.insert(id.clone(), "changed")),
            Some(_) => {}
        }
    }
    expected.extend(after.keys().filter(|id| !before.contains_key(*id)).map(|id| (id.clone(), "appeared")));
    let word = |fate: Fate| match fate {
        Fate::Added | Fate::NewlySeen => "appeared",
        Fate::Removed | Fate::NotSeen => "vanished",
        Fate::Changed => "changed",
    };
    let found: BTreeMap<String, &str> =
        delta.objects.items.iter().map(|object| (object.id.to_string(), word(object.fate))).collect();
    assert_eq!(found, expected, "seed {seed}");
    for object in delta.objects.items.iter().filter(|object| object.fate == Fate::Changed) {
        assert!(!object.paths.as_ref().unwrap().changes.is_empty(), "seed {seed}: {} has no path", object.id);
    }
}

#[test]
fn random_pairs() {
    let original = platform();
    for seed in seeds(24) {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let [old, new] = [0, 1].map(|_| {
            let mut changed = original.clone();
            disturb(&mut changed, &mut random);
            let mut held = Held::of(&changed);
            if random.one_in(2) {
                held.as_of = "2028-01-01T00:00:00Z".parse().unwrap();
            }
            if random.one_in(2) {
                held.overlay.params.insert("identity_provider_prefix".into(), "saml:".into());
            }
            held
        });
        same_as_obvious(&diff(&old, &new), &old, &new, seed);
        mirrors(&old, &new);
    }
}
