//! Inputs made to hurt: no panic, no deep recursion, and work that grows with the size of the text.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use nachweis_yaml::{Limits, Reason, items, read};

/// Reads all of a text. The bound is far above what linear work takes and far below what quadratic work takes.
fn reasons(name: &str, text: &[u8]) -> Vec<Result<(), Reason>> {
    let started = Instant::now();
    let limits = Limits::default();
    let found = read(text, &limits).map(|found| found.map(drop).map_err(|unread| unread.reason)).collect();
    if let Some(Ok(wrapped)) = items(text, &limits) {
        wrapped.items.for_each(drop);
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(20), "{name}: {} bytes took {took:?}", text.len());
    found
}

#[test]
fn deep_nesting_is_refused() {
    let cases = [
        ("flow lists", "[".repeat(100_000)),
        ("flow lists, closed", "[".repeat(100_000) + &"]".repeat(100_000)),
        ("flow mappings", "{a: ".repeat(100_000)),
        ("JSON objects", "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000)),
        ("block lists", "- ".repeat(100_000)),
        ("keys", "? ".repeat(100_000)),
        ("block mappings", (0..2_000).map(|depth| " ".repeat(depth) + "a:\n").collect()),
        (
            "lists in mappings",
            (0..2_000).map(|depth| " ".repeat(depth) + "a:\n" + &" ".repeat(depth) + "- \n").collect(),
        ),
    ];
    for (name, text) in cases {
        let found = reasons(name, text.as_bytes());
        assert!(
            matches!(found[0], Err(Reason::TooDeep | Reason::Truncated | Reason::YamlSyntax)),
            "{name}: {found:?}"
        );
    }
}

#[test]
fn alias_bombs_are_refused() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(laughs, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(1000));
    let nested = (0..200).map(|level| format!("&a{level} [")).collect::<String>()
        + &"x, ".repeat(100_000)
        + &"]".repeat(200);
    let chain: String = "&a0 []\n".to_string()
        + &(1..2_000).map(|level| format!("- &a{level} [*a{}]\n", level - 1)).collect::<String>();
    for (name, text) in [
        ("laughs", laughs),
        ("long scalar", long),
        ("anchors in anchors", nested),
        ("chain", format!("- {chain}")),
    ] {
        let found = reasons(name, text.as_bytes());
        assert!(matches!(found[..], [Err(Reason::AliasBomb | Reason::TooDeep)]), "{name}: {found:?}");
    }
}

#[test]
fn work_is_linear() {
    const MANY: usize = 200_000;
    let cases = [
        ("equal keys", "a: 1\n".repeat(1_000_000)),
        ("equal JSON keys", format!("{{{}\"a\":1}}", "\"a\":1,".repeat(MANY))),
        ("equal JSON keys in many objects", format!("[{}1]", "{\"a\":1,\"a\":2},".repeat(MANY))),
        ("long flow list", format!("a: [{}]", "x, ".repeat(MANY))),
        ("possible keys on a line", format!("a: [{}]", "[x], ".repeat(MANY))),
        ("brackets without commas", "[a ".repeat(200) + &"a ".repeat(MANY)),
        ("keys without values in a bracket", format!("{{{}}}", "a: b, ".repeat(MANY))),
        ("quotes", "\"a\" ".repeat(MANY)),
        ("colons", ": ".repeat(MANY)),
        ("question marks", "{? ".repeat(100) + &"? ".repeat(MANY)),
        ("anchors", "&a ".repeat(MANY)),
        ("many anchors", (0..MANY / 4).map(|at| format!("- &a{at} x\n")).collect()),
        ("tags", "!x ".repeat(MANY)),
        ("comments", "# x\n".repeat(MANY)),
        ("separators", "---\n".repeat(MANY)),
        ("documents", "---\na: [\n".repeat(MANY / 4)),
        ("false separators", "----\n".repeat(MANY)),
        ("merges", format!("a: &a {{x: 1}}\nb:\n{}", "  <<: *a\n".repeat(MANY / 4))),
        ("empty lines", "a: |\n".to_string() + &"\n".repeat(MANY) + "  x\n"),
        ("folds", "a: x\n".to_string() + &"  x\n".repeat(MANY)),
        ("spaces", "a: x".to_string() + &" ".repeat(4 * MANY) + "y\n"),
        ("carriage returns", "a:\r\r".repeat(MANY)),
        ("wide line", "é: ".to_string() + &"é ".repeat(MANY)),
        ("list of broken JSON", format!("[{}1]", "{\"a\":1e999},".repeat(MANY / 4))),
        ("broken JSON values", "{\"a\":1e999}".repeat(MANY / 4)),
        ("a map of broken values", format!("{{{}\"z\":{{}}}}", "\"a\":{\"b\":tru},".repeat(MANY / 4))),
    ];
    for (name, text) in cases {
        reasons(name, text.as_bytes());
    }
}

#[test]
fn nothing_panics() {
    let seed = std::env::var("NACHWEIS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_124);
    println!("seed {seed}, set NACHWEIS_SEED for another");
    let mut random = Random(seed);
    const PIECES: &[&str] = &[
        "\n",
        " ",
        "  ",
        "\t",
        ": ",
        ":",
        "- ",
        "-",
        "? ",
        "?",
        "[",
        "]",
        "{",
        "}",
        ",",
        "#",
        " #",
        "&a ",
        "*a",
        "!x ",
        "!!str ",
        "!!int ",
        "!!binary ",
        "!<x>",
        "|",
        ">-\n",
        "|2\n",
        "'",
        "\"",
        "\\",
        "\\x41",
        "\\\n",
        "%",
        "%YAML 1.1\n",
        "%TAG !a! b\n",
        "@",
        "---\n",
        "...\n",
        "<<: ",
        "null",
        "yes",
        "0x1F",
        "1_0",
        ".5",
        "1e400",
        ".inf",
        "\r\n",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "é",
        "😀",
        "a",
        "b: 1",
        "{\"a\":1}",
        "\u{7f}",
        "\0",
        "{{ .Values.x }}",
        "items",
        "\"items\":[",
        "\"a\":",
    ];
    for _ in 0..60_000 {
        let length = 1 + random.below(24);
        let mut text: Vec<u8> =
            (0..length).flat_map(|_| PIECES[random.below(PIECES.len())].as_bytes().to_vec()).collect();
        if random.below(4) == 0 {
            let at = random.below(text.len());
            text[at] = random.below(256) as u8;
        }
        let limits =
            Limits { document_bytes: 1 + random.below(400), depth: 1 + random.below(8), alias_nodes: 20 };
        let lines = 1 + text.iter().filter(|&&byte| byte == b'\n').count();
        for found in read(&text, &limits) {
            let line =
                found.map_or_else(|unread| unread.line, |document| document.end_line.max(document.line));
            assert!(
                (1..=lines).contains(&line),
                "line {line} of {lines} in {:?}",
                String::from_utf8_lossy(&text)
            );
        }
        if let Some(Ok(wrapped)) = items(&text, &limits) {
            assert_eq!(wrapped.items.count(), wrapped.len, "{:?}", String::from_utf8_lossy(&text));
        }
    }
}

/// xorshift64*: enough to vary inputs, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}
