//! A running API server, read with `GET` and `LIST` alone.
//!
//! [`collect`] asks what the server serves and what the caller may list, then lists every resource once, page by
//! page, and hands the pages over as they came. How each list ended is told in words that the seal keeps. Async
//! stays in here: the caller gets events on its own thread.

mod access;
mod bearer;
mod client;
mod config;
mod discovery;
mod failure;
mod list;
mod oidc;
mod pace;
mod page;
mod proxy;
mod run;
mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use nachweis_snapshot::{Listed, Listing, LiveHead, Resource};

pub use failure::LiveError;
pub use run::collect;

/// How a server is reached and how gently it is read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// kubeconfig file; without one as kubectl looks for it, then the service account of the pod
    pub kubeconfig: Option<PathBuf>,
    /// context of the kubeconfig; its current one by default
    pub context: Option<String>,
    /// user to impersonate
    pub as_user: Option<String>,
    /// groups to impersonate
    pub as_groups: Vec<String>,
    /// namespaces in which resources are listed that may not be listed everywhere
    pub namespaces: Vec<String>,
    /// time for everything
    pub deadline: Duration,
    /// lists that run at the same time
    pub concurrency: usize,
    /// requests per second on average
    pub rate: u32,
    /// objects per page
    pub page: u32,
    /// time until a request is answered, and between two parts of an answer
    pub timeout: Duration,
    /// time for which a server that answers nothing at all is asked again
    pub patience: Duration,
    /// set by the caller when the user wants to stop
    pub stop: Arc<AtomicBool>,
}

impl Default for Settings {
    /// 4 lists at a time, 50 requests per second, pages of 500 objects (kubectl's size), 15 minutes for everything,
    /// 30 seconds for an answer, 60 seconds for a server that is away.
    fn default() -> Self {
        Settings {
            kubeconfig: None,
            context: None,
            as_user: None,
            as_groups: Vec::new(),
            namespaces: Vec::new(),
            deadline: Duration::from_secs(15 * 60),
            concurrency: 4,
            rate: 50,
            page: 500,
            timeout: Duration::from_secs(30),
            patience: Duration::from_secs(60),
            stop: Arc::default(),
        }
    }
}

/// What comes out of a collection, in this order for each list: begun, pages and restarts, listed.
#[derive(Debug)]
pub enum Event {
    /// the server serves this resource
    Served(Resource),
    /// resources that the caller may not list everywhere, told before the first list: keys, sorted
    Denied(Vec<String>),
    /// this many lists will be read
    Planned(usize),
    /// a list begins
    Begun(Arc<Listing>),
    /// one page of a list
    Page {
        /// the list
        listing: Arc<Listing>,
        /// 0, or how often the list has started over
        attempt: u32,
        /// objects in it
        objects: usize,
        /// the answer as it came
        bytes: Vec<u8>,
    },
    /// a list starts over: pages of older attempts do not count
    Restart {
        /// the list
        listing: Arc<Listing>,
        /// the new attempt
        attempt: u32,
    },
    /// a list ended, or was not begun
    Listed(Listed),
}

/// A collection that came to an end.
#[derive(Debug)]
pub struct Collected {
    /// what is known of the server
    pub head: LiveHead,
    /// why it ended before everything was read
    pub interrupted: Option<Interruption>,
}

/// Why a collection ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// the deadline
    Deadline(Duration),
    /// the user, with Ctrl-C
    User,
}

impl std::fmt::Display for Interruption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Interruption::Deadline(after) => write!(f, "the deadline of {} s was reached", after.as_secs()),
            Interruption::User => f.write_str("the collection was interrupted"),
        }
    }
}
