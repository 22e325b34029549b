//! Pages of a list that an API server gave.

use std::sync::Arc;

use nachweis_canon::Json;
use nachweis_yaml::Shape;

use super::{Intake, Refusals};
use crate::head::{Refusal, reason, refuse};
use crate::live::Listing;
use crate::withhold::{Mark, WITHHELD, code};

/// Members of a Secret that a list of metadata does not show. They read as withheld: an absent member would be an
/// answer.
const SECRET_MEMBERS: [&str; 3] = ["data", "immutable", "type"];

/// Where a Secret of such a list stands for what it does not show; the seal lists that as withheld.
pub(super) fn unseen(group: &str, kind: &str, body: &Json<'_>) -> Vec<Mark> {
    if (group, kind) != ("", "Secret") {
        return Vec::new();
    }
    let unseen = SECRET_MEMBERS.iter().filter(|name| body.text(&[**name]) == Some(WITHHELD));
    unseen.map(|name| Mark { pointer: format!("/{name}"), rule: code::PLACE }).collect()
}

impl Intake<'_> {
    /// Reads one page of the list that lies at `path`.
    pub(crate) fn page(&mut self, listing: &Listing, path: Arc<str>, bytes: &[u8]) {
        (self.path, self.line) = (path, 0);
        let wrapped = match nachweis_yaml::items(bytes, self.limits) {
            Some(Ok(wrapped)) if wrapped.shape == Shape::List => wrapped,
            Some(Err(unread)) => return self.yaml_unread(unread),
            // An empty list may read `"items": null`.
            _ => return self.page_without_items(bytes),
        };
        let mut refusals = Refusals::default();
        for element in wrapped.items {
            match element {
                Ok(element) => {
                    self.duplicates(element.duplicates);
                    self.listed(listing, element.value, &mut refusals);
                }
                Err(unread) => self.yaml_unread(unread),
            }
        }
        self.refusals(refusals, true);
    }

    fn page_without_items(&mut self, bytes: &[u8]) {
        let parsed = nachweis_canon::parse_bytes(bytes, &nachweis_canon::Limits::default());
        if !parsed.is_ok_and(|parsed| matches!(parsed.value.get("items"), Some(Json::Null))) {
            self.unread(0, 0, reason::NOT_AN_OBJECT, "the server's answer is no list".into());
        }
    }

    fn listed(&mut self, listing: &Listing, mut value: Json<'_>, refusals: &mut Refusals) {
        refusals.elements += 1;
        let taken = claim(listing, &mut value).and_then(|()| self.object(value));
        if let Err(refusal) = taken {
            refusals.add(0, refusal);
        }
    }
}

/// Makes the element an object of the listed kind, or says why it is none.
fn claim(listing: &Listing, value: &mut Json<'_>) -> Result<(), Refusal> {
    let Some(object) = value.as_object_mut() else {
        return refuse(reason::NOT_AN_OBJECT, "it is no map");
    };
    let expected = [("apiVersion", listing.api_version()), ("kind", listing.kind.clone())];
    if listing.metadata_only {
        if let Some((name, _)) = object.iter().find(|(n, _)| !["apiVersion", "kind", "metadata"].contains(n))
        {
            let detail = format!("the server gave `{name}`, where metadata alone was asked for");
            return refuse(reason::NOT_ASKED_FOR, detail);
        }
        object.remove("apiVersion");
        object.remove("kind");
        for member in SECRET_MEMBERS {
            object.insert(member, Json::str(WITHHELD));
        }
    }
    for (name, wanted) in expected {
        match object.get(name) {
            None | Some(Json::Null) => object.insert(name, Json::str(wanted)),
            Some(Json::Str(text)) if **text == *wanted => {}
            Some(other) => {
                let found = other.as_str().unwrap_or("no text").to_string();
                let detail = format!("a list of {wanted} holds an object whose `{name}` is {found}");
                return refuse(reason::NOT_ASKED_FOR, detail);
            }
        }
    }
    Ok(())
}
