//! Errors in manifests.

/// An error in a manifest, with its line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
#[non_exhaustive]
pub struct ManifestError {
    /// The line number, from 1.
    pub line: usize,
    /// The error.
    pub kind: ManifestErrorKind,
}

/// An error in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestErrorKind {
    /// The text is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// A key is unknown.
    #[error("unknown key `{0}`")]
    UnknownKey(String),
    /// A required key is missing.
    #[error("missing key `{0}`")]
    MissingKey(&'static str),
    /// A value has the wrong type.
    #[error("`{key}` must be {expected}")]
    WrongType {
        /// The key.
        key: String,
        /// The expected type.
        expected: &'static str,
    },
    /// A path is absolute, contains `..`, or is ambiguous.
    #[error("`{key}` is `{}`, {reason}", path.escape_debug())]
    InvalidPath {
        /// The key.
        key: &'static str,
        /// The value.
        path: String,
        /// The reason.
        reason: &'static str,
    },
    /// The flags contain an unknown letter or contradict each other.
    #[error("`flags` is `{}`, {reason}", flags.escape_debug())]
    Flags {
        /// The value.
        flags: String,
        /// The reason.
        reason: &'static str,
    },
}
