//! Takes in the files of an input, over several threads, in any order.

mod jobs;

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use nachweis_model::seal::{DuplicateKey, Origin, Unread};
use nachweis_model::{EVIDENCE_FOLDER, EvidenceKind, Instant};
use nachweis_yaml::Limits;

use self::jobs::{Files, Job, next};
use crate::forms::{self, Discovery, DumpError, Marker};
use crate::gitops::Kustomization;
use crate::intake::{Batch, Found, Intake, Lists, Means};
use crate::layout::Index;
use crate::live::{Listed, Listing, LiveHead};
use crate::pseudonyms::Pseudonyms;
use crate::resources::{Resource, Resources};
use crate::spool::Spool;

/// What the operator says of an input.
#[derive(Clone, Debug)]
pub struct Settings {
    /// name of the cluster
    pub cluster_name: Option<String>,
    /// the instant at which the content held
    pub at: Option<Instant>,
    /// the edge's clock, used only where nothing else says when
    pub now: Instant,
    /// resources that the input has completely: kinds, short names, `plural.group`, or `all`
    pub complete: Vec<String>,
    /// files or folders whose unread parts are known to be no evidence, relative to the input
    pub ignore: Vec<String>,
    /// worker threads; 0 and 1 read in the caller's thread
    pub threads: usize,
    /// bytes of files that are read and sealed before workers help: they take a tenth more CPU time in all, and of a
    /// small input they save only some hundredths of a second
    pub alone_bytes: u64,
    /// name and version of the program that seals
    pub collector: String,
    /// limits of documents
    pub limits: Limits,
    /// most items; an index has 32 bits
    pub items_max: u32,
    /// names of people are replaced before anything is stored
    pub pseudonyms: Option<Pseudonyms>,
}

impl Settings {
    /// Settings that declare nothing.
    pub fn new(now: Instant, collector: impl Into<String>) -> Self {
        Settings {
            cluster_name: None,
            at: None,
            now,
            complete: Vec::new(),
            ignore: Vec::new(),
            threads: 1,
            alone_bytes: 16 << 20,
            collector: collector.into(),
            limits: Limits::default(),
            items_max: u32::MAX,
            pseudonyms: None,
        }
    }
}

/// Everything that came out of the input so far.
pub(crate) struct Gathered {
    pub spool: Box<dyn Spool>,
    pub found: Vec<Found>,
    pub unread: Vec<Unread>,
    pub duplicates: Vec<DuplicateKey>,
    pub definitions: Vec<Resource>,
    /// what the caller says that the input is
    pub origins: Vec<Origin>,
    pub markers: Vec<Marker>,
    pub dump_errors: Vec<DumpError>,
    pub discoveries: Vec<Discovery>,
    pub kustomizations: Vec<Kustomization>,
    pub indexes: Vec<Index>,
    /// files that lie where a dump's collections lie, with what their lists said
    pub dump_files: Vec<(Arc<str>, Lists)>,
    /// files that the operator gave as evidence
    pub evidence: Vec<Arc<str>>,
    /// what is known of a running API server
    pub live: Option<LiveHead>,
    /// its lists and how they ended
    pub listed: Vec<Listed>,
    /// the attempt that counts, for lists that started over
    attempts: BTreeMap<Arc<str>, u32>,
    /// the first failure of the spool
    pub failure: Option<io::Error>,
}

impl Gathered {
    fn take(&mut self, batch: &mut Batch) {
        if !batch.bodies.is_empty() {
            match self.spool.append(&batch.bodies) {
                Ok(start) => batch.found.iter_mut().for_each(|found| found.offset += start),
                Err(error) => self.failure = Some(self.failure.take().unwrap_or(error)),
            }
            batch.bodies.clear();
        }
        self.found.append(&mut batch.found);
        self.unread.append(&mut batch.unread);
        self.duplicates.append(&mut batch.duplicates);
        self.definitions.append(&mut batch.definitions);
        self.markers.append(&mut batch.markers);
        self.dump_errors.append(&mut batch.dump_errors);
        self.discoveries.append(&mut batch.discoveries);
        self.kustomizations.append(&mut batch.kustomizations);
        self.indexes.append(&mut batch.indexes);
    }
}

