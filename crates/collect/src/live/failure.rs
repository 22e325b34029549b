//! What can go wrong: with the whole collection, and with one request.

use std::fmt;

/// Why a collection could not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveError {
    /// stable code: `kubeconfig-unusable`, `credentials-unusable`, `cluster-unreachable`, `cluster-refused`
    pub code: &'static str,
    /// what happened
    pub message: String,
    /// address of the server, where it is known
    pub server: Option<String>,
}

impl LiveError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        LiveError { code, message: message.into(), server: None }
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LiveError {}

/// Why one request, after all tries, has no answer that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// 403
    Forbidden(String),
    /// 401
    Unauthorized(String),
    /// there is no credential to ask with: the server was not asked
    NoCredential(String),
    /// 410, or a list that began at a state which is gone
    Gone(String),
    /// 404
    NotFound(String),
    /// the answer has more bytes than a page may have
    TooLarge,
    /// any other status
    Status(u16, String),
    /// no answer, or half of one
    NoAnswer(String),
    /// no answer in time
    Timeout(u64),
    /// the answer is not what was asked for
    Odd(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Forbidden(text) => write!(f, "403 forbidden: {text}"),
            Refused::Unauthorized(text) => write!(f, "401 unauthorized: {text}"),
            Refused::NoCredential(text) => write!(f, "not asked, without a credential: {text}"),
            Refused::Gone(text) => write!(f, "410 gone: {text}"),
            Refused::NotFound(text) => write!(f, "404 not found: {text}"),
            Refused::TooLarge => f.write_str("one object is larger than a page may be"),
            Refused::Status(code, text) => write!(f, "{code}: {text}"),
            Refused::NoAnswer(text) => write!(f, "no answer: {text}"),
            Refused::Timeout(seconds) => write!(f, "no answer within {seconds} s"),
            Refused::Odd(text) => f.write_str(text),
        }
    }
}

/// The chain of causes in one line, each said once; long ones are cut.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    short(&text)
}

/// One line of at most 300 characters.
pub(super) fn short(text: &str) -> String {
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(301).collect::<String>();
    match line.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.trim().to_string(),
    }
}
