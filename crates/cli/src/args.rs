//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use nachweis_evaluate::FailOn;
use nachweis_model::{Instant, Lang, Severity};

/// Evidence for regulated Kubernetes platforms: seal what a cluster shows, assess it against obligations of
/// DORA and others, and hand out a report that anyone recomputes.
#[derive(Parser)]
#[command(name = "nachweis", version, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  nachweis assess --live
  kubectl get pods,deploy,netpol,clusterroles -A -o json | nachweis assess -
  nachweis assess support-bundle.tar.gz --key audit.key
  nachweis verify nachweis-bundle --trust audit.key.pub
  nachweis report nachweis-bundle --format html --lang de --out report.html

Exit codes: 0 nothing to report · 1 the run failed · 2 wrong usage · 3 something is not satisfied
            4 something is indeterminate or unproven · 5 verification contradicts";

#[derive(Subcommand)]
pub enum Command {
    /// Seal manifests, dumps, lists or a running cluster into a snapshot
    #[command(after_help = "\
Examples:
  nachweis snapshot --live --context prod-eu-1 --evidence audit-policy=/etc/kubernetes/audit.yaml
  nachweis snapshot support-bundle.tar.gz
  nachweis snapshot manifests/ --cluster prod-eu-1 --at 2026-11-20T06:00:00Z --complete all
  kubectl get netpol -A -o json | nachweis snapshot - --complete netpol
  nachweis snapshot --git ../gitops@main:clusters/prod --complete all
  nachweis snapshot support-bundle.tar.gz --pseudonymise people.key
  nachweis snapshot dump/ --evidence audit-policy=/etc/kubernetes/audit-policy.yaml")]
    Snapshot(SnapshotArgs),
    /// Write an overlay with guesses from inputs or a snapshot, for review
    #[command(after_help = "\
Examples:
  nachweis init support-bundle.tar.gz
  nachweis init manifests/ --out overlay

Every guess stands below the evidence for it; what nothing shows is left for you as a comment. An
overlay that exists is never replaced.")]
    Init(crate::init::InitArgs),
    /// Assess inputs, a running cluster or a sealed snapshot, and write a bundle
    #[command(after_help = "\
Examples:
  nachweis assess --live --context prod-eu-1 --key audit.key
  nachweis assess manifests/ --complete all
  nachweis assess nachweis-snapshot --overlay overlay/ --key audit.key --out bundle
  nachweis assess dump.tar.gz --pack dora --fail-on not-satisfied --min-severity high
  nachweis assess manifests/ --complete all --baseline accepted-bundle")]
    Assess(AssessArgs),
    /// Check a bundle's proofs and recompute every verdict
    #[command(after_help = "\
Examples:
  nachweis verify nachweis-bundle --trust audit.key.pub
  nachweis verify bundle.tar --trust audit.key.pub --accept-catalog sha256:…

Exit codes: 0 everything holds with a trusted signer and a known catalogue and overlay
            4 consistent, but signer, catalogue or overlay unproven · 5 a contradiction")]
    Verify(VerifyArgs),
    /// Render the assessment of a bundle
    #[command(after_help = "\
Examples:
  nachweis report nachweis-bundle --format html --out report.html
  nachweis report nachweis-bundle --format html --lang de --out bericht.html
  nachweis report nachweis-bundle --format html --against last-quarter --out report.html
  nachweis report nachweis-bundle --format sarif --source manifests/ --out nachweis.sarif
  nachweis report nachweis-bundle --format json")]
    Report(ReportArgs),
    /// Tell what differs between two bundles, and why
    #[command(after_help = "\
Examples:
  nachweis diff bundle-january bundle-february
  nachweis diff last-release.tar nachweis-bundle --items 50
  nachweis diff old new --format json | jq '.findings[] | select(.class == \"new\")'

Causes are told apart in a fixed order, each on top of those before it: engine semantics,
catalogue, overlay (own controls, parameters, exemptions, statements), packs, instant, and
last the cluster. The bundles are not verified: `nachweis verify` does.

Exit codes: 0 nothing differs, or nothing new is open · 3 a finding is not satisfied and was not
            so before · 4 none of these, but one is indeterminate that was neither · what is
            exempted does not count")]
    Diff(DiffArgs),
    /// Explain a control, an item or an obligation, by itself or in one run
    #[command(after_help = "\
Examples:
  nachweis explain network-policy-coverage
  nachweis explain network-policy-coverage nachweis-bundle
  nachweis explain Pod/payments/api-0 nachweis-bundle --lang de
  nachweis explain 'DORA-9(4)(b)' nachweis-bundle")]
    Explain(crate::explain::ExplainArgs),
    /// List the items of a snapshot or bundle, or show one with its proof
    #[command(after_help = "\
Examples:
  nachweis items nachweis-bundle --kind Deployment --namespace payments
  nachweis items nachweis-bundle --show Pod/payments/api-0")]
    Items(crate::items_cmd::ItemsArgs),
    /// Work on controls: list, show, coverage, lint, test, new, trace
    Catalog {
        #[command(subcommand)]
        command: crate::catalog::CatalogCommand,
    },
    /// Make or show a signing key
    #[command(after_help = "\
Examples:
  nachweis key generate --out audit.key     writes audit.key and audit.key.pub
  NACHWEIS_KEY_PASSWORD_FILE=secret nachweis key generate --out audit.key --encrypt
  nachweis key pseudonyms --out people.key
  nachweis key show audit.key.pub

An encrypted key is opened with the password in NACHWEIS_KEY_PASSWORD, or in the file that
NACHWEIS_KEY_PASSWORD_FILE names.")]
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Versions of the engine, its semantics, the catalogue and the formats
    Version(VersionArgs),
    /// Print the completion script of a shell
    #[command(after_help = "\
Examples:
  nachweis completions bash > /etc/bash_completion.d/nachweis
  nachweis completions zsh > ~/.zfunc/_nachweis")]
    Completions {
        /// Shell that the script is for
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one per command
    #[command(after_help = "\
Example:
  nachweis manual ~/.local/share/man/man1")]
    Manual {
        /// Folder that the pages are written into; it is made where it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// for people
    #[default]
    Text,
    /// for scripts
    Json,
}

/// How inputs are read.
#[derive(Args)]
pub struct InputArgs {
    /// Folders, files or archives; `-` reads stdin
    #[arg(required_unless_present_any = ["git", "live"], conflicts_with = "live", value_name = "INPUT")]
    pub inputs: Vec<String>,
    /// Files of a commit, read without a checkout; the commit's id is sealed
    #[arg(long, value_name = "REPO@REV[:FOLDER]", conflicts_with = "live")]
    pub git: Vec<crate::git::Git>,
    /// Name of the cluster, where the input does not tell
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Instant at which the input held, where it does not tell
    #[arg(long, value_name = "INSTANT", conflicts_with = "live")]
    pub at: Option<Instant>,
    /// Kinds of which the input holds everything, or `all`: declared by you, and sealed as such
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub complete: Vec<String>,
    /// File of the input whose unreadable content may be left out; sealed as ignored
    #[arg(long, value_name = "FILE")]
    pub ignore: Vec<String>,
    /// Configuration that no API server serves: admission, audit-policy, authentication, authorization,
    /// encryption, kubeadm, kubelet, sbom; several of one kind as kubelet/NODE=FILE
    #[arg(long, value_name = "NAME=FILE")]
    pub evidence: Vec<crate::evidence::Evidence>,
    /// Replace names of people by pseudonyms of this key before anything is stored: a file, env:NAME or fd:N
    #[arg(long, value_name = "KEYFILE")]
    pub pseudonymise: Option<PathBuf>,
    /// Threads that read, from the first byte on; without it a small input is read by one. The result does not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub live: crate::live::LiveArgs,
}

#[derive(Args)]
pub struct SnapshotArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Folder to write, or a tar file if its name ends in .tar
    #[arg(short, long, value_name = "DIR", default_value = "nachweis-snapshot")]
    pub out: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct AssessArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Folder with the organisation's params.yaml, exemptions.yaml and controls/
    #[arg(long, value_name = "DIR")]
    pub overlay: Option<PathBuf>,
    /// Catalogue release, by version or digest; the newest one by default
    #[arg(long, value_name = "VERSION")]
    pub catalog: Option<String>,
    /// Only controls for these packs
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub pack: Vec<String>,
    /// Instant against which ages are measured; that of the snapshot by default
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<Instant>,
    /// Private key (PKCS#8 PEM) to sign the report with: a file, env:NAME or fd:N
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Folder to write the bundle to, or a tar file if its name ends in .tar
    #[arg(short, long, value_name = "BUNDLE", default_value = "nachweis-bundle")]
    pub out: PathBuf,
    /// What raises the exit code: indeterminate (3 or 4), not-satisfied (3) or never
    #[arg(long, value_name = "VERDICT", default_value = "indeterminate")]
    pub fail_on: FailOn,
    /// Findings below this severity do not raise the exit code
    #[arg(long, value_name = "SEVERITY")]
    pub min_severity: Option<Severity>,
    /// Earlier bundle of the same cluster: only what is new against it raises the exit code
    #[arg(long, value_name = "BUNDLE")]
    pub baseline: Option<PathBuf>,
    /// Language of the text: en or de
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct VerifyArgs {
    /// Folder or tar file of a bundle
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// Public key (SPKI PEM) that is known from elsewhere
    #[arg(long, value_name = "PUBKEY")]
    pub trust: Vec<PathBuf>,
    /// Digest of a catalogue or overlay that is accepted
    #[arg(long, value_name = "DIGEST")]
    pub accept_catalog: Vec<nachweis_canon::Digest>,
    /// Inclusion proof of `nachweis items --show` that the snapshot has to bear out
    #[arg(long, value_name = "FILE")]
    pub proof: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rendering {
    /// One self-contained page
    Html,
    /// Everything, with names in place of indices
    Json,
    /// One row per control and item
    Csv,
    /// The first screen
    Text,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test pages of CI systems
    Junit,
}

#[derive(Args)]
pub struct ReportArgs {
    /// Folder or tar file of a bundle
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// What to render
    #[arg(long, value_enum)]
    pub format: Rendering,
    /// Older bundle: also tell what changed since, and why (html, json, text)
    #[arg(long, value_name = "BUNDLE")]
    pub against: Option<PathBuf>,
    /// Language: en or de
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
    /// File to write; stdout by default
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Folder or file in which the objects are declared: sarif and junit point into it
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// Earlier bundle of the same cluster: text, json, sarif and junit tell what is new against it
    #[arg(long, value_name = "BUNDLE")]
    pub baseline: Option<PathBuf>,
}

#[derive(Args)]
pub struct DiffArgs {
    /// Folder or tar file of the older bundle
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// Folder or tar file of the newer bundle
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Lines of one list that the text shows; JSON has all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub items: usize,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Make a key pair: FILE (PKCS#8 PEM, readable by its owner only) and FILE.pub
    Generate {
        /// File of the private key
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Kind of key
        #[arg(long, value_enum, default_value_t)]
        algorithm: KeyAlgorithm,
        /// Encrypt the private key with the password of the environment
        #[arg(long)]
        encrypt: bool,
    },
    /// Make a key for pseudonyms of people: FILE, readable by its owner only
    Pseudonyms {
        /// File of the key
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show algorithm and keyid of a private or public key
    Show {
        /// Key file, env:NAME or fd:N
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8032)
    #[default]
    Ed25519,
    /// ECDSA on NIST P-256 with SHA-256
    P256,
}

#[derive(Args)]
pub struct VersionArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}
