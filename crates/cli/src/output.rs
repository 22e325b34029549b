//! Data to stdout, talk to stderr.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nachweis_canon::Json;
use nachweis_model::{Instant, Lang};
use nachweis_report::Style;

use crate::fail::Failure;

/// Writes to stdout; a reader that went away ends the output quietly.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    match io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new("stdout-write", format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes one line of JSON to stdout.
pub fn print_json(value: &Json<'_>) -> Result<(), Failure> {
    let mut bytes = value.canonical();
    bytes.push(b'\n');
    print(&bytes)
}

/// How the terminal wants text: its width and colours, or plain and wide text in a pipe.
pub fn style(lang: Lang) -> Style {
    let terminal = io::stdout().is_terminal();
    let width = match terminal_size::terminal_size() {
        Some((width, _)) if terminal => usize::from(width.0),
        _ => 120,
    };
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    Style { width, colour, lang }
}

/// The machine's clock; only for what has no better instant.
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Instant::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// A line on stderr that tells what long work is at; nothing where stderr is no terminal.
pub fn progress(what: &'static str) -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} · {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Reads a whole file, or says why not.
pub fn read_file(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::new("file-read", format!("cannot read the {what}: {error}")).at(path.display())
    })
}
