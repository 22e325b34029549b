//! Semantic versions, as `blang/semver` reads them.

use std::cmp::Ordering;
use std::fmt;

use crate::error::Fault;

/// A part of a pre-release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    // The order of the variants is the order of precedence.
    Number(u64),
    Text(String),
}

/// A version; build metadata does not count in comparisons.
#[derive(Clone, Debug)]
pub struct Semver {
    /// major, minor, patch
    pub numbers: [u64; 3],
    pre: Vec<Part>,
    build: Vec<String>,
}

fn refused(what: &str) -> Fault {
    Fault::conversion(what.to_string())
}

fn number(text: &str) -> Result<u64, Fault> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refused("a version's number has an invalid character"));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(refused("a version's number must not have leading zeros"));
    }
    text.parse().map_err(|_| refused("a version's number is missing or too large"))
}

fn word(text: &str) -> Result<&str, Fault> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if text.is_empty() || !plain {
        return Err(refused("a part of the version is empty or has an invalid character"));
    }
    Ok(text)
}

impl Semver {
    pub(crate) fn parse(text: &str) -> Result<Semver, Fault> {
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refused("a version has three numbers: major, minor, patch"));
        };
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, build.split('.').map(word).collect::<Result<Vec<_>, _>>()?),
            None => (rest, Vec::new()),
        };
        let (patch, pre) = match rest.split_once('-') {
            Some((patch, pre)) => (patch, pre.split('.').map(part).collect::<Result<Vec<_>, _>>()?),
            None => (rest, Vec::new()),
        };
        let numbers = [number(major)?, number(minor)?, number(patch)?];
        Ok(Semver { numbers, pre, build: build.into_iter().map(String::from).collect() })
    }

    /// Reads `v1.2` and `01.2.3` too.
    pub(crate) fn parse_normalized(text: &str) -> Result<Semver, Fault> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
        if parts.len() < 3 {
            if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
                return Err(refused("a short version cannot have a pre-release or build metadata"));
            }
            parts.resize(3, "0".to_string());
        }
        Semver::parse(&parts.join("."))
    }

    pub(crate) fn order(&self, other: &Semver) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.pre.cmp(&other.pre),
        })
    }
}

fn without_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.to_string();
    }
    let trimmed = part.trim_start_matches('0');
    if trimmed.starts_with(|c: char| c.is_ascii_digit()) {
        trimmed.to_string()
    } else {
        format!("0{trimmed}")
    }
}

fn part(text: &str) -> Result<Part, Fault> {
    let text = word(text)?;
    if text.bytes().all(|b| b.is_ascii_digit()) {
        number(text).map(Part::Number)
    } else {
        Ok(Part::Text(text.into()))
    }
}

impl PartialEq for Semver {
    fn eq(&self, other: &Self) -> bool {
        self.order(other).is_eq()
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        for (at, part) in self.pre.iter().enumerate() {
            f.write_str(if at == 0 { "-" } else { "." })?;
            match part {
                Part::Number(number) => number.fmt(f)?,
                Part::Text(text) => f.write_str(text)?,
            }
        }
        for (at, part) in self.build.iter().enumerate() {
            write!(f, "{}{part}", if at == 0 { "+" } else { "." })?;
        }
        Ok(())
    }
}
