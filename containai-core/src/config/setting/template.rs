//! The additions to an image: template and `devcontainer.json`.

use std::fmt;
use std::str::FromStr;

use super::env::read_workspace_path;
use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::config::error::ValueError;
use crate::naming::TemplateName;

/// The template of a new container; default none.
///
/// Workspaces need approval: templates belong to the user, and building one copies files and
/// downloads.
pub(in crate::config) const TEMPLATE: SettingSpec = SettingSpec {
    key: "template.default",
    scope: SettingScope::UserOrWorkspace("template"),
    env: Some("CONTAINAI_TEMPLATE"),
    flag: Some("--template"),
    trust: Trust::WhenApproved,
    kind: SettingKind::Text("a template name, or an empty string"),
    default: "",
    summary: "template of a new container",
    check: |text| read_template(text).map(drop),
};

/// Whether the workspace's `devcontainer.json` is applied; default `off`.
///
/// It comes with the repository, like the workspace's own file, and decides what is pulled and
/// built.
pub(in crate::config) const DEVCONTAINER: SettingSpec = SettingSpec {
    key: "devcontainer",
    scope: SettingScope::UserOrWorkspace("devcontainer"),
    env: Some("CONTAINAI_DEVCONTAINER"),
    flag: Some("--devcontainer"),
    kind: SettingKind::Text("`off`, `on`, or a path inside the workspace"),
    default: "off",
    summary: "`devcontainer.json` of the workspace to apply to a new container",
    check: |text| Ok(text.parse::<DevcontainerChoice>().map(drop)?),
    ..TEMPLATE
};

/// Parses a template name; an empty text is no template.
pub(in crate::config) fn read_template(text: &str) -> Result<Option<TemplateName>, ValueError> {
    match text {
        "" => Ok(None),
        text => Ok(Some(TemplateName::parse(text)?)),
    }
}

/// The `devcontainer.json` to apply.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum DevcontainerChoice {
    /// None.
    #[default]
    Off,
    /// The first existing one of `.devcontainer/devcontainer.json` and `.devcontainer.json`.
    Discovered,
    /// The one at this path in the workspace.
    Path(String),
}

impl fmt::Display for DevcontainerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Discovered => "on",
            Self::Path(path) => path,
        })
    }
}

/// The text is not `on`, `off` or a path inside the workspace.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not `on`, `off` or a path inside the workspace", .0.escape_debug())]
pub struct InvalidDevcontainerChoice(String);

impl FromStr for DevcontainerChoice {
    type Err = InvalidDevcontainerChoice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" | "false" => Ok(Self::Off),
            "on" | "true" => Ok(Self::Discovered),
            path => match read_workspace_path(path) {
                Ok(path) => Ok(Self::Path(path)),
                Err(_) => Err(InvalidDevcontainerChoice(path.to_owned())),
            },
        }
    }
}
