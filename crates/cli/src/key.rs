//! Signing keys.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use nachweis_attest::{PrivateKey, PublicKey};

use crate::fail::Failure;
use crate::output::{print, read_file};

/// Makes a key pair. Existing files are never overwritten: an old key may be the only proof of old reports.
pub fn generate(out: &Path) -> Result<u8, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::new("randomness", format!("the system gives no randomness: {error}")))?;
    let key = PrivateKey::generate(seed);
    seed.fill(0);
    let pem = key.to_pem().map_err(|error| Failure::new("key-encode", error.to_string()))?;
    let public = public_path(out);
    write_new(out, pem.as_bytes(), 0o600)?;
    write_new(&public, key.public().to_pem().as_bytes(), 0o644)?;
    print(
        format!(
            "private key  {}  (keep it secret)\npublic key   {}  (give it to whoever verifies)\nkeyid        {}\n",
            out.display(),
            public.display(),
            key.public().keyid()
        )
        .as_bytes(),
    )?;
    Ok(0)
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
    let bytes = read_file(file, "key")?;
    let public = match PublicKey::from_pem(&bytes) {
        Ok(public) => public,
        Err(_) => private(file)?.public(),
    };
    print(format!("algorithm  {}\nkeyid      {}\n{}", public.algorithm().name(), public.keyid(), public.to_pem()).as_bytes())?;
    Ok(0)
}

/// Reads a private key.
pub fn private(file: &Path) -> Result<PrivateKey, Failure> {
    let bytes = read_file(file, "key")?;
    PrivateKey::from_pem(&bytes)
        .map_err(|error| Failure::new("key-read", format!("cannot use the key: {error}")).at(file.display()))
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
