//! The session environment.

use super::{SettingKind, SettingScope, SettingSpec, read_bool};
use crate::config::Trust;
use crate::config::error::ValueError;
use crate::naming::EnvName;

/// The variables passed to sessions; no others are.
pub(in crate::config) const ENV_IMPORT: SettingSpec = SettingSpec {
    key: "env.import",
    scope: SettingScope::UserOrWorkspace("env.import"),
    env: None,
    flag: None,
    trust: Trust::WhenApproved,
    kind: SettingKind::List("variable names"),
    default: "",
    summary: "variables passed to every session of the container",
    check: |text| read_env_name(text).map(drop),
};

/// Whether values are taken from the environment of `cai`; default yes, unless an environment file
/// is set.
pub(in crate::config) const ENV_FROM_HOST: SettingSpec = SettingSpec {
    key: "env.from_host",
    scope: SettingScope::UserOrWorkspace("env.from_host"),
    kind: SettingKind::Bool,
    default: "true, false with `env.env_file`",
    summary: "whether values of `env.import` are taken from the environment of `cai`, before `env.env_file`",
    check: |text| read_bool(text).map(drop),
    ..ENV_IMPORT
};

/// The environment file in the workspace.
pub(in crate::config) const ENV_FILE: SettingSpec = SettingSpec {
    key: "env.env_file",
    scope: SettingScope::UserOrWorkspace("env.env_file"),
    kind: SettingKind::Text("a path inside the workspace"),
    default: "",
    summary: "file in the workspace with values of `env.import`, one NAME=value per line",
    check: |text| read_workspace_path(text).map(drop),
    ..ENV_IMPORT
};

pub(in crate::config) fn read_env_name(text: &str) -> Result<EnvName, ValueError> {
    Ok(text.parse()?)
}

/// Parses a path that lexically stays inside the workspace; opening it must check symbolic links.
pub(in crate::config) fn read_workspace_path(text: &str) -> Result<String, ValueError> {
    let mut depth = 0i32;
    let mut stays = !text.is_empty() && !text.starts_with('/') && !text.contains(char::is_control);
    for part in text.split('/') {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        stays &= depth >= 0;
    }
    match stays && depth > 0 {
        true => Ok(text.to_owned()),
        false => Err("expected a relative path inside the workspace".into()),
    }
}
