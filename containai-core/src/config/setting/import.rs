//! Imports and exports.

use super::{SettingKind, SettingScope, SettingSpec, read_bool};
use crate::config::Trust;
use crate::config::error::ValueError;
use crate::import::AllowedSecret;
use crate::naming::HomePath;

/// Additional paths of the home directory to import; default none.
pub(in crate::config) const IMPORT_PATHS: SettingSpec = SettingSpec {
    key: "import.additional_paths",
    scope: SettingScope::UserOrWorkspace("import.additional_paths"),
    env: None,
    flag: None,
    trust: Trust::WhenApproved,
    kind: SettingKind::List("`~/path`"),
    default: "",
    summary: "additional home directory paths that `cai import` copies",
    check: |text| read_home_path(text).map(drop),
};

/// Exclusions from imports, in addition to the built-in ones; default none.
pub(in crate::config) const IMPORT_EXCLUDES: SettingSpec = SettingSpec {
    key: "import.excludes",
    scope: SettingScope::UserOrWorkspace("import.excludes"),
    kind: SettingKind::List("a path on the volume or a file name pattern"),
    summary: "paths and patterns that `cai import` skips, as `--exclude`",
    check: |text| read_exclude(text).map(drop),
    ..IMPORT_PATHS
};

/// Whether imports skip private files; default yes.
pub(in crate::config) const IMPORT_EXCLUDE_PRIVATE: SettingSpec = SettingSpec {
    key: "import.exclude_priv",
    scope: SettingScope::UserOrWorkspace("import.exclude_priv"),
    kind: SettingKind::Bool,
    default: "true",
    summary: "whether `cai import` skips files named `*.priv.*`",
    check: |text| read_bool(text).map(drop),
    ..IMPORT_PATHS
};

/// Whether settings are imported to new containers; default no. Workspaces cannot set it.
pub(in crate::config) const IMPORT_ON_CREATE: SettingSpec = SettingSpec {
    key: "import.on_create",
    scope: SettingScope::UserOrWorkspace("import.on_create"),
    trust: Trust::Never,
    kind: SettingKind::Bool,
    default: "false",
    summary: "whether `cai run` imports settings to a container that it creates",
    check: |text| read_bool(text).map(drop),
    ..IMPORT_PATHS
};

/// The agents whose credentials are imported; default none. Workspaces cannot set it, since it
/// decides who can log in as the user.
pub(in crate::config) const IMPORT_CREDENTIALS: SettingSpec = SettingSpec {
    key: "import.credentials",
    scope: SettingScope::UserOrWorkspace("import.credentials"),
    trust: Trust::Never,
    kind: SettingKind::List("agent names"),
    summary: "agents whose credentials `cai import` copies, as `--credentials`",
    check: |text| read_manifest_name(text).map(drop),
    ..IMPORT_PATHS
};

/// The secrets to import; default none. Workspaces cannot set it.
pub(in crate::config) const IMPORT_ALLOWED_SECRETS: SettingSpec = SettingSpec {
    key: "import.allow_secrets",
    scope: SettingScope::UserOrWorkspace("import.allow_secrets"),
    trust: Trust::Never,
    kind: SettingKind::List("`PATH:KEY`, or `PATH` for the whole file"),
    summary: "secrets in settings that `cai import` copies, as `--allow-secret`",
    check: |text| read_allowed_secret(text).map(drop),
    ..IMPORT_PATHS
};

/// Exclusions from exports; default none. Workspaces cannot set it, since it decides what the user
/// keeps.
pub(in crate::config) const EXPORT_EXCLUDES: SettingSpec = SettingSpec {
    key: "export.excludes",
    scope: SettingScope::UserOrWorkspace("export.excludes"),
    trust: Trust::Never,
    summary: "paths and patterns that `cai export` skips, as `--exclude`",
    ..IMPORT_EXCLUDES
};

pub(in crate::config) fn read_home_path(text: &str) -> Result<HomePath, ValueError> {
    Ok(text.parse()?)
}

pub(in crate::config) fn read_exclude(text: &str) -> Result<String, ValueError> {
    match text.trim_matches('/').is_empty() || text.contains(char::is_control) {
        true => Err(
            "expected a path on the volume such as `claude/skills`, or a pattern such as `*.log`"
                .into(),
        ),
        false => Ok(text.to_owned()),
    }
}

pub(in crate::config) fn read_allowed_secret(text: &str) -> Result<AllowedSecret, ValueError> {
    AllowedSecret::parse(text).map_err(|error| error.to_string().into())
}

/// Parses a potential manifest name; whether the manifest exists is checked later.
pub(in crate::config) fn read_manifest_name(text: &str) -> Result<String, ValueError> {
    match text.is_empty() || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        true => Err("expected the name of an agent or a manifest, such as `claude`".into()),
        false => Ok(text.to_owned()),
    }
}
