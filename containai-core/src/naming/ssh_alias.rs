//! SSH aliases.

use super::ContainerName;
use super::newtype::reads_as_text;

/// The `Host` of a container in the SSH configuration: `containai-<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshAlias(String);

reads_as_text!(SshAlias);

impl SshAlias {
    /// Returns the alias of a container.
    #[must_use]
    pub fn of(container: &ContainerName) -> Self {
        Self(format!("containai-{container}"))
    }
}
