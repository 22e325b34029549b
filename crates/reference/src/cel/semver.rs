//! Versions after Semantic Versioning 2.0.0.

use std::cmp::Ordering;
use std::rc::Rc;

use super::eval::Outcome;
use super::fault::Fault;
use super::value::Value;

/// A version; what stands behind `+` does not count.
#[derive(Clone, Debug)]
pub struct Semver {
    numbers: [u64; 3],
    before: Vec<String>,
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl Semver {
    /// Reads a version. `lenient`: a leading `v`, leading zeros and missing numbers are forgiven.
    pub(crate) fn read(text: &str, lenient: bool) -> Outcome {
        Semver::parts(text, lenient).map(|v| Value::Semver(Rc::new(v))).ok_or_else(|| Fault::conversion(text))
    }

    fn parts(text: &str, lenient: bool) -> Option<Semver> {
        let text = if lenient { text.strip_prefix('v').unwrap_or(text) } else { text };
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (core, before) = text.split_once('-').map_or((text, None), |(core, rest)| (core, Some(rest)));
        let mut words: Vec<&str> = core.split('.').collect();
        if lenient && words.len() < 3 && (build.is_some() || before.is_some()) {
            return None;
        }
        while lenient && words.len() < 3 {
            words.push("0");
        }
        let mut numbers = [0; 3];
        (words.len() == 3).then_some(())?;
        for (word, number) in words.iter().zip(&mut numbers) {
            let word = if lenient && is_number(word) {
                let short = word.trim_start_matches('0');
                if short.is_empty() { "0" } else { short }
            } else {
                word
            };
            let right = is_number(word) && (word.len() == 1 || !word.starts_with('0'));
            *number = right.then(|| word.parse().ok())??;
        }
        let before: Vec<String> = before.map_or(Vec::new(), |b| b.split('.').map(str::to_string).collect());
        let good = |word: &String| {
            is_identifier(word) && !(is_number(word) && word.len() > 1 && word.starts_with('0'))
        };
        let build = build.map_or(Vec::new(), |build| build.split('.').collect());
        (before.iter().all(good) && build.iter().all(|word| is_identifier(word))).then_some(())?;
        Some(Semver { numbers, before })
    }

    /// Precedence after section 11.
    pub(crate) fn order(&self, other: &Semver) -> Ordering {
        let numbers = self.numbers.cmp(&other.numbers);
        if numbers.is_ne() {
            return numbers;
        }
        match (self.before.is_empty(), other.before.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) => {}
        }
        for (a, b) in self.before.iter().zip(&other.before) {
            let order = match (is_number(a), is_number(b)) {
                // Without leading zeros the longer number is the larger one.
                (true, true) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            };
            if order.is_ne() {
                return order;
            }
        }
        self.before.len().cmp(&other.before.len())
    }

    pub(crate) fn call(&self, name: &str, rest: &[Value]) -> Outcome {
        let number = |at: usize| Ok(Value::Int(self.numbers[at] as i64));
        match (name, rest) {
            (":major", []) => number(0),
            (":minor", []) => number(1),
            (":patch", []) => number(2),
            (":isLessThan", [Value::Semver(other)]) => Ok(Value::Bool(self.order(other).is_lt())),
            (":isGreaterThan", [Value::Semver(other)]) => Ok(Value::Bool(self.order(other).is_gt())),
            (":compareTo", [Value::Semver(other)]) => Ok(Value::Int(self.order(other) as i64)),
            _ => Err(Fault::overload(name)),
        }
    }
}
