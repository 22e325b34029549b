use serde::Serialize;

/// What a question came out as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// every byte is the one that its digest names
    Intact,
    /// bytes, or what they say of each other, do not fit together
    Altered,
    /// the same verdicts come out again, byte for byte
    Equal,
    /// other verdicts come out
    Different,
    /// this release cannot make these verdicts again
    NotRecomputed,
    /// no signature
    None,
    /// a signature that holds, by a key that was not given as trusted
    Unknown,
    /// a signature by a trusted key
    Trusted,
    /// a signature that does not hold, or speaks about something else
    Invalid,
    /// a release that this program carries, or one that was accepted
    Known,
    /// a catalogue or overlay that nobody vouched for
    Unproven,
    /// collected from a running API server
    Live,
    /// read from a dump; cluster and instant are what the dump says
    Dump,
    /// read from files; cluster and instant are what the operator says
    Declared,
}

impl State {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Intact => "intact",
            State::Altered => "altered",
            State::Equal => "equal",
            State::Different => "different",
            State::NotRecomputed => "not-recomputed",
            State::None => "none",
            State::Unknown => "unknown",
            State::Trusted => "trusted",
            State::Invalid => "invalid",
            State::Known => "known",
            State::Unproven => "unproven",
            State::Live => "live",
            State::Dump => "dump",
            State::Declared => "declared",
        }
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// the word
    pub state: State,
    /// a sentence
    pub detail: String,
}

impl Answer {
    pub(crate) fn new(state: State, detail: impl Into<String>) -> Self {
        Answer { state, detail: detail.into() }
    }
}

/// Something that does not fit, or that somebody has to accept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// stable code
    pub code: String,
    /// blob, control, item or parameter
    #[serde(rename = "where")]
    pub place: String,
    /// what is wrong
    pub message: String,
}

impl Problem {
    pub(crate) fn new(code: &str, place: impl ToString, message: impl Into<String>) -> Self {
        Problem { code: code.into(), place: place.to_string(), message: message.into() }
    }
}

/// The five answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// are the bytes intact
    pub bytes: Answer,
    /// do the verdicts come out equal
    pub verdicts: Answer,
    /// who signed
    pub signer: Answer,
    /// are catalogue and overlay known
    pub catalogue: Answer,
    /// where the snapshot says it comes from
    pub origin: Answer,
    /// what does not fit, sorted
    pub problems: Vec<Problem>,
    /// digest of the manifest
    pub manifest: String,
    /// 0 everything holds · 1 cannot be recomputed by this release · 4 consistent, but signer, catalogue or
    /// overlay unproven · 5 a contradiction
    pub exit: u8,
}
