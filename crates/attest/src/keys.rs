use std::fmt;

use ed25519_dalek as ed25519;
use nachweis_canon::Digest;
use p256::ecdsa;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use pkcs8::der::Decode as _;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{Document, EncodePrivateKey, EncodePublicKey, LineEnding, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use crate::error::KeyError;

/// Bytes of a PEM text that are read at most.
pub const MAX_PEM_BYTES: usize = 16 << 10;

const ED25519: pkcs8::ObjectIdentifier = pkcs8::ObjectIdentifier::new_unwrap("1.3.101.112");
const EC: pkcs8::ObjectIdentifier = pkcs8::ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Which signature a key makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519, RFC 8032
    Ed25519,
    /// ECDSA over P-256 with SHA-256, nonces by RFC 6979
    EcdsaP256,
}

impl Algorithm {
    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Ed25519 => "Ed25519",
            Algorithm::EcdsaP256 => "ECDSA P-256",
        }
    }
}

/// Something that signs: a key from a file, or a module that never shows its key.
pub trait Signer {
    /// SHA-256 of the public key's SPKI DER, 64 lower-case hexadecimal digits.
    fn keyid(&self) -> String;
    /// The signature over `message`: 64 bytes (Ed25519) or ASN.1 DER (ECDSA).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

enum Secret {
    // Boxed so that moving the key leaves no copies of it on the stack.
    Ed25519(Box<ed25519::SigningKey>),
    EcdsaP256(Box<ecdsa::SigningKey>),
}

/// A signing key. It is wiped from memory when dropped and never printed.
pub struct PrivateKey(Secret);

impl PrivateKey {
    /// The Ed25519 key that these 32 random bytes are.
    pub fn generate(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        PrivateKey(Secret::Ed25519(Box::new(ed25519::SigningKey::from_bytes(&seed))))
    }

    /// The P-256 key that these 32 random bytes are; `KeyError::Seed` for one in 2^32 of them.
    pub fn generate_p256(seed: [u8; 32]) -> Result<Self, KeyError> {
        let seed = Zeroizing::new(seed);
        let key = ecdsa::SigningKey::from_slice(&*seed).map_err(|_| KeyError::Seed)?;
        Ok(PrivateKey(Secret::EcdsaP256(Box::new(key))))
    }

    /// Reads an unencrypted PKCS#8 key (`PRIVATE KEY`).
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let text = pem_text(pem.as_ref())?;
        let (label, document) = SecretDocument::from_pem(text).map_err(unreadable)?;
        match label {
            "PRIVATE KEY" => Self::from_pkcs8(document.as_bytes()),
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::NeedsPassword),
            other => Err(KeyError::Unreadable(format!(
                "found `{other}`, expected PKCS#8 `PRIVATE KEY`; `openssl pkcs8 -topk8 -nocrypt` converts"
            ))),
        }
    }

    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(unreadable)?;
        match info.algorithm.oid {
            ED25519 => {
                let key = ed25519::SigningKey::try_from(info).map_err(unreadable)?;
                Ok(PrivateKey(Secret::Ed25519(Box::new(key))))
            }
            EC => {
                let key = p256::SecretKey::try_from(info).map_err(ec_unreadable)?;
                Ok(PrivateKey(Secret::EcdsaP256(Box::new(key.into()))))
            }
            oid => Err(KeyError::Algorithm(oid.to_string())),
        }
    }

    pub(crate) fn to_pkcs8(&self) -> Result<SecretDocument, KeyError> {
        match &self.0 {
            // Version 1, without the public key: OpenSSL up to 3.0 reads no other form of Ed25519.
            Secret::Ed25519(key) => {
                ed25519::pkcs8::KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_der()
            }
            Secret::EcdsaP256(key) => key.to_pkcs8_der(),
        }
        .map_err(failed)
    }

    /// The key as unencrypted PKCS#8 (`PRIVATE KEY`). Write it where only its owner reads.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.to_pkcs8()?.to_pem("PRIVATE KEY", LineEnding::LF).map_err(failed)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(match &self.0 {
            Secret::Ed25519(key) => Point::Ed25519(key.verifying_key()),
            Secret::EcdsaP256(key) => Point::EcdsaP256(*key.verifying_key()),
        })
    }
}

