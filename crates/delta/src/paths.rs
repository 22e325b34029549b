//! Which paths of a body changed: JSON pointer, old value, new value; bounded in number and size.

use std::collections::BTreeMap;

use nachweis_canon::Json;
use nachweis_snapshot::WITHHELD;
use serde::Serialize;

/// Changes of one body that are listed at most; the others are counted.
pub const CHANGES_MAX: usize = 50;
/// Bytes of a value or pointer that are shown at most.
pub const TEXT_BYTES_MAX: usize = 300;
/// A difference that stands further behind than this is brought to the front.
const FAR_BYTES: usize = 120;
/// Bytes that are shown in front of it then.
const LEAD_BYTES: usize = 60;

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// canonical JSON, cut where it is long; empty where the value was withheld
    pub text: String,
    /// bytes that were cut at the end
    #[serde(skip_serializing_if = "is_zero")]
    pub cut: u64,
    /// bytes that were cut at the start, because both values begin with them
    #[serde(skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// the snapshot does not have the value, only a mark that it was there
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

fn is_zero(cut: &u64) -> bool {
    *cut == 0
}

impl Shown {
    /// A value, cut at [`TEXT_BYTES_MAX`].
    pub fn of(value: &Json<'_>) -> Self {
        if value.as_str() == Some(WITHHELD) {
            return Shown { text: String::new(), cut: 0, skipped: 0, withheld: true };
        }
        let (text, cut) = clip(text(value));
        Shown { text, cut, skipped: 0, withheld: false }
    }

    /// Two values that differ. Where the difference would be cut, what both begin with is cut in its place.
    fn pair(old: &Json<'_>, new: &Json<'_>) -> (Self, Self) {
        let is_mark = |value: &Json<'_>| value.as_str() == Some(WITHHELD);
        if is_mark(old) || is_mark(new) {
            return (Shown::of(old), Shown::of(new));
        }
        let (old, new) = (text(old), text(new));
        let common = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
        let mut start = if common < FAR_BYTES { 0 } else { common - LEAD_BYTES };
        while !old.is_char_boundary(start) {
            start -= 1;
        }
        let part = |whole: String| {
            let (text, cut) = clip(whole[start..].to_string());
            Shown { text, cut, skipped: start as u64, withheld: false }
        };
        (part(old), part(new))
    }
}

fn text(value: &Json<'_>) -> String {
    String::from_utf8_lossy(&value.canonical()).into_owned()
}

fn clip(mut text: String) -> (String, u64) {
    let whole = text.len();
    let mut end = whole.min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    (text, (whole - end) as u64)
}

/// One path that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathChange {
    /// JSON pointer (RFC 6901) into the new body, or into the old one where the new has nothing there
    pub pointer: String,
    /// pointer into the old body, where it is another: an element of a named list that moved
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_pointer: Option<String>,
    /// the old value; none where there was nothing
    pub old: Option<Shown>,
    /// the new value; none where there is nothing
    pub new: Option<Shown>,
}

/// The paths of one body that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PathChanges {
    /// in the order of the old body
    pub changes: Vec<PathChange>,
    /// changes that are not listed
    pub more: u64,
}

/// Compares the declarations of an item: one each, or several where they conflict. Declarations that both sides
/// have say nothing; where one is left on each side they are compared path by path.
pub fn bodies(old: &[Json<'_>], new: &[Json<'_>], max: usize) -> PathChanges {
    let only_old: Vec<&Json<'_>> = old.iter().filter(|body| !new.contains(body)).collect();
    let only_new: Vec<&Json<'_>> = new.iter().filter(|body| !old.contains(body)).collect();
    let mut walk = Walk::new(max);
    if let ([old], [new]) = (&only_old[..], &only_new[..]) {
        walk.both(old, new);
    } else {
        only_old.iter().for_each(|body| walk.found(Some(body), None));
        only_new.iter().for_each(|body| walk.found(None, Some(body)));
    }
    walk.out
}

/// Compares two values, either of which may not exist.
pub fn values(old: Option<&Json<'_>>, new: Option<&Json<'_>>, max: usize) -> PathChanges {
    let mut walk = Walk::new(max);
    match (old, new) {
        (Some(old), Some(new)) => walk.both(old, new),
        (None, None) => {}
        _ => walk.found(old, new),
    }
    walk.out
}

/// Depth is that of the bodies, which the parser bounds.
struct Walk {
    max: usize,
    old_at: String,
    new_at: String,
    out: PathChanges,
}

impl Walk {
    fn new(max: usize) -> Self {
        Walk { max, old_at: String::new(), new_at: String::new(), out: PathChanges::default() }
    }

