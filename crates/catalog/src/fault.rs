use std::fmt;

/// A problem of a file that an author wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// path of the file, as given
    pub file: String,
    /// line from 1; 0 where the problem is about the file as a whole
    pub line: usize,
    /// column from 1; 0 where unknown
    pub column: usize,
    /// stable code, kebab-case
    pub code: &'static str,
    /// what is wrong, and what was expected
    pub message: String,
}

impl Fault {
    /// A problem of the file as a whole.
    pub fn of(file: &str, code: &'static str, message: impl Into<String>) -> Self {
        Fault { file: file.into(), line: 0, column: 0, code, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}\n  --> {}", self.code, self.message, self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        Ok(())
    }
}
