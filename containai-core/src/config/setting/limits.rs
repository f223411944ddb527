//! How much of the host a container may use.

use super::{Kind, Scope, SettingSpec};
use crate::byte_size::ByteSize;
use crate::config::Trust;
use crate::config::error::Cause;
use crate::resources::Cpus;

/// The most memory; default half of the host's.
///
/// The workspace may ask for less, as a project may know that it needs little.
pub(in crate::config) const MEMORY_LIMIT: SettingSpec = SettingSpec {
    key: "resources.memory_limit",
    scope: Scope::User,
    env: None,
    flag: Some("--memory"),
    trust: Trust::OnlyLower,
    kind: Kind::Size,
    default: "half of the host's",
    summary: "most memory of a new container",
    check: |text| parse_memory(text).map(drop),
};

/// The most processors; default half of the host's.
pub(in crate::config) const CPU_LIMIT: SettingSpec = SettingSpec {
    key: "resources.cpu_limit",
    scope: Scope::User,
    env: None,
    flag: Some("--cpus"),
    trust: Trust::OnlyLower,
    kind: Kind::Number,
    default: "half of the host's",
    summary: "most processors of a new container",
    check: |text| Ok(text.parse::<Cpus>().map(drop)?),
};

/// Reads a limit of memory that Docker takes: it reads 0 as no limit, and
/// refuses less than 6 MiB.
///
/// # Errors
///
/// [`LimitError`] for less than that, and what is wrong with a text that is no
/// size at all.
pub fn parse_memory(text: &str) -> Result<ByteSize, Cause> {
    let size: ByteSize = text.parse()?;
    match size < LimitError::LEAST {
        true => Err(Box::new(LimitError { size })),
        false => Ok(size),
    }
}

/// A limit of memory that nothing can run within.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a container cannot run in `{size}`: {} is the least", Self::LEAST)]
#[non_exhaustive]
pub struct LimitError {
    /// What was given.
    pub size: ByteSize,
}

impl LimitError {
    const LEAST: ByteSize = ByteSize::from_bytes(6 << 20);
}