    fn found(&mut self, old: Option<&Json<'_>>, new: Option<&Json<'_>>) {
        if self.out.changes.len() >= self.max {
            self.out.more += 1;
            return;
        }
        let here = if new.is_some() { &self.new_at } else { &self.old_at };
        let moved = old.is_some() && new.is_some() && self.old_at != self.new_at;
        let (pointer, old_pointer) = (clip(here.clone()).0, moved.then(|| clip(self.old_at.clone()).0));
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => {
                let (old, new) = Shown::pair(old, new);
                (Some(old), Some(new))
            }
            (old, new) => (old.map(Shown::of), new.map(Shown::of)),
        };
        self.out.changes.push(PathChange { pointer, old_pointer, old, new });
    }

    /// Goes one step down, where `old` and `new` are the members' names or numbers.
    fn down(&mut self, old: &str, new: &str, visit: impl FnOnce(&mut Self)) {
        let (old_len, new_len) = (self.old_at.len(), self.new_at.len());
        for (at, word) in [(&mut self.old_at, old), (&mut self.new_at, new)] {
            at.push('/');
            at.push_str(&word.replace('~', "~0").replace('/', "~1"));
        }
        visit(self);
        self.old_at.truncate(old_len);
        self.new_at.truncate(new_len);
    }

    fn both(&mut self, old: &Json<'_>, new: &Json<'_>) {
        if old == new {
            return;
        }
        match (old, new) {
            (Json::Obj(before), Json::Obj(after)) => {
                for (key, value) in before.iter() {
                    self.down(key, key, |walk| match after.get(key) {
                        Some(other) => walk.both(value, other),
                        None => walk.found(Some(value), None),
                    });
                }
                for (key, value) in after.iter().filter(|(key, _)| !before.contains(key)) {
                    self.down(key, key, |walk| walk.found(None, Some(value)));
                }
            }
            (Json::Arr(before), Json::Arr(after)) => match (names(before), names(after)) {
                (Some(by_old), Some(by_new)) => {
                    let common = |ours: &[Json<'_>], theirs: &BTreeMap<&str, usize>| -> Vec<String> {
                        let ours = ours.iter().filter_map(|item| item.text(&["name"]));
                        ours.filter(|name| theirs.contains_key(name)).map(str::to_string).collect()
                    };
                    if common(before, &by_new) == common(after, &by_old) {
                        self.named(before, after, &by_old, &by_new);
                    } else {
                        self.found(Some(old), Some(new));
                    }
                }
                _ => self.placed(before, after),
            },
            _ => self.found(Some(old), Some(new)),
        }
    }

    /// Lists whose elements have names, such as containers: an element is compared with that of its name.
    fn named(
        &mut self,
        old: &[Json<'_>],
        new: &[Json<'_>],
        by_old: &BTreeMap<&str, usize>,
        by_new: &BTreeMap<&str, usize>,
    ) {
        let name = |item: &Json<'_>| item.text(&["name"]).unwrap_or_default().to_string();
        for (at, item) in old.iter().enumerate() {
            match by_new.get(name(item).as_str()) {
                Some(&there) => {
                    self.down(&at.to_string(), &there.to_string(), |walk| walk.both(item, &new[there]));
                }
                None => self.down(&at.to_string(), &at.to_string(), |walk| walk.found(Some(item), None)),
            }
        }
        for (at, item) in new.iter().enumerate().filter(|(_, item)| !by_old.contains_key(name(item).as_str()))
        {
            self.down(&at.to_string(), &at.to_string(), |walk| walk.found(None, Some(item)));
        }
    }

    /// Other lists: what both begin and end with is left out, the rest is compared place by place.
    fn placed(&mut self, old: &[Json<'_>], new: &[Json<'_>]) {
        let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let (old, new) = (&old[start..], &new[start..]);
        let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
        let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
        for at in 0..old.len().max(new.len()) {
            let place = (start + at).to_string();
            self.down(&place, &place, |walk| match (old.get(at), new.get(at)) {
                (Some(old), Some(new)) => walk.both(old, new),
                (old, new) => walk.found(old, new),
            });
        }
    }
}

/// Places by name, where every element has one of its own.
fn names<'a>(items: &'a [Json<'_>]) -> Option<BTreeMap<&'a str, usize>> {
    let mut out = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        if out.insert(item.text(&["name"])?, at).is_some() {
            return None;
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse};

    fn changes(old: &str, new: &str) -> PathChanges {
        let read = |text: &str| parse(text, &Limits::OURS).unwrap().value.into_owned();
        let found = bodies(&[read(old)], &[read(new)], CHANGES_MAX);
        let back = bodies(&[read(new)], &[read(old)], CHANGES_MAX);
        let mut mirrored: Vec<PathChange> = back
            .changes
            .iter()
            .map(|change| PathChange {
                pointer: change.old_pointer.clone().unwrap_or(change.pointer.clone()),
                old_pointer: change.old_pointer.is_some().then(|| change.pointer.clone()),
                old: change.new.clone(),
                new: change.old.clone(),
            })
            .collect();
        let mut sorted = found.changes.clone();
        for list in [&mut mirrored, &mut sorted] {
            list.sort_by(|a, b| (&a.pointer, a.old.is_some()).cmp(&(&b.pointer, b.old.is_some())));
        }
        assert_eq!(sorted, mirrored, "{old} -> {new}");
        found
    }

    fn short(old: &str, new: &str) -> Vec<String> {
        let show = |shown: &Option<Shown>| match shown {
            None => "-".to_string(),
            Some(shown) if shown.withheld => "*".to_string(),
            Some(shown) => shown.text.clone(),
        };
        let lines = changes(old, new);
        lines.changes.iter().map(|c| format!("{} {} {}", c.pointer, show(&c.old), show(&c.new))).collect()
    }

    #[test]
    fn members_elements_and_whole_values() {
        assert_eq!(short(r#"{"a":1,"b":{"c":[1,2]}}"#, r#"{"a":1,"b":{"c":[1,3]}}"#), ["/b/c/1 2 3"]);
        assert_eq!(short(r#"{"a/b":1}"#, r#"{"m~n":1}"#), ["/a~1b 1 -", "/m~0n - 1"]);
        assert_eq!(short(r#"{"a":[1,2,3]}"#, r#"{"a":[2,3]}"#), ["/a/0 1 -"]);
        assert_eq!(short(r#"{"a":[1,2,3]}"#, r#"{"a":[1,9,2,3]}"#), ["/a/1 - 9"]);
        assert_eq!(short(r#"{"a":{}}"#, r#"{"a":[]}"#), ["/a {} []"]);
        assert!(short(r#"{"a":null}"#, r#"{"a":null}"#).is_empty());
        assert_eq!(short(r#"{"a":null}"#, "{}"), ["/a null -"]);
    }

    #[test]
    fn named_elements_are_compared_with_their_namesakes() {
        let old = r#"{"c":[{"name":"a","image":"x:1"},{"name":"b","image":"y"}]}"#;
        assert_eq!(
            short(old, r#"{"c":[{"name":"b","image":"z"}]}"#),
            [r#"/c/0 {"image":"x:1","name":"a"} -"#, r#"/c/0/image "y" "z""#]
        );
        let turned = r#"{"c":[{"name":"b","image":"y"},{"name":"a","image":"x:1"}]}"#;
        let found = changes(old, turned);
        assert_eq!(found.changes.len(), 1, "another order is a change");
        assert_eq!(found.changes[0].pointer, "/c");
    }

    #[test]
    fn withheld_values_are_never_shown() {
        let old = r#"{"data":{"p":"nachweis:withheld"}}"#;
        assert_eq!(short(old, r#"{"data":{"q":"nachweis:withheld"}}"#), ["/data/p * -", "/data/q - *"]);
        assert_eq!(short(old, r#"{"data":{"p":"1"}}"#), [r#"/data/p * "1""#]);
    }

    #[test]
    fn number_and_size_are_bounded() {
        let body = |number: u32| {
            let members: Vec<String> = (0..200).map(|at| format!(r#""k{at}":"{}""#, number + at)).collect();
            format!("{{{}}}", members.join(","))
        };
        let found = changes(&body(0), &body(1000));
        assert_eq!((found.changes.len(), found.more), (CHANGES_MAX, 200 - CHANGES_MAX as u64));
        let long = format!(r#"{{"a":"{}"}}"#, "ä".repeat(5000));
        let found = changes(&long, r#"{"a":"b"}"#);
        let old = found.changes[0].old.clone().unwrap();
        assert!(old.text.len() <= TEXT_BYTES_MAX && old.cut > 9000);
    }

    #[test]
    fn a_difference_far_behind_is_shown() {
        let long = |end: &str| format!(r#"{{"a":"{}{end}"}}"#, "ä".repeat(5000));
        let found = changes(&long("x"), &long("y"));
        let (old, new) = (found.changes[0].old.clone().unwrap(), found.changes[0].new.clone().unwrap());
        assert!(old.text.ends_with("äx\"") && new.text.ends_with("äy\""), "{old:?}");
        assert!(old.skipped > 9000 && old.skipped == new.skipped && old.cut == 0);
    }

    #[test]
    fn conflicting_declarations_are_compared_as_a_set() {
        let read = |text: &str| parse(text, &Limits::OURS).unwrap().value.into_owned();
        let found = bodies(&[read("1"), read("2")], &[read("2")], 9);
        assert_eq!((found.changes.len(), found.changes[0].new.is_none()), (1, true));
        let found = bodies(&[read("1"), read("2")], &[read("2"), read("3")], 9);
        assert_eq!(found.changes[0].old.as_ref().unwrap().text, "1");
        assert_eq!(found.changes[0].new.as_ref().unwrap().text, "3");
    }
}
