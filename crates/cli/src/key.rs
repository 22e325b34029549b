//! Signing keys.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use nachweis_attest::{KeyError, PrivateKey, PublicKey};
use nachweis_snapshot::Pseudonyms;
use zeroize::Zeroizing;

use crate::args::KeyAlgorithm;
use crate::fail::Failure;
use crate::output::{print, read_file};

/// Name of the variable that holds the password of an encrypted key.
const PASSWORD: &str = "NACHWEIS_KEY_PASSWORD";
/// Name of the variable that names a file with it.
const PASSWORD_FILE: &str = "NACHWEIS_KEY_PASSWORD_FILE";
/// Seeds that are tried; one in 2^32 is no key of P-256.
const SEEDS: usize = 4;

/// A source of random bytes: the system's, or one of a test.
type Fill = fn(&mut [u8]) -> Result<(), getrandom::Error>;

fn random(fill: Fill) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    fill(&mut *bytes)
        .map_err(|error| Failure::new("randomness", format!("the system gives no randomness: {error}")))?;
    Ok(bytes)
}

/// A key from the bytes that a source gives.
pub fn new_key(algorithm: KeyAlgorithm, fill: Fill) -> Result<PrivateKey, Failure> {
    let mut outcome = Err(Failure::new("randomness", "the system's randomness gives no key"));
    for _ in 0..SEEDS {
        let seed = random(fill)?;
        outcome = match algorithm {
            KeyAlgorithm::Ed25519 => Ok(PrivateKey::generate(*seed)),
            KeyAlgorithm::P256 => PrivateKey::generate_p256(*seed)
                .map_err(|error| Failure::new("randomness", error.to_string())),
        };
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Makes a key pair. Existing files are never overwritten: an old key may be the only proof of old reports.
pub fn generate(out: &Path, algorithm: KeyAlgorithm, encrypt: bool) -> Result<u8, Failure> {
    let password = encrypt.then(|| password()?.ok_or_else(no_password)).transpose()?;
    let key = new_key(algorithm, getrandom::fill)?;
    let pem = match &password {
        Some(password) => key.to_encrypted_pem(password, &*random(getrandom::fill)?),
        None => key.to_pem(),
    };
    let pem = pem.map_err(|error| Failure::new("key-write", format!("cannot write the key: {error}")))?;
    let public = public_path(out);
    write_new(out, pem.as_bytes(), 0o600)?;
    write_new(&public, key.public().to_pem().as_bytes(), 0o644)?;
    print(
        format!(
            "private key  {}  ({})\npublic key   {}  (give it to whoever verifies)\nkeyid        {}\n",
            out.display(),
            if encrypt { "encrypted; keep it and its password apart" } else { "keep it secret" },
            public.display(),
            key.public().keyid()
        )
        .as_bytes(),
    )?;
    Ok(0)
}

/// Makes a key for pseudonyms: 32 random bytes as hexadecimal digits, without a line feed, so that a store of secrets
/// which trims what it keeps leaves the key as it is.
pub fn pseudonyms(out: &Path) -> Result<u8, Failure> {
    let bytes = random(getrandom::fill)?;
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in bytes.iter() {
        let _ = write!(text, "{byte:02x}");
    }
    write_new(out, text.as_bytes(), 0o600)?;
    let id = Pseudonyms::new(text.as_bytes()).map(|key| key.key_id()).unwrap_or_default();
    print(
        format!(
            "key     {}  (keep it secret: who has it can try out names)\nkey id  {id}  (stands in every seal)\n",
            out.display()
        )
        .as_bytes(),
    )?;
    Ok(0)
}

/// The password for encrypted keys, where the environment has one. A line feed at the end of a file is none of it.
fn password() -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    if let Some(text) = std::env::var_os(PASSWORD) {
        return Ok(Some(Zeroizing::new(text.into_encoded_bytes())));
    }
    let Some(path) = std::env::var_os(PASSWORD_FILE) else { return Ok(None) };
    let mut bytes = Zeroizing::new(read_file(Path::new(&path), "file of the password")?);
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Some(bytes))
}

fn no_password() -> Failure {
    Failure::new("key-password", "an encrypted key needs a password")
        .help(format!("set {PASSWORD}, or {PASSWORD_FILE} to a file that holds it"))
}

/// True where a key comes from a file, beside which its public half may lie.
pub fn is_file(place: &Path) -> bool {
    !place.to_str().is_some_and(|text| text.starts_with("env:") || text.starts_with("fd:"))
}

/// The bytes of a key: from a file, from a variable (`env:NAME`) or from an open file descriptor (`fd:N`).
pub fn read_key(place: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let text = place.to_str().unwrap_or_default();
    if let Some(name) = text.strip_prefix("env:") {
        let value = std::env::var_os(name).ok_or_else(|| {
            Failure::new("key-read", format!("the variable `{name}` is not set"))
                .help("it has to hold the key itself")
        })?;
        return Ok(Zeroizing::new(value.into_encoded_bytes()));
    }
    let Some(number) = text.strip_prefix("fd:") else {
        return read_file(place, "key").map(Zeroizing::new);
    };
    let number: u32 = number.parse().map_err(|_| {
        Failure::new("key-read", format!("`{number}` is no number of a file descriptor"))
            .help("write `fd:3`, with the key on descriptor 3")
            .usage()
    })?;
    let failed = |error: std::io::Error| {
        Failure::new("key-read", format!("cannot read the key: {error}"))
            .at(format!("file descriptor {number}"))
    };
    let file = std::fs::File::open(format!("/dev/fd/{number}")).map_err(failed)?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(nachweis_attest::MAX_PEM_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn public_path(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_os_string();
    name.push(".pub");
    PathBuf::from(name)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let failed = |error: std::io::Error| {
        Failure::new("key-write", format!("cannot write the key: {error}"))
            .at(path.display())
            .help("an existing key is never overwritten: choose another `--out`")
    };
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

/// Shows algorithm and keyid of a private or public key, never the secret.
pub fn show(file: &Path) -> Result<u8, Failure> {
    let bytes = read_key(file)?;
    let public = match PublicKey::from_pem(&*bytes) {
        Ok(public) => public,
        Err(_) => opened(file, &bytes)?.public(),
    };
    print(
        format!(
            "algorithm  {}\nkeyid      {}\n{}",
            public.algorithm().name(),
            public.keyid(),
            public.to_pem()
        )
        .as_bytes(),
    )?;
    Ok(0)
}

/// Reads a private key; an encrypted one with the password of the environment.
pub fn private(place: &Path) -> Result<PrivateKey, Failure> {
    opened(place, &read_key(place)?)
}

fn opened(place: &Path, bytes: &[u8]) -> Result<PrivateKey, Failure> {
    let failed = |error: KeyError| {
        Failure::new("key-read", format!("cannot use the key: {error}")).at(place.display())
    };
    match PrivateKey::from_pem(bytes) {
        Err(KeyError::NeedsPassword) => {
            let password = password()?.ok_or_else(|| no_password().at(place.display()))?;
            PrivateKey::from_encrypted_pem(bytes, &password).map_err(failed)
        }
        other => other.map_err(failed),
    }
}

/// Reads a public key.
pub fn public(file: &Path) -> Result<PublicKey, Failure> {
    let bytes = read_file(file, "public key")?;
    PublicKey::from_pem(&bytes).map_err(|error| {
        Failure::new("key-read", format!("cannot use the public key: {error}"))
            .at(file.display())
            .help("give the file that `nachweis key generate` wrote with the ending .pub")
    })
}
