//! What there is to know about a setting.

use super::{agent, engine, image, isolation, limits, ssh, volume};
use crate::config::Trust;

/// One setting: under which names it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingSpec {
    /// Its key in a file, dots between tables and keys.
    pub key: &'static str,
    /// Its key in the user's section for a workspace, dots as in `key`; `None`
    /// where it cannot differ between workspaces.
    pub section_key: Option<&'static str>,
    /// Its environment variable.
    pub env: Option<&'static str>,
    /// Its flag on the command line.
    pub flag: Option<&'static str>,
    /// Whether the workspace's own file may set it.
    pub trust: Trust,
}

/// Every setting there is.
pub const SETTINGS: &[SettingSpec] = &[
    agent::AGENT,
    image::IMAGE,
    image::IMAGE_SOURCE,
    isolation::ISOLATION,
    engine::DOCKER_HOST,
    volume::DATA_VOLUME,
    limits::MEMORY_LIMIT,
    limits::CPU_LIMIT,
    ssh::PORT_RANGE_START,
    ssh::PORT_RANGE_END,
    ssh::FORWARD_AGENT,
    ssh::LOCAL_FORWARD,
    ssh::REMOTE_FORWARD,
    ssh::OPTIONS,
    ssh::MUX,
    ssh::MUX_IDLE,
];
