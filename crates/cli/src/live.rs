//! `--live`: from a running API server to sealed blobs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use nachweis_collect::live::{Event, Interruption, LiveError, Settings, collect};
use nachweis_model::seal::CollectionStatus;
use nachweis_snapshot::{Ingest, Listed};

use crate::fail::Failure;
use crate::output::progress;

/// Lists that did not end well and are named on the terminal; the seal has all.
const NAMED_MAX: usize = 20;

/// How a running cluster is read.
#[derive(Args)]
#[command(next_help_heading = "Live cluster")]
pub struct LiveArgs {
    /// Read a running cluster through its API server, with GET and LIST alone
    #[arg(long)]
    pub live: bool,
    /// Kubeconfig file; by default as kubectl finds it, then the pod's service account
    #[arg(long, value_name = "FILE", requires = "live")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig
    #[arg(long, value_name = "NAME", requires = "live")]
    pub context: Option<String>,
    /// User to impersonate
    #[arg(long = "as", value_name = "USER", requires = "live")]
    pub as_user: Option<String>,
    /// Group to impersonate; may be repeated
    #[arg(long = "as-group", value_name = "GROUP", requires = "as_user")]
    pub as_groups: Vec<String>,
    /// Namespaces to list in where the right to list in all of them is missing
    #[arg(long = "namespace", value_name = "NAME", value_delimiter = ',', requires = "live")]
    pub namespaces: Vec<String>,
    /// Time for the whole collection, such as 90s, 15m or 1h
    #[arg(long, value_name = "TIME", requires = "live", default_value = "15m", value_parser = duration)]
    pub deadline: Duration,
    /// Lists at a time
    #[arg(long, value_name = "N", requires = "live", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub concurrency: u16,
    /// Requests per second
    #[arg(long, value_name = "N", requires = "live", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
    /// Seal what was read when the deadline is reached or Ctrl-C is pressed
    #[arg(long, requires = "live")]
    pub allow_partial: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("say a number and s, m or h, such as 15m".into()),
    };
    let number: u64 = digits.parse().map_err(|_| "say a number and s, m or h, such as 15m".to_string())?;
    match number.checked_mul(unit) {
        Some(seconds) if (1..=7 * 24 * 3600).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err("from 1s to 168h".into()),
    }
}

/// Reads the server and takes in what it gives.
pub fn read(args: &LiveArgs, ingest: &mut Ingest) -> Result<(), Failure> {
    let stop = watch_signals();
    let settings = Settings {
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        as_user: args.as_user.clone(),
        as_groups: args.as_groups.clone(),
        namespaces: args.namespaces.clone(),
        deadline: args.deadline,
        concurrency: usize::from(args.concurrency),
        rate: args.rate,
        stop: Arc::clone(&stop),
        ..Settings::default()
    };
    let bar = progress("asking the server what it serves");
    let mut tally = Tally::default();
    let collected = collect(&settings, &mut |event| match event {
        Event::Served(resource) => ingest.served(resource),
        Event::Denied(keys) => bar.suspend(|| denied(&keys)),
        Event::Planned(lists) => tally.planned = lists,
        Event::Begun(listing) => {
            tally.begun += 1;
            bar.set_message(format!("{} ({} of {})", listing.resource(), tally.begun, tally.planned));
        }
        Event::Page { listing, attempt, objects, bytes } => {
            bar.inc(objects as u64);
            ingest.page(&listing, attempt, bytes);
        }
        Event::Restart { listing, attempt } => ingest.restart(&listing, attempt),
        Event::Listed(listed) => {
            tally.note(&listed);
            ingest.listed(listed);
        }
    });
    bar.finish_and_clear();
    // From here on a signal ends the program.
    stop.store(true, Ordering::SeqCst);
    let collected = collected.map_err(failure)?;
    tally.tell();
    if let Some(interruption) = collected.interrupted.filter(|_| !args.allow_partial) {
        return Err(interrupted(interruption));
    }
    ingest.live(collected.head);
    Ok(())
}

/// Says before the first list what will not be seen.
fn denied(keys: &[String]) {
    if !keys.is_empty() {
        eprintln!(
            "no right to list {} everywhere: sealed as denied, and what reads them is indeterminate",
            keys.join(", ")
        );
    }
}

/// What is told on the way.
#[derive(Default)]
struct Tally {
    planned: usize,
    begun: usize,
    incomplete: Vec<String>,
}

impl Tally {
    fn note(&mut self, listed: &Listed) {
        if matches!(listed.status, CollectionStatus::Partial | CollectionStatus::Error) {
            let scope = if listed.listing.scope == "*" {
                String::new()
            } else {
                format!(" in {}", listed.listing.scope)
            };
            let detail = listed.detail.as_deref().unwrap_or_default();
            self.incomplete.push(format!("{}{scope}: {detail}", listed.listing.resource()));
        }
    }

    fn tell(&self) {
        for line in self.incomplete.iter().take(NAMED_MAX) {
            eprintln!("not complete: {line}");
        }
        if self.incomplete.len() > NAMED_MAX {
            eprintln!(
                "not complete: {} more resources, named in the seal",
                self.incomplete.len() - NAMED_MAX
            );
        }
    }
}

/// Ctrl-C and a polite end of the process stop a collection; after it, or for the second time, they end the program.
fn watch_signals() -> Arc<AtomicBool> {
    let stop = Arc::<AtomicBool>::default();
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // The order counts: the first signal sets the flag that the second one finds. Where signals cannot be
        // watched they end the program as always.
        let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop));
        let _ = signal_hook::flag::register(signal, Arc::clone(&stop));
    }
    stop
}

fn failure(error: LiveError) -> Failure {
    let help = match error.code {
        "kubeconfig-unusable" => "name a file with `--kubeconfig` and a context with `--context`",
        "credentials-unusable" => "`kubectl auth whoami` with the same kubeconfig shows what its user can do",
        "cluster-refused" => {
            "log in again, or choose another user or context; docs/operating/live.md has the roles"
        }
        "collection-interrupted" => "give more time with `--deadline`",
        _ => "`kubectl version` with the same kubeconfig tells whether the server answers",
    };
    let failure = Failure::new(error.code, error.message).note("nothing was read and nothing was sealed");
    match error.server {
        Some(server) => failure.at(server).help(help),
        None => failure.help(help),
    }
}

fn interrupted(interruption: Interruption) -> Failure {
    Failure::new("collection-interrupted", format!("{interruption} before everything was read"))
        .note("nothing was sealed: what is missing is named above")
        .help("give more time with `--deadline`, or take what there is with `--allow-partial`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        for bad in ["", "15", "m", "0s", "-1s", "1.5h", "1d", "999999h", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
