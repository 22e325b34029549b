use std::fmt;

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// the text is no PEM block with a key of the kind that is needed
    Unreadable(String),
    /// the key is neither Ed25519 nor ECDSA P-256
    Algorithm(String),
    /// the public key is one under which signatures prove nothing (small order, or not the point's own encoding)
    Weak,
    /// the private key is protected by a password and none was given
    NeedsPassword,
    /// the password does not open the key, or the protection is one that we do not read
    Password(String),
    /// the random bytes are outside of the curve's range; draw others (one in 2^32)
    Seed,
    /// the key could not be written or did not sign
    Failed(String),
}

impl KeyError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            KeyError::Unreadable(_) => "key-unreadable",
            KeyError::Algorithm(_) => "key-algorithm-unknown",
            KeyError::Weak => "key-weak",
            KeyError::NeedsPassword => "key-needs-password",
            KeyError::Password(_) => "key-password",
            KeyError::Seed => "key-seed-out-of-range",
            KeyError::Failed(_) => "key-failed",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Unreadable(why) => write!(f, "the key cannot be read: {why}"),
            KeyError::Algorithm(oid) => {
                write!(f, "the key has the algorithm `{oid}`; Ed25519 and ECDSA P-256 are supported")
            }
            KeyError::Weak => f.write_str("the public key is weak: anybody can sign under it"),
            KeyError::NeedsPassword => f.write_str("the private key is protected by a password"),
            KeyError::Password(why) => write!(f, "the private key does not open: {why}"),
            KeyError::Seed => f.write_str("the random bytes give no P-256 key; draw others"),
            KeyError::Failed(why) => write!(f, "the key failed: {why}"),
        }
    }
}

impl std::error::Error for KeyError {}

/// Why bytes are no envelope, or their payload no statement, that we accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvelopeError {
    /// more bytes or signatures than are read
    TooBig(String),
    /// no JSON, a key given twice, or a required member missing or of the wrong kind
    Malformed(String),
    /// a member that must be base64 is not
    Base64(String),
    /// the payload is not an in-toto statement by its type
    PayloadType(String),
    /// the payload is no in-toto Statement v1 with SHA-256 subjects
    Statement(String),
    /// a statement that has no subject, or names two alike, cannot be signed
    Unsignable(String),
    /// the signer refused
    Signer(KeyError),
}

impl EnvelopeError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            EnvelopeError::TooBig(_) => "envelope-too-big",
            EnvelopeError::Malformed(_) => "envelope-malformed",
            EnvelopeError::Base64(_) => "envelope-base64",
            EnvelopeError::PayloadType(_) => "envelope-payload-type",
            EnvelopeError::Statement(_) => "statement-malformed",
            EnvelopeError::Unsignable(_) => "statement-unsignable",
            EnvelopeError::Signer(error) => error.code(),
        }
    }
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnvelopeError::TooBig(why) => write!(f, "the envelope is too big: {why}"),
            EnvelopeError::Malformed(why) => write!(f, "the envelope is malformed: {why}"),
            EnvelopeError::Base64(member) => write!(f, "`{member}` of the envelope is no base64"),
            EnvelopeError::PayloadType(found) => {
                write!(f, "the envelope's payload type is `{found}`, not `{}`", crate::PAYLOAD_TYPE)
            }
            EnvelopeError::Statement(why) => write!(f, "the payload is no in-toto statement: {why}"),
            EnvelopeError::Unsignable(why) => write!(f, "the statement cannot be signed: {why}"),
            EnvelopeError::Signer(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EnvelopeError {}

impl From<KeyError> for EnvelopeError {
    fn from(error: KeyError) -> Self {
        EnvelopeError::Signer(error)
    }
}
