//! `nachweis catalog`: the workbench of a person who writes controls.

mod case;
mod cases;
mod coverage;
mod docs;
mod lint;
mod list;
mod mutate;
mod new;
mod release;
mod show;
mod source;
mod trace;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use nachweis_model::Lang;

use crate::args::Format;
use crate::fail::Failure;

pub use source::{find as find_control, release};
pub use trace::{citation, find as find_obligation};

#[derive(Subcommand)]
pub enum CatalogCommand {
    /// List the controls
    List(ListArgs),
    /// Show one control: what it asks, of what, and by which rule
    Show(ShowArgs),
    /// Show how many provisions of each act have a control, and which have none
    Coverage(ListArgs),
    /// Report every problem of control files at its line and column
    #[command(after_help = "\
Examples:
  nachweis catalog lint overlay/
  nachweis catalog lint catalog/controls/restore-tested/control.yaml

Exit codes: 0 no problem · 1 problems were found")]
    Lint(LintArgs),
    /// Run the cases of controls and show what differs
    #[command(after_help = "\
Examples:
  nachweis catalog test overlay/
  nachweis catalog test catalog --control restore-tested --watch
  nachweis catalog test catalog --control restore-tested --mutate

Exit codes: 0 every case gives what it expects, and with --mutate notices every change · 1 some do not")]
    Test(TestArgs),
    /// Start a control: control.yaml and three cases that pass
    New(NewArgs),
    /// Freeze a catalogue as a release: one file whose digest every report names
    #[command(after_help = "\
Examples:
  nachweis catalog release 2027.1.0 catalog --valid-from 2027-01-15T00:00:00Z

Exit codes: 0 released · 1 lint or a case finds something, or the version stands with other content")]
    Release(ReleaseArgs),
    /// Write a Markdown page for each control, and an index
    Docs(DocsArgs),
    /// Follow an obligation to its controls and to other frameworks
    #[command(after_help = "\
Examples:
  nachweis catalog trace 'DORA-9(4)(b)'")]
    Trace(TraceArgs),
}

#[derive(Args)]
pub struct ListArgs {
    /// Folder with controls; the newest release in this program by default
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Language: en or de
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct ShowArgs {
    /// Id of a control
    #[arg(value_name = "ID")]
    pub id: String,
    /// Folder with controls; the newest release in this program by default
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Language: en or de
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct LintArgs {
    /// Folder with controls, an overlay, the folder of one control, or its file
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Instant at which exemptions have to hold; now by default
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<nachweis_model::Instant>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct TestArgs {
    /// Folder with controls, an overlay, or the folder of one control
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Only this control
    #[arg(long, value_name = "ID")]
    pub control: Option<String>,
    /// Run again whenever a file changes
    #[arg(long)]
    pub watch: bool,
    /// Change the controls in one place after the other, and show what no case notices
    #[arg(long)]
    pub mutate: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct NewArgs {
    /// Id of the new control, kebab-case
    #[arg(value_name = "ID")]
    pub id: String,
    /// Folder in which the control's folder is made
    #[arg(long, value_name = "DIR", default_value = "controls")]
    pub dir: PathBuf,
    /// Obligation that it gives evidence for
    #[arg(long, value_name = "ID", default_value = "DORA-9(2)")]
    pub obligation: String,
}

#[derive(Args)]
pub struct ReleaseArgs {
    /// Version of the release, such as 2027.1.0
    #[arg(value_name = "VERSION")]
    pub name: String,
    /// Folder with controls; obligations and data beside them, else those of the newest release in this program
    #[arg(value_name = "DIR", default_value = "catalog")]
    pub dir: PathBuf,
    /// Folder to write to; DIR/releases by default
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Instant from which the release is in force; that of the release as it stands by default
    #[arg(long, value_name = "INSTANT")]
    pub valid_from: Option<nachweis_model::Instant>,
    /// Replace a release of this version that nobody has used yet
    #[arg(long)]
    pub replace: bool,
}

#[derive(Args)]
pub struct DocsArgs {
    /// Folder with controls; the newest release in this program by default
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Folder to write the pages to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Language: en or de
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
}

#[derive(Args)]
pub struct TraceArgs {
    /// Id of an obligation, such as DORA-9(4)(b)
    #[arg(value_name = "OBLIGATION")]
    pub id: String,
    /// Folder with controls that stand beside those of the release
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Language: en or de
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Runs one of the commands.
pub fn run(command: &CatalogCommand) -> Result<u8, Failure> {
    match command {
        CatalogCommand::List(args) => list::run(args),
        CatalogCommand::Show(args) => show::run(args),
        CatalogCommand::Coverage(args) => coverage::run(args),
        CatalogCommand::Lint(args) => lint::run(args),
        CatalogCommand::Test(args) => cases::run(args),
        CatalogCommand::New(args) => new::run(args),
        CatalogCommand::Release(args) => release::run(args),
        CatalogCommand::Docs(args) => docs::run(args),
        CatalogCommand::Trace(args) => trace::run(args),
    }
}

/// `1 control`, `2 controls`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
