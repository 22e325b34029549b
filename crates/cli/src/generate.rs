//! Completions and manual pages, made from the same description of the command line that parses it.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _};
use clap_complete::Shell;

use crate::args::Cli;
use crate::fail::Failure;
use crate::output::print;

/// Name of the binary where kubectl runs it as `kubectl nachweis`.
const PLUGIN: &str = "kubectl-nachweis";

/// Reads the command line. Called by the name that kubectl looks for, usage lines say what a person typed.
pub fn parse() -> Cli {
    let mut command = Cli::command();
    if std::env::args_os().next().is_some_and(|name| is_plugin(&name)) {
        command = command.name("kubectl nachweis").bin_name("kubectl nachweis");
    }
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

fn is_plugin(name: &OsString) -> bool {
    Path::new(name).file_stem().is_some_and(|stem| stem == PLUGIN)
}

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "nachweis", &mut text);
    print(&text)?;
    Ok(0)
}

/// Writes `nachweis.1` and one page per command into a folder, which is made where it is not there.
pub fn manual(folder: &Path) -> Result<u8, Failure> {
    let failed = |error: std::io::Error| Failure::new("file-write", error.to_string()).at(folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), folder).map_err(failed)?;
    Ok(0)
}
