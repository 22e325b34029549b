//! A Debian package (deb(5)): an `ar` archive of format version, control files and data.

use ar::{Builder, Header};

use crate::dist::Release;
use crate::dist::tarball::{Entry, gzip, tar};

const DESCRIPTION: &str = "\
evidence for regulated Kubernetes platforms
 Seals what a cluster shows, assesses it against obligations of DORA and others,
 and hands out a signed report that anyone recomputes offline.
 .
 Contains nachweis, nachweis-verify for auditors, and the kubectl plugin.";

/// The package.
pub fn package(release: &Release) -> Result<Vec<u8>, String> {
    let files = files(release)?;
    let seconds = release.seconds();
    let data = gzip(&tar(&with_folders(&files), seconds)?)?;
    let installed: usize = files.iter().map(|(_, entry)| size(entry)).sum();
    let control = control(release, installed.div_ceil(1024));
    let control = gzip(&tar(&[("./control".into(), Entry::File(0o644, control.as_bytes()))], seconds)?)?;
    let mut builder = Builder::new(Vec::new());
    let members: [(&str, &[u8]); 3] =
        [("debian-binary", b"2.0\n"), ("control.tar.gz", &control), ("data.tar.gz", &data)];
    for (name, bytes) in members {
        let mut header = Header::new(name.as_bytes().to_vec(), bytes.len() as u64);
        header.set_mode(0o100_644);
        header.set_mtime(seconds);
        builder.append(&header, bytes).map_err(|error| format!("Debian package: {error}"))?;
    }
    builder.into_inner().map_err(|error| format!("Debian package: {error}"))
}

fn control(release: &Release, kibibytes: usize) -> String {
    format!(
        "Package: nachweis\nVersion: {}\nArchitecture: {}\nMaintainer: {} <packages@nachweis.invalid>\n\
         Installed-Size: {kibibytes}\nSection: admin\nPriority: optional\nHomepage: {}\nDescription: {DESCRIPTION}\n",
        release.version,
        release.architecture,
        "The developers of Nachweis",
        env!("CARGO_PKG_REPOSITORY"),
    )
}

/// Path below the root, without the dot; sorted.
type Installed<'a> = Vec<(String, Owned<'a>)>;

enum Owned<'a> {
    File(u32, std::borrow::Cow<'a, [u8]>),
    Link(&'static str),
}

fn size(entry: &Owned<'_>) -> usize {
    match entry {
        Owned::File(_, bytes) => bytes.len(),
        Owned::Link(_) => 0,
    }
}

fn files(release: &Release) -> Result<Installed<'_>, String> {
    let mut files: Installed<'_> = Vec::new();
    for (name, bytes) in &release.binaries {
        files.push((format!("usr/bin/{name}"), Owned::File(0o755, bytes.as_slice().into())));
    }
    files.push(("usr/bin/kubectl-nachweis".into(), Owned::Link("nachweis")));
    for (name, page) in &release.manual {
        files.push((format!("usr/share/man/man1/{name}.gz"), Owned::File(0o644, gzip(page)?.into())));
    }
    for (shell, script) in &release.completions {
        let path = match shell.as_str() {
            "bash" => "usr/share/bash-completion/completions/nachweis",
            "zsh" => "usr/share/zsh/vendor-completions/_nachweis",
            "fish" => "usr/share/fish/vendor_completions.d/nachweis.fish",
            other => return Err(format!("Debian has no folder for completions of `{other}`")),
        };
        files.push((path.into(), Owned::File(0o644, script.as_slice().into())));
    }
    let copyright = format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nSource: {}\n\n\
         Files: *\nCopyright: the developers of Nachweis\nLicense: {}\n On Debian systems the text is in \
         /usr/share/common-licenses/Apache-2.0.\n",
        env!("CARGO_PKG_REPOSITORY"),
        env!("CARGO_PKG_LICENSE"),
    );
    files
        .push(("usr/share/doc/nachweis/copyright".into(), Owned::File(0o644, copyright.into_bytes().into())));
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(files)
}

/// Entries of the data archive: every folder stands before what is in it.
fn with_folders<'a>(files: &'a Installed<'_>) -> Vec<(String, Entry<'a>)> {
    let mut entries = vec![("./".to_string(), Entry::Folder)];
    for (path, owned) in files {
        for (at, _) in path.match_indices('/') {
            let folder = format!("./{}/", &path[..at]);
            if !entries.iter().any(|(known, _)| *known == folder) {
                entries.push((folder, Entry::Folder));
            }
        }
        let entry = match owned {
            Owned::File(mode, bytes) => Entry::File(*mode, bytes),
            Owned::Link(target) => Entry::Link(target),
        };
        entries.push((format!("./{path}"), entry));
    }
    entries
}
