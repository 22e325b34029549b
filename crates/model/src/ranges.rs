use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of item indices, kept as runs: `3-14,20`. Written as a string so that 15,000 pods stay small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// The empty set.
    pub const fn new() -> Self {
        Ranges(Vec::new())
    }

    /// Adds an index; indices must come in ascending order, a repeated one is ignored.
    pub fn push(&mut self, index: u32) {
        match self.0.last_mut() {
            Some((_, last)) if index <= *last => debug_assert!(index == *last, "indices come sorted"),
            Some((_, last)) if index == *last + 1 => *last = index,
            _ => self.0.push((index, index)),
        }
    }

    /// All indices in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|&(first, last)| first..=last)
    }

    /// Number of indices.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|&(first, last)| u64::from(last - first) + 1).sum()
    }

    /// True if there is no index.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if the index is in the set.
    pub fn contains(&self, index: u32) -> bool {
        self.0
            .binary_search_by(|&(first, last)| {
                if last < index {
                    std::cmp::Ordering::Less
                } else if first > index {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok()
    }
}

impl FromIterator<u32> for Ranges {
    fn from_iter<T: IntoIterator<Item = u32>>(iter: T) -> Self {
        let mut all: Vec<u32> = iter.into_iter().collect();
        all.sort_unstable();
        let mut out = Ranges::new();
        all.into_iter().for_each(|index| out.push(index));
        out
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, &(first, last)) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            if first == last { write!(f, "{first}")? } else { write!(f, "{first}-{last}")? }
        }
        Ok(())
    }
}

impl FromStr for Ranges {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut out: Vec<(u32, u32)> = Vec::new();
        for run in text.split(',').filter(|_| !text.is_empty()) {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            let parsed = first.parse::<u32>().ok().zip(last.parse::<u32>().ok());
            let (first, last) = parsed.ok_or_else(|| format!("`{run}` is no run of indices"))?;
            if first > last || out.last().is_some_and(|&(_, before)| u64::from(first) < u64::from(before) + 2)
            {
                return Err(format!("the runs of `{text}` are not in order"));
            }
            out.push((first, last));
        }
        Ok(Ranges(out))
    }
}

impl Serialize for Ranges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ranges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined_and_read_back() {
        let set: Ranges = [20, 3, 4, 5, 5, 7].into_iter().collect();
        assert_eq!(set.to_string(), "3-5,7,20");
        assert_eq!("3-5,7,20".parse::<Ranges>(), Ok(set.clone()));
        assert_eq!(set.len(), 5);
        assert!(set.contains(4) && set.contains(20) && !set.contains(6));
        assert_eq!("".parse::<Ranges>(), Ok(Ranges::new()));
    }

    #[test]
    fn unordered_or_touching_runs_are_refused() {
        for text in ["5-3", "4,3", "1-2,3", "1,,2", "x"] {
            assert!(text.parse::<Ranges>().is_err(), "{text}");
        }
    }
}
