//! No input makes the language panic, overflow the stack or run without end. The seed of a failure is printed;
//! `CEL_SEED` replays it.

use crate::recorded::Corpus;
use nachweis_canon::{Json, Limits, parse};
use nachweis_cel::{Env, Value, compile};

/// A small generator with a seed (SplitMix64); the language itself has no chance.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) % sides as u64) as usize
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.roll(words.len())]
    }
}

const WORDS: &[&str] = &[
    "object",
    ".",
    "?.",
    ".?",
    "[",
    "]",
    "[?",
    "(",
    ")",
    "{",
    "}",
    ",",
    ":",
    "?",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "true",
    "false",
    "null",
    "1",
    "0",
    "-9223372036854775808",
    "1u",
    "1.5",
    "1e308",
    "'a'",
    "'%s %d'",
    "b'a'",
    "r'\\d'",
    "x",
    "y",
    "all",
    "exists",
    "exists_one",
    "map",
    "filter",
    "has",
    "size",
    "timestamp",
    "duration",
    "quantity",
    "optional",
    "of",
    "none",
    "orValue",
    "optMap",
    "format",
    "sort",
    "sortBy",
    "transformMap",
    "lists.range",
    "sets.contains",
    "matches",
    "find",
    "findAll",
    "split",
    "join",
    "replace",
    "substring",
    "string",
    "int",
    "double",
    "dyn",
    "type",
    "ip",
    "cidr",
    "url",
    "semver",
    "\u{e9}",
    "\\",
    "`a`",
    "\"",
    "'",
    "9999999999999999999",
    "e",
    "x.y",
    "//c\n",
    " ",
    "\n",
];

fn try_it(source: &str, object: &Json<'_>) {
    let env = Env::new(&["object", "params"]).with_bindings();
    if let Ok(program) = compile(source, &env) {
        let _ = program.eval(&[Value::from(object)]);
    }
}