impl Gathered {
    /// Takes what came out of a page, unless its list has started over since.
    fn take_page(&mut self, path: &Arc<str>, attempt: u32, batch: &mut Batch) {
        if self.attempts.get(path).copied().unwrap_or_default() == attempt {
            self.take(batch);
        } else {
            *batch = Batch::default();
        }
    }

    /// Forgets every older attempt of a list.
    fn restart(&mut self, path: Arc<str>, attempt: u32) {
        self.found.retain(|found| found.file != path);
        self.unread.retain(|unread| *unread.file != *path);
        self.duplicates.retain(|duplicate| *duplicate.file != *path);
        self.attempts.insert(path, attempt);
    }
}

struct Shared {
    resources: Resources,
    limits: Limits,
    pseudonyms: Option<Pseudonyms>,
    gathered: Mutex<Gathered>,
}

impl Shared {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        // A thread that panicked has lost its file: `Ingest::gather` tells, so the rest may be looked at.
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn means(&self) -> Means<'_> {
        Means { resources: &self.resources, limits: &self.limits, pseudonyms: self.pseudonyms.as_ref() }
    }

    fn read(&self, job: &Job) {
        match job {
            Job::Files(files) => self.files(files.iter()),
            Job::File(path, bytes) => self.files([(path.as_str(), bytes.as_slice())].into_iter()),
            Job::Evidence(path, kind, bytes) => {
                let path: Arc<str> = path.as_str().into();
                // Where it lies in a dump says nothing: the operator says what it is.
                self.take(Gathered::take, |intake| {
                    intake.file(Arc::clone(&path), bytes, Some(kind));
                });
                self.gathered().evidence.push(path);
            }
            Job::Page(listing, attempt, bytes) => {
                let path: Arc<str> = listing.path().into();
                self.take(
                    |gathered, batch| gathered.take_page(&path, *attempt, batch),
                    |intake| intake.page(listing, Arc::clone(&path), bytes),
                );
            }
        }
    }

    fn files<'f>(&self, files: impl Iterator<Item = (&'f str, &'f [u8])>) {
        let mut in_dumps = Vec::new();
        self.take(Gathered::take, |intake| {
            for (path, bytes) in files {
                let path: Arc<str> = path.into();
                let lists = intake.file(Arc::clone(&path), bytes, None);
                if forms::may_have_place(&path) {
                    in_dumps.push((path, lists));
                }
            }
        });
        self.gathered().dump_files.append(&mut in_dumps);
    }

    /// Has something read; `keep` takes what comes out of it.
    fn take(&self, keep: impl Fn(&mut Gathered, &mut Batch), read: impl FnOnce(&mut Intake<'_>)) {
        let mut flush = |batch: &mut Batch| keep(&mut self.gathered(), batch);
        let mut intake = Intake::new(&self.means(), &mut flush);
        read(&mut intake);
        intake.finish();
    }
}

/// Takes in the entries of an input, in any order; [`Ingest::finish`] seals them.
///
/// The result does not depend on the number of threads or the order of entries.
pub struct Ingest {
    pub(crate) settings: Settings,
    shared: Arc<Shared>,
    sender: Option<SyncSender<Job>>,
    /// small files that will be read together
    waiting: Files,
    /// bytes of files so far
    bytes: u64,
    workers: Vec<JoinHandle<()>>,
}

impl Ingest {
    /// Starts with nothing. Bodies wait in `spool`.
    pub fn new(settings: Settings, resources: &Resources, spool: impl Spool + 'static) -> Self {
        let gathered = Gathered {
            spool: Box::new(spool),
            found: Vec::new(),
            unread: Vec::new(),
            duplicates: Vec::new(),
            definitions: Vec::new(),
            origins: Vec::new(),
            markers: Vec::new(),
            dump_errors: Vec::new(),
            discoveries: Vec::new(),
            kustomizations: Vec::new(),
            indexes: Vec::new(),
            dump_files: Vec::new(),
            evidence: Vec::new(),
            live: None,
            listed: Vec::new(),
            attempts: BTreeMap::new(),
            failure: None,
        };
        let shared = Arc::new(Shared {
            resources: resources.clone(),
            limits: settings.limits,
            pseudonyms: settings.pseudonyms.clone(),
            gathered: Mutex::new(gathered),
        });
        let waiting = Files::default();
        Ingest { settings, shared, sender: None, waiting, bytes: 0, workers: Vec::new() }
    }

