//! Walks inputs, reads every document in them, and prints counts and time:
//! `cargo run --release -p nachweis-collect --example measure -- INPUT...`

use std::ops::ControlFlow;
use std::time::Instant;

use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_yaml::{Limits, items, read};

fn main() {
    let inputs: Vec<Input> = std::env::args().skip(1).map(|text| Input::from(&*text)).collect();
    let limits = Limits::default();
    let (mut files, mut size, mut documents, mut unread) = (0, 0, 0, 0);
    let started = Instant::now();
    let walked = walk(&inputs, &ArchiveLimits::default(), &mut |event| {
        match event {
            Event::Entry { path, bytes } => {
                files += 1;
                size += bytes.len();
                let mut count = |problem: Option<nachweis_yaml::Unread>| match problem {
                    None => documents += 1,
                    Some(problem) => {
                        unread += 1;
                        println!("{path}: {problem}");
                    }
                };
                match items(&bytes, &limits) {
                    Some(Ok(wrapped)) => wrapped.items.for_each(|item| count(item.err())),
                    Some(Err(problem)) => count(Some(problem)),
                    None => read(&bytes, &limits).for_each(|document| count(document.err())),
                }
            }
            Event::Unread(problem) => {
                unread += 1;
                println!("{}: {}: {}", problem.file, problem.reason, problem.detail);
            }
        }
        ControlFlow::Continue(())
    });
    if let Err(error) = walked {
        eprintln!("error[{}]: {error}", error.code);
        std::process::exit(1);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{files} files, {size} bytes, {documents} documents, {unread} unread in {seconds:.3} s, {:.0} MB/s",
        size as f64 / seconds / 1e6
    );
}
