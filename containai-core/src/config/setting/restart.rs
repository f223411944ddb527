use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::engine::RestartPolicy;

/// The restart policy; default `no`.
///
/// Workspaces cannot set it: containers that run without a command use the machine at all times.
pub(in crate::config) const RESTART: SettingSpec = SettingSpec {
    key: "restart",
    scope: SettingScope::UserOrWorkspace("restart"),
    env: None,
    flag: Some("--restart"),
    trust: Trust::Never,
    kind: SettingKind::Choice(&["no", "unless-stopped"]),
    default: "no",
    summary: "whether the container starts with the engine, as after a reboot",
    check: |text| Ok(text.parse::<RestartPolicy>().map(drop)?),
};
