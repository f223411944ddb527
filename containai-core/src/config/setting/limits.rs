//! The resource limits of a container.

use super::{SettingKind, SettingScope, SettingSpec};
use crate::byte_size::ByteSize;
use crate::config::Trust;
use crate::config::error::ValueError;
use crate::resources::Cpus;

/// The memory limit; default half of the host's memory.
///
/// Workspaces may request less, since a project may know its needs.
pub(in crate::config) const MEMORY_LIMIT: SettingSpec = SettingSpec {
    key: "resources.memory_limit",
    scope: SettingScope::User,
    env: None,
    flag: Some("--memory"),
    trust: Trust::LowerOnly,
    kind: SettingKind::Size,
    default: "half of the host's",
    summary: "memory limit of a new container",
    check: |text| parse_memory(text).map(drop),
};

/// The CPU limit; default half of the host's processors.
pub(in crate::config) const CPU_LIMIT: SettingSpec = SettingSpec {
    key: "resources.cpu_limit",
    scope: SettingScope::User,
    env: None,
    flag: Some("--cpus"),
    trust: Trust::LowerOnly,
    kind: SettingKind::Number,
    default: "half of the host's",
    summary: "CPU limit of a new container",
    check: |text| Ok(text.parse::<Cpus>().map(drop)?),
};

/// Parses a memory limit that Docker accepts. Docker treats 0 as unlimited and rejects less than 6
/// MiB.
///
/// # Errors
///
/// [`MemoryLimitError`] for a smaller limit, and [`ByteSizeError`](crate::byte_size::ByteSizeError)
/// for a text that is not a size.
pub fn parse_memory(text: &str) -> Result<ByteSize, ValueError> {
    let size: ByteSize = text.parse()?;
    match size < MemoryLimitError::MIN {
        true => Err(Box::new(MemoryLimitError { size })),
        false => Ok(size),
    }
}

/// A memory limit below Docker's minimum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a container cannot run in `{size}`: {} is the least", Self::MIN)]
#[non_exhaustive]
pub struct MemoryLimitError {
    /// The limit.
    pub size: ByteSize,
}

impl MemoryLimitError {
    const MIN: ByteSize = ByteSize::from_bytes(6 << 20);
}
