//! Errors about our run, in one shape: what happened, where, what it means, what to do.

use std::fmt;

/// A run that cannot go on.
#[derive(Debug)]
pub struct Failure {
    code: &'static str,
    message: String,
    place: Option<String>,
    note: Option<String>,
    help: Option<String>,
    exit: u8,
}

impl Failure {
    /// A failure with a stable code; exit 1.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Failure { code, message: message.into(), place: None, note: None, help: None, exit: 1 }
    }

    /// What the program carries inside cannot be read: it is not as it was built.
    pub fn damaged(message: String) -> Self {
        Failure::new("program-damaged", message)
            .note("nothing was done")
            .help("install the program again, and compare its digest with the published one")
    }

    /// Where it happened.
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// What it means.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// What to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The user asked for something that does not exist: exit 2.
    pub fn usage(mut self) -> Self {
        self.exit = 2;
        self
    }

    /// The exit code.
    pub fn exit(&self) -> u8 {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.message)?;
        if let Some(place) = &self.place {
            write!(f, "\n  --> {place}")?;
        }
        if let Some(note) = &self.note {
            write!(f, "\n  note: {note}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl From<nachweis_oci::Problem> for Failure {
    fn from(problem: nachweis_oci::Problem) -> Self {
        Failure::new(problem.code.as_str(), problem.message).at(problem.place)
    }
}

impl From<nachweis_verify::bundle::Unreadable> for Failure {
    fn from(error: nachweis_verify::bundle::Unreadable) -> Self {
        Failure::new("document-unreadable", error.message)
            .at(error.place)
            .help("`nachweis verify` names all problems")
    }
}