fn seed() -> u64 {
    std::env::var("CEL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_301)
}

#[test]
fn words_in_any_order() {
    let object = parse(r#"{"a":[1,"x",null,{"b":2.5}],"x":{"y":"z"}}"#, &Limits::OURS).unwrap().value;
    let seed = seed();
    println!("CEL_SEED={seed}");
    let mut dice = Dice(seed);
    for _ in 0..30_000 {
        let words = 1 + dice.roll(14);
        let source: Vec<_> = (0..words).map(|_| dice.pick(WORDS)).collect();
        try_it(&source.join(dice.pick(&["", " "])), &object);
    }
}

/// Sources that compile, with a word or a character exchanged: most of these compile too.
#[test]
fn recorded_cases_with_a_mistake() {
    let Some(corpus) = Corpus::open() else { return };
    let object = parse(
        r#"{"i":3,"s":"text","li":[3,1,2],"m":{"x":1},"spec":{"containers":[{"name":"a"}]}}"#,
        &Limits::OURS,
    );
    let object = object.unwrap().value;
    let seed = seed();
    println!("CEL_SEED={seed}");
    let mut dice = Dice(seed);
    for line in corpus.lines() {
        let Ok(case) = parse(line, &Limits { depth: 1_000, bytes: usize::MAX }) else { continue };
        let source: Vec<char> = case.value.text(&["expr"]).unwrap_or("").chars().collect();
        if source.is_empty() || source.len() > 2_000 {
            continue;
        }
        let at = dice.roll(source.len());
        let (before, after) = source.split_at(at);
        let keep = dice.roll(3).min(after.len());
        let word = dice.pick(WORDS);
        let changed: String =
            before.iter().copied().chain(word.chars()).chain(after[keep..].iter().copied()).collect();
        try_it(&changed, &object);
    }
}

/// A thread's stack of 2 MiB, as test threads have, is enough for the deepest sources that are taken.
#[test]
fn the_deepest_sources() {
    let object = parse("{}", &Limits::OURS).unwrap().value;
    let wrap = |open: &str, inner: &str, close: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    for times in [120, 240, 249, 250, 251, 100_000 / 40] {
        for (open, inner, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{'a': ", "1", "}"),
            ("!(", "true", ")"),
            ("-(", "1", ")"),
            ("dyn(", "1", ")"),
            ("[1].map(x, ", "x", ")"),
            ("[1].all(x, ", "true", ")"),
            ("true ? 1 : (", "1", ")"),
            ("[[1]].sortBy(x, ", "1", ")"),
            ("optional.of(", "1", ")"),
            ("optional.of(1).optMap(x, ", "x", ")"),
            ("cel.bind(x, 1, ", "x", ")"),
            ("{1: 2}.transformMap(k, v, ", "v", ")"),
        ] {
            try_it(&wrap(open, inner, close, times), &object);
        }
        try_it(&format!("object{}", ".a".repeat(times)), &object);
        try_it(&format!("object{}", "[0]".repeat(times)), &object);
        try_it(&vec!["1"; times].join(" + "), &object);
        try_it(&vec!["'a'"; times].join(" + "), &object);
        try_it(&format!("'a'{}", ".trim()".repeat(times)), &object);
        try_it(&format!("[1]{}", ".map(x, [x])".repeat(times)), &object);
        try_it(&format!("[1]{} == [1]", ".map(x, [x])".repeat(times)), &object);
        try_it(&vec!["true"; times].join(" ? 1 : "), &object);
    }
    // Types of maps that double with every level.
    let doubling = (0..60).fold("x".to_string(), |inner, _| format!("cel.bind(x, {{x: x}}, {inner})"));
    try_it(&format!("cel.bind(x, dyn(1), {doubling})"), &object);
    try_it(&format!("cel.bind(x, [], {doubling})"), &object);
}

const PARTS: &[&str] = &[
    "a",
    "Z",
    "0",
    "1",
    "9",
    "00",
    "999999999999999999999",
    ".",
    "..",
    ",",
    ":",
    "::",
    "/",
    "//",
    "?",
    "#",
    "@",
    "%",
    "%4",
    "%41",
    "%zz",
    "[",
    "]",
    "[^",
    "(",
    "(?",
    "(?P<n>",
    "(?i)",
    ")",
    "{",
    "}",
    "{2}",
    "{2,",
    "{1,1000}",
    "*",
    "+",
    "|",
    "^",
    "$",
    "\\",
    "\\d",
    "\\pL",
    "\\p{Greek}",
    "\\x{1F600}",
    "\\Q",
    "\\E",
    "-",
    "_",
    "e",
    "e-3",
    "E400",
    "Ki",
    "Gi",
    "m",
    "n",
    "h",
    "s",
    "ms",
    "\u{b5}s",
    "\u{e9}",
    "\u{1F600}",
    "T",
    "Z",
    "2026-01-01",
    "T00:00:00",
    "+02:00",
    "http",
    "v",
    "+",
    "f",
    "ffff",
    "255",
    "192.168.0.1",
    " ",
    "\t",
    "=",
    "&",
    ";",
    "%s",
    "%.3f",
    "%d",
    "0x",
    "p1",
    "NaN",
    "'",
];

/// Every function that reads a text takes any text.
#[test]
fn texts_in_any_shape() {
    const CALLS: &[&str] = &[
        "'a1b2'.matches(object.t)",
        "object.t.findAll(object.t)",
        "quantity(object.t).add(quantity(object.t)).compareTo(quantity('1')) + int(quantity(object.t).asApproximateFloat())",
        "string(quantity(object.t).isInteger()) + object.t",
        "timestamp(object.t).getHours('Europe/Berlin')",
        "timestamp('2026-03-29T00:59:59Z').getHours(object.t)",
        "string(duration(object.t)) + string(double(object.t))",
        "int(object.t) + int(double(object.t))",
        "url(object.t).getQuery().size() + url(object.t).getPort().size() + url(object.t).getHostname().size()",
        "semver(object.t, true).isLessThan(semver(object.t, true))",
        "cidr(object.t).masked().containsIP(object.t) || ip(object.t).isGlobalUnicast()",
        "object.t.format([1.5, 'x', dyn(object)])",
        "object.t.split(object.t).join(object.t).replace(object.t, 'b', 2) + object.t.trim() + strings.quote(object.t)",
        "object.t.substring(1, 2) + object.t.charAt(1) + string(object.t.lastIndexOf('a', 1) + object.t.indexOf('a', 1))",
        "format.qualifiedName().validate(object.t).hasValue() || format.dns1123SubdomainPrefix().validate(object.t).hasValue()",
        "format.uuid().validate(object.t).hasValue() || format.date().validate(object.t).hasValue()",
    ];
    let env = Env::new(&["object"]);
    let programs: Vec<_> =
        CALLS.iter().map(|call| compile(call, &env).unwrap_or_else(|e| panic!("{call}: {e:?}"))).collect();
    let seed = seed();
    println!("CEL_SEED={seed}");
    let mut dice = Dice(seed);
    for _ in 0..6_000 {
        let count = dice.roll(7);
        let text: String = (0..count).map(|_| dice.pick(PARTS)).collect();
        let object = Json::object([("t", Json::str(text))]);
        for program in &programs {
            if let Ok(value) = program.eval(&[Value::from(&object)]) {
                let _ = value.to_string();
            }
        }
    }
}
