//! The engine.

use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::config::error::ValueError;

/// The engine's address; default is the dedicated engine's socket.
pub(in crate::config) const DOCKER_HOST: SettingSpec = SettingSpec {
    key: "docker_host",
    scope: SettingScope::User,
    env: Some("CONTAINAI_DOCKER_HOST"),
    flag: Some("--docker-host"),
    trust: Trust::Never,
    kind: SettingKind::Text("a `unix://`, `tcp://` or `ssh://` address"),
    default: "",
    summary: "address of the engine; by default, the dedicated engine that `cai setup` installs",
    check: |text| read_docker_host(text).map(drop),
};

/// Accepts any plausible address; connecting validates it.
pub(in crate::config) fn read_docker_host(text: &str) -> Result<String, ValueError> {
    if text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("expected a `unix://`, `tcp://` or `ssh://` address".into());
    }
    Ok(text.to_owned())
}
