//! The session environment.

use super::{Kind, Scope, SettingSpec, read_switch};
use crate::config::Trust;
use crate::config::error::Cause;
use crate::naming::EnvName;

/// The variables passed to sessions; no others are.
pub(in crate::config) const IMPORT: SettingSpec = SettingSpec {
    key: "env.import",
    scope: Scope::Either("env.import"),
    env: None,
    flag: None,
    trust: Trust::Approved,
    kind: Kind::List("variable names"),
    default: "",
    summary: "variables passed to every session of the container",
    check: |text| read_env_name(text).map(drop),
};

/// Whether values are taken from the environment of `cai`; default yes, unless an environment file
/// is set.
pub(in crate::config) const FROM_HOST: SettingSpec = SettingSpec {
    key: "env.from_host",
    scope: Scope::Either("env.from_host"),
    kind: Kind::Switch,
    default: "true, false with `env.env_file`",
    summary: "whether values of `env.import` are taken from the environment of `cai`, before `env.env_file`",
    check: |text| read_switch(text).map(drop),
    ..IMPORT
};

/// The environment file in the workspace.
pub(in crate::config) const FILE: SettingSpec = SettingSpec {
    key: "env.env_file",
    scope: Scope::Either("env.env_file"),
    kind: Kind::Text("a path inside the workspace"),
    default: "",
    summary: "file in the workspace with values of `env.import`, one NAME=value per line",
    check: |text| read_env_file(text).map(drop),
    ..IMPORT
};

pub(in crate::config) fn read_env_name(text: &str) -> Result<EnvName, Cause> {
    Ok(text.parse()?)
}

/// Parses a path that lexically stays inside the workspace; opening it must check symbolic links.
pub(in crate::config) fn read_env_file(text: &str) -> Result<String, Cause> {
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
