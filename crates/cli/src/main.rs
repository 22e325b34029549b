//! `nachweis`: arguments, rendering, exit codes.

mod args;
mod assess;
mod baseline;
mod catalog;
mod diff;
mod error_pages;
mod evidence;
mod excerpt;
mod explain;
mod fail;
mod generate;
mod git;
mod ingest;
mod init;
#[cfg(test)]
mod inside;
mod items;
mod items_cmd;
mod key;
mod lines;
mod live;
mod output;
mod places;
mod pseudonyms;
mod report;
mod snapshot;
mod store;
mod verify;
mod version;

use std::process::ExitCode;

use crate::args::{Cli, Command, KeyCommand};
use crate::fail::Failure;

fn run(cli: Cli) -> Result<u8, Failure> {
    match cli.command {
        Command::Snapshot(args) => snapshot::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Assess(args) => assess::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Items(args) => items_cmd::run(&args),
        Command::Catalog { command } => catalog::run(&command),
        Command::Key { command: KeyCommand::Generate { out, algorithm, encrypt } } => {
            key::generate(&out, algorithm, encrypt)
        }
        Command::Key { command: KeyCommand::Pseudonyms { out } } => key::pseudonyms(&out),
        Command::Key { command: KeyCommand::Show { file } } => key::show(&file),
        Command::Version(args) => version::run(args.json),
        Command::Completions { shell } => generate::completions(shell),
        Command::Manual { folder } => generate::manual(&folder),
    }
}

fn main() -> ExitCode {
    match run(generate::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit())
        }
    }
}
