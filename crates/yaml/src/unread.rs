use std::fmt;

/// A part of a text that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// line of the problem in the text, from 1
    pub line: usize,
    /// column of the problem in characters, from 1
    pub column: usize,
    /// the kind of problem
    pub reason: Reason,
    /// the problem in words, with what to do where we know it
    pub detail: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}: {}", self.reason, self.line, self.column, self.detail)
    }
}

impl std::error::Error for Unread {}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        /// Why a text was not read. The codes are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])+ $name,)+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Reason] = &[$(Reason::$name,)+];

            /// The code of this reason, in kebab case.
            pub const fn code(self) -> &'static str {
                match self { $(Reason::$name => $code,)+ }
            }
        }
    };
}

reasons! {
    /// bytes of a program, an archive, an image: NUL bytes or a known signature
    Binary = "binary",
    /// a blob encrypted by git-crypt
    GitCrypt = "git-crypt",
    /// a pointer of Git LFS in place of the file
    GitLfs = "git-lfs",
    /// a document encrypted by sops
    Sops = "sops",
    /// a file encrypted by age
    Age = "age",
    /// an OpenPGP message
    Pgp = "pgp",
    /// a file encrypted by ansible-vault
    AnsibleVault = "ansible-vault",
    /// a template of Helm or another Go template, not yet rendered
    HelmTemplate = "helm-template",
    /// no YAML that kubectl reads
    YamlSyntax = "yaml-syntax",
    /// no JSON
    JsonSyntax = "json-syntax",
    /// the text ends inside a value
    Truncated = "truncated",
    /// text that follows the end of a document and that kubectl drops in silence
    AfterDocument = "after-document",
    /// a mapping key that JSON cannot carry: a list, a mapping, null
    MapKey = "map-key",
    /// a tag whose value does not fit, or whose handle is not declared
    Tag = "unknown-tag",
    /// an alias without anchor, or one inside its own anchor
    Alias = "unknown-anchor",
    /// a number that binary64 cannot hold, an infinity, not a number
    NumberRange = "number-range",
    /// an escape that names half of a surrogate pair
    LoneSurrogate = "lone-surrogate",
    /// more levels of nesting than the limit
    TooDeep = "too-deep",
    /// a document longer than the limit
    TooLarge = "too-large",
    /// aliases that stand for more nodes than the limit
    AliasBomb = "alias-bomb",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
