//! Imports and exports.

use super::{Kind, Scope, SettingSpec, read_switch};
use crate::config::Trust;
use crate::config::error::Cause;
use crate::import::AllowedSecret;
use crate::naming::HomePath;

/// Additional paths of the home directory to import; default none.
pub(in crate::config) const PATHS: SettingSpec = SettingSpec {
    key: "import.additional_paths",
    scope: Scope::Either("import.additional_paths"),
    env: None,
    flag: None,
    trust: Trust::Approved,
    kind: Kind::List("`~/path`"),
    default: "",
    summary: "additional home directory paths that `cai import` copies",
    check: |text| read_home_path(text).map(drop),
};

/// Exclusions from imports, in addition to the built-in ones; default none.
pub(in crate::config) const EXCLUDES: SettingSpec = SettingSpec {
    key: "import.excludes",
    scope: Scope::Either("import.excludes"),
    kind: Kind::List("a path on the volume or a file name pattern"),
    summary: "paths and patterns that `cai import` skips, as `--exclude`",
    check: |text| read_exclude(text).map(drop),
    ..PATHS
};

/// Whether imports skip private files; default yes.
pub(in crate::config) const EXCLUDE_PRIVATE: SettingSpec = SettingSpec {
    key: "import.exclude_priv",
    scope: Scope::Either("import.exclude_priv"),
    kind: Kind::Switch,
    default: "true",
    summary: "whether `cai import` skips files named `*.priv.*`",
    check: |text| read_switch(text).map(drop),
    ..PATHS
};

/// The agents whose credentials are imported; default none. Workspaces cannot set it, since it
/// decides who can log in as the user.
pub(in crate::config) const CREDENTIALS: SettingSpec = SettingSpec {
    key: "import.credentials",
    scope: Scope::Either("import.credentials"),
    trust: Trust::Never,
    kind: Kind::List("agent names"),
    summary: "agents whose credentials `cai import` copies, as `--credentials`",
    check: |text| read_word(text).map(drop),
    ..PATHS
};

/// The secrets to import; default none. Workspaces cannot set it.
pub(in crate::config) const ALLOWED: SettingSpec = SettingSpec {
    key: "import.allow_secrets",
    scope: Scope::Either("import.allow_secrets"),
    trust: Trust::Never,
    kind: Kind::List("`PATH:KEY`, or `PATH` for the whole file"),
    summary: "secrets in settings that `cai import` copies, as `--allow-secret`",
    check: |text| read_allowed(text).map(drop),
    ..PATHS
};

/// Exclusions from exports; default none. Workspaces cannot set it, since it decides what the user
/// keeps.
pub(in crate::config) const NOT_EXPORTED: SettingSpec = SettingSpec {
    key: "export.excludes",
    scope: Scope::Either("export.excludes"),
    trust: Trust::Never,
    summary: "paths and patterns that `cai export` skips, as `--exclude`",
    ..EXCLUDES
};

pub(in crate::config) fn read_home_path(text: &str) -> Result<HomePath, Cause> {
    Ok(text.parse()?)
}

pub(in crate::config) fn read_exclude(text: &str) -> Result<String, Cause> {
    match text.trim_matches('/').is_empty() || text.contains(char::is_control) {
        true => Err(
            "expected a path on the volume such as `claude/skills`, or a pattern such as `*.log`"
                .into(),
        ),
        false => Ok(text.to_owned()),
    }
}

pub(in crate::config) fn read_allowed(text: &str) -> Result<AllowedSecret, Cause> {
    AllowedSecret::parse(text).map_err(|error| error.to_string().into())
}

/// Parses a potential manifest name; whether the manifest exists is checked later.
pub(in crate::config) fn read_word(text: &str) -> Result<String, Cause> {
    match text.is_empty() || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        true => Err("expected the name of an agent or a manifest, such as `claude`".into()),
        false => Ok(text.to_owned()),
    }
}
