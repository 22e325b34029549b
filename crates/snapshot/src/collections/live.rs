//! The rows of a running API server.

use std::collections::BTreeMap;

use nachweis_model::seal::{CollectionBasis, CollectionStatus, EVERYWHERE};

use super::{Rows, Sources, Status, put};
use crate::resources::{KindScope, Tier};
use crate::withhold::{WITHHELD, looks_secret};

/// The lists as their collector says that they ended, and what the server does not serve.
pub(super) fn rows(sources: &Sources<'_>, rows: &mut Rows) {
    let Some(live) = sources.live else { return };
    let mut unread: BTreeMap<&str, u64> = BTreeMap::new();
    for row in sources.unread {
        *unread.entry(&row.file).or_default() += 1;
    }
    for listed in sources.listed {
        // A server's words may repeat what it was sent.
        let detail =
            listed.detail.clone().map(|text| if looks_secret(&text) { WITHHELD.into() } else { text });
        let mut status = Status { status: listed.status, detail };
        let missed = unread.get(&*listed.listing.path());
        if let (CollectionStatus::Complete, Some(count)) = (listed.status, missed) {
            status = Status::partial(format!("{count} parts of the server's answers were not read"));
        }
        let key = (listed.listing.resource(), listed.listing.scope.clone());
        put(rows, sources.tallies, key.clone(), status, CollectionBasis::Collector);
        if let Some(row) = rows.get_mut(&key) {
            row.resource_version = listed.resource_version.clone();
        }
    }
    for (group, why) in &live.unknown_groups {
        // Which kinds it has is not known, so none of them could have a row of its own.
        let key = (format!("*.{group}"), EVERYWHERE.to_string());
        put(rows, sources.tallies, key, Status::error(why.clone()), CollectionBasis::Collector);
    }
    let served = |tier| matches!(tier, Tier::Kubernetes | Tier::WellKnown);
    for known in sources.resources.iter().filter(|row| row.scope != KindScope::File && served(row.tier)) {
        let key = (known.key(), EVERYWHERE.to_string());
        if rows.contains_key(&key) {
            continue;
        }
        let found = sources.tallies.get(&key.0, EVERYWHERE).count;
        let status = match live.unknown_groups.get(&known.group) {
            Some(why) => Status::error(why.clone()),
            None if found > 0 => {
                Status::partial(format!("discovery does not list it, and {found} were found"))
            }
            None => Status { status: CollectionStatus::NotServed, detail: None },
        };
        put(rows, sources.tallies, key, status, CollectionBasis::Collector);
    }
}
