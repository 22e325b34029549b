//! Attestation: keys, in-toto Statement v1, DSSE v1 envelopes. Bytes in, bytes out.
//!
//! A signature covers the exact payload bytes and their type (DSSE's pre-authentication encoding), never the
//! envelope's JSON. A `keyid` is a hint: it narrows which key to try first and decides nothing.
//! This room has no clock, no random source and no files; whoever makes a key brings the random bytes.

mod base64;
mod envelope;
mod error;
mod keys;
#[cfg(feature = "encrypted-keys")]
mod protected;
mod statement;

pub use envelope::{
    Checked, MAX_ENVELOPE_BYTES, MAX_SIGNATURES, Opened, SignatureState, Verified, open, pae, sign_payload,
    sign_statement,
};
pub use error::{EnvelopeError, KeyError};
pub use keys::{Algorithm, MAX_PEM_BYTES, PrivateKey, PublicKey, Signer};
pub use statement::{PREDICATE_ASSESSMENT, STATEMENT_TYPE, Statement, Subject};

/// DSSE payload type of an in-toto Statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
