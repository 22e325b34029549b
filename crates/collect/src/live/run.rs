//! A whole collection: prepare, list, tell what was not reached.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nachweis_model::Instant as Moment;
use nachweis_model::seal::{CollectionStatus, EVERYWHERE, Server};
use nachweis_snapshot::normalise::is_left_out;
use nachweis_snapshot::{Listed, Listing, LiveHead};
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::access::{Right, may_list};
use super::bearer::Bearer;
use super::client::Api;
use super::discovery::{Discovery, Served, discover};
use super::failure::Refused;
use super::list::{List, Progress};
use super::server::{cluster_uid, server};
use super::{Collected, Event, Interruption, LiveError, Settings, config};

/// How often it is looked whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Reads the server and hands every event to `sink`, on the caller's thread.
///
/// # Errors
/// If the collection could not begin: no usable configuration, no answer, no discovery.
pub fn collect(settings: &Settings, sink: &mut dyn FnMut(Event)) -> Result<Collected, LiveError> {
    let settings = Arc::new(settings.clone());
    // Few events wait: each may hold a page.
    let (sender, mut receiver) = channel(settings.concurrency.max(1));
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime
            .map_err(|error| LiveError::new("cluster-unreachable", format!("no event loop: {error}")))?;
        let out = runtime.block_on(run(settings, sender));
        // A credential plugin that hangs is not waited for.
        runtime.shutdown_background();
        out
    });
    while let Some(event) = receiver.blocking_recv() {
        sink(event);
    }
    thread
        .join()
        .unwrap_or_else(|_| Err(LiveError::new("worker-ended", "a thread ended in the middle of a list")))
}

async fn run(settings: Arc<Settings>, events: Sender<Event>) -> Result<Collected, LiveError> {
    let deadline = Instant::now() + settings.deadline;
    let prepared = tokio::select! {
        prepared = prepare(&settings, &events) => prepared?,
        interruption = interrupted(&settings, deadline) => {
            let message = format!("{interruption} before the server had said what it serves");
            return Err(LiveError::new("collection-interrupted", message));
        }
    };
    let Prepared { api, lists, server, uid, unknown_groups } = prepared;
    let interrupted = read_lists(&settings, &api, lists, &events, deadline).await;
    let (from, to) = api.clock().unwrap_or((Moment::from_unix(0), Moment::from_unix(0)));
    let version = server.version.get("gitVersion").cloned();
    Ok(Collected { head: LiveHead { uid, version, server, from, to, unknown_groups }, interrupted })
}

