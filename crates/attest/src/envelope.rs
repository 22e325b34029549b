use std::collections::BTreeSet;

use nachweis_canon::{Json, Limits, parse_bytes};

use crate::base64;
use crate::error::EnvelopeError;
use crate::keys::{PublicKey, Signer};
use crate::statement::Statement;

/// Bytes of an envelope that are read at most.
pub const MAX_ENVELOPE_BYTES: usize = 8 << 20;
/// Signatures that one envelope may carry.
pub const MAX_SIGNATURES: usize = 64;

/// DSSE's pre-authentication encoding: the bytes that a signature covers.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    let mut out = Vec::with_capacity(head.len() + payload.len());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(payload);
    out
}

/// Signs a statement; the envelope is canonical JSON with one signature.
pub fn sign_statement(statement: &Statement, signer: &dyn Signer) -> Result<Vec<u8>, EnvelopeError> {
    sign_payload(crate::PAYLOAD_TYPE, &statement.to_bytes()?, &[signer])
}

/// Signs any payload by one or more signers, in the order given.
pub fn sign_payload(
    payload_type: &str,
    payload: &[u8],
    signers: &[&dyn Signer],
) -> Result<Vec<u8>, EnvelopeError> {
    let message = pae(payload_type, payload);
    let mut signatures = Vec::with_capacity(signers.len());
    for signer in signers {
        let signature = signer.sign(&message)?;
        signatures.push(Json::object([
            ("keyid", Json::str(signer.keyid())),
            ("sig", Json::str(base64::encode(&signature))),
        ]));
    }
    let envelope = Json::object([
        ("payload", Json::str(base64::encode(payload))),
        ("payloadType", Json::str(payload_type)),
        ("signatures", Json::Arr(signatures)),
    ]);
    Ok(envelope.canonical())
}

/// What one signature is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureState {
    /// it holds under a key that the caller trusts
    Trusted,
    /// it holds under a key that only came along with the envelope: intact, but by whom is unproven
    Untrusted,
    /// no key that we have made it, and it does not claim that one did
    UnknownKey,
    /// it names a key that we have, and that key did not make it
    Invalid,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// keyid of the key under which it holds; else the keyid that the envelope claims, which may be any text
    pub keyid: String,
    /// what it is worth
    pub state: SignatureState,
}

/// A statement with at least one signature by a trusted key. Only [`open`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    statement: Statement,
    payload: Vec<u8>,
    keyids: Vec<String>,
}

impl Verified {
    /// What was signed, read.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The exact bytes that were signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The trusted keys that signed, each once, sorted.
    pub fn keyids(&self) -> &[String] {
        &self.keyids
    }
}

/// An envelope that was read, and what each of its signatures is worth.
#[derive(Clone, Debug)]
pub struct Opened {
    statement: Statement,
    payload: Vec<u8>,
    signatures: Vec<Checked>,
    verified: Option<Verified>,
}

impl Opened {
    /// The signatures in the envelope's order; may be none.
    pub fn signatures(&self) -> &[Checked] {
        &self.signatures
    }

    /// What the envelope says, whoever wrote it: a claim, unless [`Opened::verified`] is there.
    pub fn claimed(&self) -> &Statement {
        &self.statement
    }

    /// The payload bytes, whoever wrote them.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The statement, if a trusted key signed it. Other signatures may still be unknown or invalid.
    pub fn verified(&self) -> Option<&Verified> {
        self.verified.as_ref()
    }
}