impl Signer for PrivateKey {
    fn keyid(&self) -> String {
        self.public().keyid()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.0 {
            Secret::Ed25519(key) => {
                let signature = key.try_sign(message).map_err(failed)?;
                Ok(signature.to_bytes().to_vec())
            }
            Secret::EcdsaP256(key) => {
                let signature: ecdsa::Signature = key.try_sign(message).map_err(failed)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, keyid {})", self.public().algorithm().name(), self.keyid())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Point {
    Ed25519(ed25519::VerifyingKey),
    EcdsaP256(ecdsa::VerifyingKey),
}

/// A key that signatures are checked with. Two keys are equal if they are the same point on the same curve.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(Point);

impl PublicKey {
    /// Reads an SPKI key (`PUBLIC KEY`).
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let text = pem_text(pem.as_ref())?;
        let (label, document) = Document::from_pem(text).map_err(unreadable)?;
        if label != "PUBLIC KEY" {
            return Err(KeyError::Unreadable(format!("found `{label}`, expected SPKI `PUBLIC KEY`")));
        }
        Self::from_spki(document.as_bytes())
    }

    /// Reads the DER bytes of an SPKI.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(unreadable)?;
        match info.algorithm.oid {
            ED25519 => {
                let key = ed25519::VerifyingKey::try_from(info).map_err(unreadable)?;
                let canonical = ed25519::VerifyingKey::from(key.to_edwards());
                if key.is_weak() || canonical != key {
                    return Err(KeyError::Weak);
                }
                Ok(PublicKey(Point::Ed25519(key)))
            }
            EC => {
                Ok(PublicKey(Point::EcdsaP256(ecdsa::VerifyingKey::try_from(info).map_err(ec_unreadable)?)))
            }
            oid => Err(KeyError::Algorithm(oid.to_string())),
        }
    }

    /// The DER bytes of the SPKI; P-256 points uncompressed, as every other tool writes them.
    pub fn to_spki(&self) -> Vec<u8> {
        match &self.0 {
            Point::Ed25519(key) => key.to_public_key_der(),
            Point::EcdsaP256(key) => key.to_public_key_der(),
        }
        .expect("a key that was read can be written")
        .into_vec()
    }

    /// The key as SPKI PEM (`PUBLIC KEY`), lines end with LF.
    pub fn to_pem(&self) -> String {
        Document::try_from(self.to_spki())
            .and_then(|document| document.to_pem("PUBLIC KEY", LineEnding::LF))
            .expect("a key that was read can be written")
    }

    /// SHA-256 of the SPKI DER, 64 lower-case hexadecimal digits.
    pub fn keyid(&self) -> String {
        Digest::of(&self.to_spki()).hex()
    }

    /// Which signatures this key checks.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Point::Ed25519(_) => Algorithm::Ed25519,
            Point::EcdsaP256(_) => Algorithm::EcdsaP256,
        }
    }

    /// True if `signature` is this key's signature over `message`.
    ///
    /// Ed25519 is checked strictly (RFC 8032 section 5.1.7, `S` below the group order, no small-order points).
    /// ECDSA is read as ASN.1 DER, or as 64 bytes `r || s`, the form of DSSE's own test vector.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Point::Ed25519(key) => ed25519::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Point::EcdsaP256(key) => {
                let der = ecdsa::Signature::from_der(signature).ok();
                let raw =
                    (signature.len() == 64).then(|| ecdsa::Signature::from_slice(signature).ok()).flatten();
                der.into_iter().chain(raw).any(|signature| key.verify(message, &signature).is_ok())
            }
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, keyid {})", self.algorithm().name(), self.keyid())
    }
}

pub(crate) fn pem_text(pem: &[u8]) -> Result<&str, KeyError> {
    if pem.len() > MAX_PEM_BYTES {
        return Err(KeyError::Unreadable(format!("the text has more than {MAX_PEM_BYTES} bytes")));
    }
    std::str::from_utf8(pem).map_err(|_| KeyError::Unreadable("the text is not UTF-8".into()))
}

pub(crate) fn unreadable(error: impl fmt::Display) -> KeyError {
    KeyError::Unreadable(error.to_string())
}

fn ec_unreadable(error: impl fmt::Display) -> KeyError {
    KeyError::Unreadable(format!("no point of P-256: {error}"))
}

pub(crate) fn failed(error: impl fmt::Display) -> KeyError {
    KeyError::Failed(error.to_string())
}
