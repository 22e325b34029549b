//! Private keys under a password: encrypted PKCS#8 (RFC 5958 section 3) with PBES2 (RFC 8018).

use pkcs8::der::Decode as _;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use pkcs8::pkcs5::scrypt;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use crate::error::KeyError;
use crate::keys::{PrivateKey, failed, pem_text, unreadable};

/// A key file may not ask for more work than this: 1 GiB of memory, or about ten seconds.
const SCRYPT_BYTES_MAX: u64 = 1 << 30;
const PBKDF2_ROUNDS_MAX: u32 = 20_000_000;

impl PrivateKey {
    /// Reads an encrypted PKCS#8 key (`ENCRYPTED PRIVATE KEY`; PBES2 with scrypt or PBKDF2, and AES).
    pub fn from_encrypted_pem(pem: impl AsRef<[u8]>, password: &[u8]) -> Result<Self, KeyError> {
        let (label, document) = SecretDocument::from_pem(pem_text(pem.as_ref())?).map_err(unreadable)?;
        if label != "ENCRYPTED PRIVATE KEY" {
            return Err(KeyError::Unreadable(format!("found `{label}`, expected `ENCRYPTED PRIVATE KEY`")));
        }
        let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).map_err(unreadable)?;
        bound_work(&info.encryption_algorithm)?;
        let opened =
            info.decrypt(password).map_err(|_| KeyError::Password("the password is wrong".into()))?;
        PrivateKey::from_pkcs8(opened.as_bytes())
    }

    /// The key under a password: scrypt (N = 2^14, r = 8, p = 5) and AES-256-CBC. OWASP's advice with the largest N
    /// that OpenSSL still reads (it refuses more than 32 MiB).
    /// `random` are fresh random bytes: 16 for the salt, 16 for the initialisation vector.
    pub fn to_encrypted_pem(
        &self,
        password: &[u8],
        random: &[u8; 32],
    ) -> Result<Zeroizing<String>, KeyError> {
        let mut iv = [0; 16];
        iv.copy_from_slice(&random[16..]);
        let cost = scrypt::Params::new(14, 8, 5).map_err(failed)?;
        let parameters = Parameters::generate_scrypt_aes256cbc(cost, &random[..16], iv).map_err(failed)?;
        let plain = self.to_pkcs8()?;
        let info = PrivateKeyInfoRef::from_der(plain.as_bytes()).map_err(failed)?;
        let sealed = info.encrypt_with_params(parameters, password).map_err(failed)?;
        sealed.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).map_err(failed)
    }
}

fn bound_work(scheme: &EncryptionScheme) -> Result<(), KeyError> {
    let EncryptionScheme::Pbes2(parameters) = scheme else {
        return Err(KeyError::Password("the protection is not PBES2".into()));
    };
    let too_much = match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count > PBKDF2_ROUNDS_MAX,
        Kdf::Scrypt(kdf) => {
            let block = 128 * u64::from(kdf.block_size) * u64::from(kdf.parallelization);
            kdf.cost_parameter.saturating_mul(block) > SCRYPT_BYTES_MAX
        }
        _ => true,
    };
    if too_much {
        return Err(KeyError::Password(
            "its password check would cost more than 1 GiB or ten seconds".into(),
        ));
    }
    Ok(())
}