/// Reads an envelope around an in-toto statement and checks every signature under every key.
///
/// `trusted` are keys that the caller knows from elsewhere, `embedded` those that came along with the envelope.
/// The cost is at most one signature check for each pair of signature and key.
pub fn open(envelope: &[u8], trusted: &[PublicKey], embedded: &[PublicKey]) -> Result<Opened, EnvelopeError> {
    let raw = read(envelope)?;
    if raw.payload_type != crate::PAYLOAD_TYPE {
        return Err(EnvelopeError::PayloadType(raw.payload_type));
    }
    let message = pae(&raw.payload_type, &raw.payload);
    let statement = Statement::from_bytes(&raw.payload)?;
    let signatures: Vec<Checked> =
        raw.signatures.iter().map(|signature| check(signature, &message, trusted, embedded)).collect();
    let keyids: BTreeSet<&String> = signatures
        .iter()
        .filter(|signature| signature.state == SignatureState::Trusted)
        .map(|signature| &signature.keyid)
        .collect();
    let verified = (!keyids.is_empty()).then(|| Verified {
        statement: statement.clone(),
        payload: raw.payload.clone(),
        keyids: keyids.into_iter().cloned().collect(),
    });
    Ok(Opened { statement, payload: raw.payload, signatures, verified })
}

fn check(signature: &RawSignature, message: &[u8], trusted: &[PublicKey], embedded: &[PublicKey]) -> Checked {
    let holds = |keys: &[PublicKey]| {
        keys.iter().find(|key| key.verify(message, &signature.bytes)).map(PublicKey::keyid)
    };
    if let Some(keyid) = holds(trusted) {
        return Checked { keyid, state: SignatureState::Trusted };
    }
    if let Some(keyid) = holds(embedded) {
        return Checked { keyid, state: SignatureState::Untrusted };
    }
    let known = trusted.iter().chain(embedded).any(|key| key.keyid() == signature.keyid);
    let state = if known { SignatureState::Invalid } else { SignatureState::UnknownKey };
    Checked { keyid: signature.keyid.clone(), state }
}

struct RawSignature {
    keyid: String,
    bytes: Vec<u8>,
}

struct RawEnvelope {
    payload: Vec<u8>,
    payload_type: String,
    signatures: Vec<RawSignature>,
}

fn read(envelope: &[u8]) -> Result<RawEnvelope, EnvelopeError> {
    if envelope.len() > MAX_ENVELOPE_BYTES {
        return Err(EnvelopeError::TooBig(format!("more than {MAX_ENVELOPE_BYTES} bytes")));
    }
    let parsed = parse_bytes(envelope, &Limits { depth: 32, ..Limits::default() })
        .map_err(|error| EnvelopeError::Malformed(error.to_string()))?;
    // Two readers that pick different ones of two equal keys would see two different envelopes.
    if let Some(again) = parsed.duplicates.first() {
        return Err(EnvelopeError::Malformed(format!("`{}` is given twice", again.key)));
    }
    let root = parsed.value;
    let payload = required(&root, "payload")?;
    let payload = base64::decode(payload).ok_or_else(|| EnvelopeError::Base64("payload".into()))?;
    let payload_type = required(&root, "payloadType")?.to_string();
    let Some(Json::Arr(items)) = root.get("signatures") else {
        return Err(EnvelopeError::Malformed("`signatures` is no array".into()));
    };
    if items.len() > MAX_SIGNATURES {
        return Err(EnvelopeError::TooBig(format!("more than {MAX_SIGNATURES} signatures")));
    }
    let signatures = items.iter().enumerate().map(|(at, item)| read_signature(at, item));
    Ok(RawEnvelope { payload, payload_type, signatures: signatures.collect::<Result<_, _>>()? })
}

fn read_signature(at: usize, item: &Json<'_>) -> Result<RawSignature, EnvelopeError> {
    // DSSE: an unset keyid is the same as an empty one.
    let keyid = match item.get("keyid") {
        None => "",
        Some(Json::Str(text)) => text,
        Some(_) => return Err(EnvelopeError::Malformed(format!("`keyid` of signature {at} is no string"))),
    };
    let bytes = base64::decode(required(item, "sig")?);
    let bytes = bytes.ok_or_else(|| EnvelopeError::Base64(format!("sig of signature {at}")))?;
    Ok(RawSignature { keyid: keyid.to_string(), bytes })
}

fn required<'a>(value: &'a Json<'_>, member: &str) -> Result<&'a str, EnvelopeError> {
    value
        .text(&[member])
        .ok_or_else(|| EnvelopeError::Malformed(format!("`{member}` is missing or no string")))
}
