//! What stands in one snapshot and not in another, item by item and pointer by pointer.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;

use crate::pipeline::Kept;

/// Bodies by id.
pub type Bodies = BTreeMap<String, Json<'static>>;

impl Kept {
    /// The body of every item; of the first one where there is a conflict.
    pub fn bodies(&self) -> Bodies {
        let mut bodies = Bodies::new();
        self.open()
            .read::<()>(&|_, _| true, &mut |item| {
                bodies.insert(item.id.to_string(), item.bodies[0].clone().into_owned());
                Ok(())
            })
            .unwrap();
        bodies
    }
}

/// Ids of the items that one snapshot has otherwise than another.
pub fn changed(one: &Bodies, other: &Bodies) -> Vec<String> {
    let ids: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    ids.into_iter().filter(|id| one.get(*id) != other.get(*id)).cloned().collect()
}

/// The kind in an id such as `kubernetes/apps/Deployment/pay/api`.
pub fn kind(id: &str) -> &str {
    id.split('/').nth(2).unwrap()
}

/// Pointer patterns that differ between two bodies: `+` only in the second, `-` only in the first, `~` another value.
/// Elements of lists are `*`. Lists of other lengths are compared as far as both go, and count as differing.
pub fn differing(one: &Json<'_>, other: &Json<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(one, other, "", &mut found);
    found
}

fn walk(one: &Json<'_>, other: &Json<'_>, at: &str, found: &mut BTreeSet<String>) {
    match (one, other) {
        (Json::Obj(left), Json::Obj(right)) => {
            for (name, value) in left.iter() {
                let below = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match right.get(name) {
                    Some(second) => walk(value, second, &below, found),
                    None => {
                        found.insert(format!("-{below}"));
                    }
                }
            }
            for (name, _) in right.iter().filter(|(name, _)| !left.contains(name)) {
                found.insert(format!("+{at}/{}", name.replace('~', "~0").replace('/', "~1")));
            }
        }
        (Json::Arr(left), Json::Arr(right)) => {
            for (first, second) in left.iter().zip(right) {
                walk(first, second, &format!("{at}/*"), found);
            }
            if left.len() != right.len() {
                found.insert(format!("{}{at}/*", if left.len() < right.len() { '+' } else { '-' }));
            }
        }
        _ if one == other => {}
        _ => {
            found.insert(format!("~{at}"));
        }
    }
}
