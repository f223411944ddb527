//! The builders of engines.

/// The builder of an engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImageBuilder {
    /// BuildKit, in Docker since 18.09.
    BuildKit,
    /// The builder that every engine has. It knows no mounts, no here-documents and no predefined
    /// platform arguments.
    Classic,
}