/// Ends when the collection has to.
async fn interrupted(settings: &Settings, deadline: Instant) -> Interruption {
    let stopped = async {
        while !settings.stop.load(Ordering::Relaxed) {
            sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = stopped => Interruption::User,
        () = sleep_until(deadline) => Interruption::Deadline(settings.deadline),
    }
}

/// Everything that is known before the first list.
struct Prepared {
    api: Arc<Api>,
    lists: Vec<Arc<Listing>>,
    server: Server,
    uid: Option<String>,
    unknown_groups: BTreeMap<String, String>,
}

async fn prepare(settings: &Arc<Settings>, events: &Sender<Event>) -> Result<Prepared, LiveError> {
    let mut config = config::config(settings).await?;
    let bearer = Bearer::take(&mut config)?;
    let address = config.cluster_url.to_string();
    // Making the client may run a credential plugin, which may wait for its user.
    let client = tokio::task::spawn_blocking(move || config::client(config)).await;
    let client =
        client.unwrap_or_else(|error| Err(LiveError::new("credentials-unusable", error.to_string())))?;
    let api = Arc::new(Api::new(client, bearer, settings));
    let located = |mut error: LiveError| {
        error.server = Some(address.clone());
        error
    };
    let discovery = discover(&api).await.map_err(|refused| located(silent(&refused)))?;
    if api.clock().is_none() {
        let message =
            "the server's answers have no date: nothing would say when the cluster looked like this";
        return Err(located(LiveError::new("cluster-unreachable", message)));
    }
    let server = server(&api).await;
    let uid = cluster_uid(&api).await;
    let Discovery { served, unknown } = discovery;
    for resource in &served {
        let _ = events.send(Event::Served(resource.resource())).await;
    }
    let lists = plan(settings, &api, served, events).await;
    Ok(Prepared { api, lists, server, uid, unknown_groups: unknown })
}

/// Why nothing is known of the server.
fn silent(refused: &Refused) -> LiveError {
    let code = match refused {
        Refused::Unauthorized(_) | Refused::Forbidden(_) => "cluster-refused",
        Refused::NoCredential(_) => "credentials-unusable",
        _ => "cluster-unreachable",
    };
    LiveError::new(code, refused.to_string())
}

/// Which lists will be read; tells the others.
async fn plan(
    settings: &Arc<Settings>,
    api: &Arc<Api>,
    served: Vec<Served>,
    events: &Sender<Event>,
) -> Vec<Arc<Listing>> {
    let (left_out, wanted): (Vec<Served>, Vec<Served>) =
        served.into_iter().partition(|served| is_left_out(&served.group, &served.kind));
    for served in left_out {
        let detail = "objects of this kind move all the time and are never kept: nobody asked for them";
        tell(events, listing(&served, EVERYWHERE), CollectionStatus::NotCollected, detail).await;
    }
    let whole: Vec<Listing> = wanted.iter().map(|served| listing(served, EVERYWHERE)).collect();
    let rights = review(settings, api, whole).await;
    let mut lists = Vec::new();
    let mut denied = Vec::new();
    for ((list, right), served) in rights.into_iter().zip(&wanted) {
        match right {
            Right::Denied => denied.push((list, served)),
            Right::Allowed | Right::Unknown => lists.push(Arc::new(list)),
        }
    }
    let keys = denied.iter().map(|(list, _)| list.resource()).collect();
    let _ = events.send(Event::Denied(keys)).await;
    let mut inner = Vec::new();
    for (list, served) in denied {
        let detail = "no right to list it in all namespaces";
        tell(events, list, CollectionStatus::Denied, detail).await;
        if served.namespaced {
            inner.extend(settings.namespaces.iter().map(|namespace| listing(served, namespace)));
        }
    }
    for (list, right) in review(settings, api, inner).await {
        match right {
            Right::Denied => {
                tell(events, list, CollectionStatus::Denied, "no right to list it in this namespace").await;
            }
            Right::Allowed | Right::Unknown => lists.push(Arc::new(list)),
        }
    }
    let _ = events.send(Event::Planned(lists.len())).await;
    lists
}

fn listing(served: &Served, scope: &str) -> Listing {
    Listing {
        group: served.group.clone(),
        version: served.version.clone(),
        kind: served.kind.clone(),
        plural: served.plural.clone(),
        scope: scope.to_string(),
        // No value of a secret may ever arrive.
        metadata_only: served.group.is_empty() && served.plural == "secrets",
    }
}

async fn tell(events: &Sender<Event>, listing: Listing, status: CollectionStatus, detail: &str) {
    let listed = Listed { listing, status, detail: Some(detail.to_string()), resource_version: None };
    let _ = events.send(Event::Listed(listed)).await;
}

/// Asks for the right to each list, several at a time; the order stays.
async fn review(settings: &Settings, api: &Arc<Api>, lists: Vec<Listing>) -> Vec<(Listing, Right)> {
    let lists = Arc::new(lists);
    let rights = Arc::new(Mutex::new(vec![Right::Unknown; lists.len()]));
    let next = Arc::new(AtomicUsize::new(0));
    let mut lanes = JoinSet::new();
    for _ in 0..settings.concurrency.max(1) {
        let (api, lists) = (Arc::clone(api), Arc::clone(&lists));
        let (rights, next) = (Arc::clone(&rights), Arc::clone(&next));
        lanes.spawn(async move {
            while let Some((at, list)) = take(&next, &lists) {
                let right = may_list(&api, &list.group, &list.plural, &list.scope).await;
                rights.lock().unwrap_or_else(PoisonError::into_inner)[at] = right;
            }
        });
    }
    while lanes.join_next().await.is_some() {}
    let rights = rights.lock().unwrap_or_else(PoisonError::into_inner).clone();
    lists.iter().cloned().zip(rights).collect()
}

fn take<'a, T>(next: &AtomicUsize, all: &'a [T]) -> Option<(usize, &'a T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    all.get(at).map(|one| (at, one))
}

/// Reads all lists, several at a time, and tells how each ended. Gives the reason if not all could be read.
async fn read_lists(
    settings: &Arc<Settings>,
    api: &Arc<Api>,
    lists: Vec<Arc<Listing>>,
    events: &Sender<Event>,
    deadline: Instant,
) -> Option<Interruption> {
    let lists = Arc::new(lists);
    let progress = Arc::new(Mutex::new(vec![Progress::default(); lists.len()]));
    let next = Arc::new(AtomicUsize::new(0));
    let mut lanes = JoinSet::new();
    for _ in 0..settings.concurrency.max(1) {
        let (api, lists, events) = (Arc::clone(api), Arc::clone(&lists), events.clone());
        let (progress, next, page) = (Arc::clone(&progress), Arc::clone(&next), settings.page.max(1));
        lanes.spawn(async move {
            while let Some((at, listing)) = take(&next, &lists) {
                let _ = events.send(Event::Begun(Arc::clone(listing))).await;
                let note = |objects: usize| {
                    progress.lock().unwrap_or_else(PoisonError::into_inner)[at].objects = objects;
                };
                let list = List { api: &api, listing, events: &events, page, progress: &note };
                let listed = list.run().await;
                if events.send(Event::Listed(listed)).await.is_ok() {
                    progress.lock().unwrap_or_else(PoisonError::into_inner)[at].done = true;
                }
            }
        });
    }
    let all = async { while lanes.join_next().await.is_some() {} };
    let interruption = tokio::select! {
        () = all => None,
        interruption = interrupted(settings, deadline) => Some(interruption),
    };
    lanes.shutdown().await;
    let progress = progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for (listing, progress) in lists.iter().zip(progress).filter(|(_, progress)| !progress.done) {
        let why = interruption.map_or("a thread ended in the middle of it".to_string(), |i| i.to_string());
        let (status, detail) = match progress.objects {
            0 => (CollectionStatus::Error, format!("not read: {why}")),
            objects => (CollectionStatus::Partial, format!("stopped after {objects} objects: {why}")),
        };
        tell(events, Listing::clone(listing), status, &detail).await;
    }
    interruption
}
