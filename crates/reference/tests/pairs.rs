//! Random expressions on real and random items: both interpreters give the same value or the same class of error.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "common/expressions.rs"]
mod expressions;

use std::collections::BTreeMap;

use expressions::{Maker, Node};
use nachweis_canon::Json;
use nachweis_hostile::expressions::{Answer, ask, differ};
use nachweis_testkit::{Entries, Platform, Random, example, json, seeds};

fn objects() -> Vec<Json<'static>> {
    let platform = Platform::new(&Entries::read(&example()));
    platform.files.iter().flat_map(|file| file.objects().cloned().collect::<Vec<_>>()).collect()
}

/// Any JSON.
fn value(random: &mut Random, depth: usize) -> Json<'static> {
    match random.below(if depth == 0 { 7 } else { 9 }) {
        0 => Json::Null,
        1 => Json::Bool(random.one_in(2)),
        2 => Json::Int(*random.pick(&[0, 1, -1, 3, 80, i64::MAX, i64::MIN])),
        3 => Json::Num(*random.pick(&[0.5, -2.25, 1e21, 9e18])),
        4 => Json::Big("18446744073709551616".into()),
        5 => Json::str(*random.pick(&[
            "",
            "a",
            "name",
            "ä€😀",
            "10m",
            "1.2.3",
            "10.0.0.1",
            "2026-01-01T00:00:00Z",
            "1h",
        ])),
        6 => Json::str(*random.pick(&["nachweis:withheld", "***HIDDEN***"])),
        7 => Json::Arr((0..random.below(4)).map(|_| value(random, depth - 1)).collect()),
        _ => {
            let keys = ["name", "image", "a", "labels", "metadata", "a.b/c"];
            let members = (0..random.below(4)).map(|_| (*random.pick(&keys), value(random, depth - 1)));
            Json::object(members.collect::<Vec<_>>())
        }
    }
}

/// Replaces some values of a document.
fn disturb(json: &mut Json<'static>, random: &mut Random) {
    if random.one_in(60) {
        *json = value(random, 3);
    }
    match json {
        Json::Arr(items) => items.iter_mut().for_each(|item| disturb(item, random)),
        Json::Obj(members) => members.iter_mut().for_each(|(_, member)| disturb(member, random)),
        _ => {}
    }
}

/// The expression and the documents of a seed.
fn pair(seed: u64, objects: &[Json<'static>]) -> (Node, [Json<'static>; 4]) {
    let mut random = Random::new(seed);
    let mut object = if random.one_in(5) { value(&mut random, 4) } else { random.pick(objects).clone() };
    if random.one_in(2) {
        disturb(&mut object, &mut random);
    }
    let params = json(r#"{"days":7,"names":["kube-system","a"],"labels":{"app":"web","name":"a"}}"#);
    let namespace = match random.one_in(4) {
        true => Json::Null,
        false => json(r#"{"metadata":{"name":"a","labels":{"team":"a","secret":"nachweis:withheld"}}}"#),
    };
    let related = json(r#"{"list":[{"name":"a","ready":true},{"name":"b","ready":false}]}"#);
    let node = Maker::new(&mut random, &object).any();
    (node, [object, params, namespace, related])
}

#[test]
fn a_hundred_thousand_pairs() {
    let objects = objects();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut wrong: BTreeMap<String, (u32, String)> = BTreeMap::new();
    let count = std::env::var("NACHWEIS_PAIRS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    for seed in seeds(count) {
        let (node, documents) = pair(seed, &objects);
        let expr = node.text();
        let Some(answers) = ask(&expr, &documents) else {
            *counts.entry("not covered").or_default() += 1;
            continue;
        };
        let what = match &answers.0 {
            Answer::Refused => "refused by the type checker",
            Answer::Error(_) => "errors",
            Answer::Value(_) => "values",
        };
        *counts.entry(what).or_default() += 1;
        if differ(&answers) {
            let class = match &answers {
                (Answer::Error(a), Answer::Error(b)) => format!("{a:?} / {b:?}"),
                (Answer::Error(a), _) => format!("{a:?} / value"),
                (_, Answer::Error(b)) => format!("value / {b:?}"),
                _ => "values".into(),
            };
            let bad = |text: &str| ask(text, &documents).is_some_and(|answers| differ(&answers));
            let seen = wrong.entry(class.clone()).or_default();
            seen.0 += 1;
            if seen.0 <= 6 {
                let small = node.shrink(&bad).text();
                let answers = ask(&small, &documents).unwrap();
                let object = String::from_utf8(documents[0].canonical()).unwrap();
                let object: String = object
                    .chars()
                    .take(if seeds(100_000).end - seeds(100_000).start == 1 { 9999 } else { 0 })
                    .collect();
                seen.1 += &format!(
                    "  seed {seed}: {small}\n    {:.300?}\n    {:.300?} {object}\n",
                    answers.0, answers.1
                );
            }
        }
    }
    println!("{counts:?}; NACHWEIS_SEED=n replays one");
    let text: Vec<String> = wrong.iter().map(|(class, (n, text))| format!("{class}: {n}\n{text}")).collect();
    assert!(
        wrong.is_empty(),
        "{counts:?}\nevaluator / reference differ; NACHWEIS_SEED=n replays one\n{}",
        text.join("")
    );
}