    /// Starts the workers, unless they run or there shall be none.
    fn start(&mut self) {
        if self.settings.threads < 2 || self.sender.is_some() {
            return;
        }
        // Few jobs wait: a file may be large.
        let (sender, receiver) = sync_channel::<Job>(self.settings.threads);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..self.settings.threads {
            let (shared, receiver) = (Arc::clone(&self.shared), Arc::clone(&receiver));
            self.workers.push(std::thread::spawn(move || {
                while let Some(job) = next(&receiver) {
                    shared.read(&job);
                }
            }));
        }
        self.sender = Some(sender);
    }

    /// Takes in one file; its path is relative to the input, with `/` between parts.
    pub fn entry(&mut self, path: &str, bytes: Vec<u8>) {
        self.bytes += bytes.len() as u64;
        if self.bytes >= self.settings.alone_bytes {
            self.start();
        }
        if bytes.len() >= Files::BYTES {
            return self.job(Job::File(path.to_string(), bytes));
        }
        self.waiting.add(path, &bytes);
        if self.waiting.is_full() {
            self.hand_over();
        }
    }

    /// Takes in a file of which the operator says what it is, whatever it is called: `name` is that of a
    /// [kind of evidence](nachweis_model::EVIDENCE), with more behind a `/` where there are several of it. It stands
    /// in the seal as `evidence/NAME`. False if there is no such kind.
    #[must_use]
    pub fn evidence(&mut self, name: &str, bytes: Vec<u8>) -> bool {
        let Some(kind) = EvidenceKind::of_name(name) else { return false };
        self.job(Job::Evidence(format!("{EVIDENCE_FOLDER}/{name}"), kind, bytes));
        true
    }

    /// The input is a running API server.
    pub fn live(&mut self, head: LiveHead) {
        self.shared.gathered().live = Some(head);
    }

    /// Notes a resource that a running API server serves.
    pub fn served(&mut self, resource: Resource) {
        self.shared.gathered().definitions.push(resource);
    }

    /// Takes in one page of a list. Pages of attempts other than the latest do not count.
    pub fn page(&mut self, listing: &Arc<Listing>, attempt: u32, bytes: Vec<u8>) {
        // Whoever reads answers has no time for what they hold.
        self.start();
        self.job(Job::Page(Arc::clone(listing), attempt, bytes));
    }

    /// A list starts over: nothing of its attempts before `attempt` stays.
    pub fn restart(&mut self, listing: &Listing, attempt: u32) {
        self.shared.gathered().restart(listing.path().into(), attempt);
    }

    /// A list ended, or was not begun.
    pub fn listed(&mut self, listed: Listed) {
        self.shared.gathered().listed.push(listed);
    }

    /// Gives a job to a worker, or does it.
    fn job(&self, job: Job) {
        match &self.sender {
            // Sending fails only if every worker is gone, and then joining them tells why.
            Some(sender) => drop(sender.send(job)),
            None => self.shared.read(&job),
        }
    }

    /// Has the waiting files read.
    fn hand_over(&mut self) {
        let files = std::mem::take(&mut self.waiting);
        self.job(Job::Files(files));
    }

    /// Takes note of where a part of the input came from.
    pub fn origin(&mut self, origin: Origin) {
        self.shared.gathered().origins.push(origin);
    }

    /// Takes note of a part of the input that its collector could not read.
    pub fn unread(&mut self, unread: Unread) {
        self.shared.gathered().unread.push(unread);
    }

    /// Waits for the workers and hands over what they found. `None` if one of them panicked.
    pub(crate) fn gather(mut self) -> Option<(Settings, Resources, Gathered)> {
        self.hand_over();
        drop(self.sender.take());
        let mut whole = true;
        for worker in self.workers.drain(..) {
            whole &= worker.join().is_ok();
        }
        let shared = Arc::into_inner(self.shared)?;
        let gathered = shared.gathered.into_inner().ok().filter(|_| whole)?;
        Some((self.settings, shared.resources, gathered))
    }
}
