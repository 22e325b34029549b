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
    /// what to do, where we know it
    pub help: Option<String>,
    /// the line of the file, where it is known
    pub quote: Option<String>,
}

impl Fault {
    /// A problem of the file as a whole.
    pub fn of(file: &str, code: &'static str, message: impl Into<String>) -> Self {
        Fault {
            file: file.into(),
            line: 0,
            column: 0,
            code,
            message: message.into(),
            help: None,
            quote: None,
        }
    }

    /// The same problem at a place of the file.
    pub(crate) fn at(mut self, line: usize, column: usize) -> Self {
        (self.line, self.column) = (line, column);
        self
    }

    /// Characters of the quoted line that the problem is about: the word that starts at the column, or one.
    pub fn width(&self) -> usize {
        let word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
        let quote = self.quote.as_deref().unwrap_or_default();
        quote.chars().skip(self.column.saturating_sub(1)).take_while(word).count().max(1)
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
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}
