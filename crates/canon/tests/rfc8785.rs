//! `nachweis-json/1` against RFC 8785: its published vectors, its table of numbers, and where the two differ.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use nachweis_canon::{Json, Limits, parse, parse_bytes};

fn canonical(text: &str) -> String {
    String::from_utf8(parse(text, &Limits::default()).unwrap().value.canonical()).unwrap()
}

/// The vectors. `None`, loudly, where the corpora are absent; a failure where `CI` is set.
fn vectors() -> Option<PathBuf> {
    let root = std::env::var_os("NACHWEIS_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    let found = root.join("conformance/rfc8785");
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none(), "the corpora are missing: {}", found.display());
    eprintln!("SKIPPED: no corpora at {}", root.display());
    None
}

/// Vectors of the RFC's authors that come out otherwise: none, since no file of theirs has an integer literal
/// beyond 2^53. The literals below show what would.
const DEVIATING: [&str; 0] = [];

#[test]
fn published_vectors() {
    let Some(folder) = vectors() else { return };
    let mut passed = 0;
    for entry in std::fs::read_dir(folder.join("input")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if DEVIATING.contains(&name) {
            continue;
        }
        let input = std::fs::read(&path).unwrap();
        let found = parse_bytes(&input, &Limits::default()).unwrap().value.canonical();
        let expected = std::fs::read(folder.join("output").join(path.file_name().unwrap())).unwrap();
        assert_eq!(String::from_utf8(found.clone()), String::from_utf8(expected), "{name}");
        let hex = std::fs::read_to_string(folder.join("outhex").join(format!("{name}.txt"))).unwrap();
        let bytes: Vec<u8> = hex.split_whitespace().map(|b| u8::from_str_radix(b, 16).unwrap()).collect();
        assert_eq!(found, bytes, "{name}");
        passed += 1;
    }
    assert_eq!(passed, 6);
}

/// Integer literals: what RFC 8785 writes, and what we write.
#[test]
fn integer_literals_keep_their_digits() {
    for (literal, rfc, ours) in [
        ("9007199254740991", "9007199254740991", "9007199254740991"),
        ("9007199254740993", "9007199254740992", "9007199254740993"),
        ("-9007199254740993", "-9007199254740992", "-9007199254740993"),
        ("9223372036854775807", "9223372036854776000", "9223372036854775807"),
        ("18446744073709551616", "18446744073709552000", "18446744073709551616"),
        ("1000000000000000000000", "1e+21", "1000000000000000000000"),
        ("-0", "0", "0"),
        ("0", "0", "0"),
    ] {
        assert_eq!(canonical(literal), ours);
        let rounded: f64 = literal.parse().unwrap();
        assert_eq!(String::from_utf8(Json::Num(rounded).canonical()).unwrap(), rfc, "{literal}");
    }
}

/// The table of appendix B.
#[test]
fn numbers_of_appendix_b() {
    for (bits, expected) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] {
        let text = String::from_utf8(Json::Num(f64::from_bits(bits)).canonical()).unwrap();
        assert_eq!(text, expected, "{bits:016x}");
    }
}

/// Where two shortest digit strings are equally close, ECMAScript takes the even one and the standard library the
/// upper one.
fn prefer_even(value: f64, digits: &mut String) {
    let exact: String =
        format!("{value:.780e}").chars().take_while(|c| *c != 'e').filter(|c| *c != '.').collect();
    let (lower, rest) = exact.split_at(digits.len());
    let tie = rest.starts_with('5') && rest[1..].chars().all(|c| c == '0');
    if tie && lower != digits && lower.ends_with(['0', '2', '4', '6', '8']) {
        *digits = lower.into();
    }
}

/// ECMAScript's Number::toString (section 6.1.6.1.20), from the shortest digits that the standard library finds.
fn ecmascript(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap();
    let mut digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    prefer_even(value.abs(), &mut digits);
    let exponent: i32 = exponent.parse().unwrap();
    let (k, n) = (digits.len() as i32, exponent + 1);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap());
    let split = |at: i32| digits.split_at(usize::try_from(at).unwrap());
    let text = if k <= n && n <= 21 {
        format!("{digits}{}", zeros(n - k))
    } else if 0 < n && n <= 21 {
        let (whole, fraction) = split(n);
        format!("{whole}.{fraction}")
    } else if -6 < n && n <= 0 {
        format!("0.{}{digits}", zeros(-n))
    } else {
        let sign = if n > 0 { '+' } else { '-' };
        let (first, rest) = split(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{first}{dot}{rest}e{sign}{}", (n - 1).abs())
    };
    if value < 0.0 { format!("-{text}") } else { text }
}

/// 100,000 numbers: random bits, random decimals, and their neighbours.
#[test]
fn floats_match_and_come_back() {
    let mut state = 20_261_124_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut checked = 0;
    while checked < 100_000 {
        let bits = next();
        let decimal = (next() % 2_000_000) as f64 / 1000.0;
        for value in [f64::from_bits(bits), decimal, f64::from_bits(decimal.to_bits() + 1)] {
            if !value.is_finite() {
                continue;
            }
            let text = String::from_utf8(Json::Num(value).canonical()).unwrap();
            assert_eq!(text, ecmascript(value), "{:016x}", value.to_bits());
            let back: f64 = text.parse().unwrap();
            assert_eq!((back + 0.0).to_bits(), (value + 0.0).to_bits(), "{text}");
            assert_eq!(canonical(&text), text, "canonical bytes are their own canonical form");
            checked += 1;
        }
    }
}

#[test]
fn what_has_no_canonical_form_is_refused() {
    for text in
        ["\"\\ud800\"", "\"\\udc00\\ud800\"", "1e999", "-1e999", "NaN", "01", "+1", "1.", ".5", "[1,]", ""]
    {
        assert!(parse(text, &Limits::default()).is_err(), "{text}");
    }
    assert!(parse_bytes(b"\"\xff\"", &Limits::default()).is_err());
    assert!(parse_bytes(b"\xef\xbb\xbf1", &Limits::default()).is_err());
}

#[test]
fn the_last_of_equal_keys_wins_and_is_reported() {
    let parsed = parse("{\"b\":1,\n\"a\":2,\n\"b\":3\n}", &Limits::default()).unwrap();
    assert_eq!(String::from_utf8(parsed.value.canonical()).unwrap(), r#"{"a":2,"b":3}"#);
    assert_eq!(parsed.duplicates.len(), 1);
    assert_eq!((parsed.duplicates[0].line, &*parsed.duplicates[0].key), (4, "b"));
    // Keys are equal after their escapes are read.
    assert_eq!(canonical(r#"{"a":1,"\u0061":2}"#), r#"{"a":2}"#);
}
