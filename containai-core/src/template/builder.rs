//! The builders of engines.

/// The builder of an engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImageBuilder {
    /// BuildKit of Docker 23 and later.
    BuildKit,
    /// BuildKit of earlier versions, which reads here-documents and some options only by a frontend
    /// from a registry.
    EarlyBuildKit,
    /// The builder that every engine has. It knows no mounts, no here-documents and no predefined
    /// platform arguments.
    Classic,
}
