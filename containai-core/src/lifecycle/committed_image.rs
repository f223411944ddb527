use crate::naming::ContainerId;

/// The image that this run committed from a container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CommittedImage {
    /// The container.
    pub of: ContainerId,
    /// The image.
    pub image: String,
    /// The time of the last start of the container, as an opaque text of the engine, read
    /// before the commit.
    pub last_start: String,
}
