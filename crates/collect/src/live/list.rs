//! One list from its first page to its end.

use std::sync::Arc;

use nachweis_model::seal::CollectionStatus;
use nachweis_snapshot::{Listed, Listing};
use tokio::sync::mpsc::Sender;

use super::Event;
use super::client::Api;
use super::failure::Refused;
use super::page::head;

/// How often a list may start over because the server has forgotten the state that it shows.
const RESTARTS: u32 = 3;
/// Pages without a single object, one after the other.
const EMPTY_PAGES_MAX: u32 = 20;
/// Bytes of a page from which on the next ones are asked for with fewer objects.
const PAGE_BYTES: usize = 8 << 20;

const JSON: &str = "application/json";
/// Asks for metadata alone. There is no second choice behind it: a server that cannot do that gives nothing.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// What was handed over of a list so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    pub objects: usize,
    pub done: bool,
}

/// A list at work.
pub(super) struct List<'a> {
    pub api: &'a Api,
    pub listing: &'a Arc<Listing>,
    pub events: &'a Sender<Event>,
    /// objects per page
    pub page: u32,
    /// told after every page that was handed over
    pub progress: &'a (dyn Fn(usize) + Sync),
}

impl List<'_> {
    /// Hands over all pages and says how it ended.
    pub(super) async fn run(&self) -> Listed {
        let mut page = self.page;
        for attempt in 0..=RESTARTS {
            let ended = self.attempt(attempt, &mut page).await;
            if attempt == RESTARTS || !matches!(ended.refused, Some(Refused::Gone(_))) {
                return self.listed(ended);
            }
            let listing = Arc::clone(self.listing);
            let _ = self.events.send(Event::Restart { listing, attempt: attempt + 1 }).await;
            (self.progress)(0);
            // Fewer pages take less time, and a list that began after the last compaction outlives it.
            page = page.saturating_mul(2);
        }
        unreachable!("the last attempt returns")
    }

    async fn attempt(&self, attempt: u32, page: &mut u32) -> Ended {
        let mut ended = Ended::default();
        let mut token: Option<String> = None;
        let mut empty = 0;
        loop {
            let mut path = format!("{}?limit={page}", self.listing.path());
            if let Some(token) = &token {
                path.push_str("&continue=");
                path.push_str(&escape(token));
            }
            let accept = if self.listing.metadata_only { METADATA } else { JSON };
            let answer = match self.api.get(&path, accept).await {
                Ok(bytes) => head(&bytes, self.listing.metadata_only).map(|head| (head, bytes)),
                Err(Refused::TooLarge) if *page > 1 => {
                    *page = (*page / 4).max(1);
                    continue;
                }
                Err(refused) => Err(refused),
            };
            let (head, bytes) = match answer {
                Ok(answer) => answer,
                Err(refused) => {
                    ended.refused = Some(refused);
                    return ended;
                }
            };
            if bytes.len() > PAGE_BYTES && *page > 1 {
                let share = (*page as usize).saturating_mul(PAGE_BYTES) / bytes.len();
                *page = u32::try_from(share).unwrap_or(*page).max(1);
            }
            ended.version = ended.version.or(head.resource_version);
            ended.objects += head.objects;
            let listing = Arc::clone(self.listing);
            let event = Event::Page { listing, attempt, objects: head.objects, bytes };
            if self.events.send(event).await.is_err() {
                ended.refused = Some(Refused::Odd("nobody takes the pages any more".into()));
                return ended;
            }
            (self.progress)(ended.objects);
            empty = if head.objects == 0 { empty + 1 } else { 0 };
            match head.next {
                None => return ended,
                next if next == token || empty > EMPTY_PAGES_MAX => {
                    let text = "the server gives the same or empty pages again and again";
                    ended.refused = Some(Refused::Odd(text.into()));
                    return ended;
                }
                next => token = next,
            }
        }
    }

    fn listed(&self, ended: Ended) -> Listed {
        let listing = Listing::clone(self.listing);
        let resource_version = ended.version;
        let Some(refused) = ended.refused else {
            return Listed { listing, status: CollectionStatus::Complete, detail: None, resource_version };
        };
        let (status, detail) = stopped(ended.objects, &refused);
        Listed { listing, status, detail: Some(detail), resource_version }
    }
}

/// How one attempt ended.
#[derive(Default)]
struct Ended {
    objects: usize,
    version: Option<String>,
    /// what stopped it before the end
    refused: Option<Refused>,
}

/// Status and words for a list that stopped after so many objects.
fn stopped(objects: usize, refused: &Refused) -> (CollectionStatus, String) {
    match (objects, refused) {
        (0, Refused::Forbidden(_)) => (CollectionStatus::Denied, refused.to_string()),
        (0, _) => (CollectionStatus::Error, refused.to_string()),
        (objects, _) => (CollectionStatus::Partial, format!("stopped after {objects} objects: {refused}")),
    }
}

/// Escapes a text for a query or a form.
pub(super) fn escape(token: &str) -> String {
    let mut out = String::with_capacity(token.len());
    for byte in token.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_escaped() {
        assert_eq!(escape("aZ0-._~"), "aZ0-._~");
        assert_eq!(escape("a+b/c=&"), "a%2Bb%2Fc%3D%26");
    }

    #[test]
    fn a_list_that_stopped_is_never_complete() {
        let gone = Refused::Gone("too old".into());
        assert_eq!(stopped(0, &gone).0, CollectionStatus::Error);
        let (status, words) = stopped(500, &gone);
        assert_eq!(status, CollectionStatus::Partial);
        assert_eq!(words, "stopped after 500 objects: 410 gone: too old");
        assert_eq!(stopped(0, &Refused::Forbidden("no".into())).0, CollectionStatus::Denied);
        assert_eq!(stopped(1, &Refused::Forbidden("no".into())).0, CollectionStatus::Partial);
    }
}
