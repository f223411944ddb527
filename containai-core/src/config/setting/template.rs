//! What a container has on top of its image.

use std::fmt;
use std::str::FromStr;

use super::env::read_env_file;
use super::{Kind, Scope, SettingSpec};
use crate::config::Trust;
use crate::config::error::Cause;
use crate::naming::TemplateName;

/// The template of a new container; default none.
///
/// A workspace has to be approved: templates are the user's, and building one
/// takes what it copies and downloads.
pub(in crate::config) const TEMPLATE: SettingSpec = SettingSpec {
    key: "template.default",
    scope: Scope::Either("template"),
    env: Some("CONTAINAI_TEMPLATE"),
    flag: Some("--template"),
    trust: Trust::Approved,
    kind: Kind::Text("the name of a template, or nothing"),
    default: "",
    summary: "template of a new container",
    check: |text| read_template(text).map(drop),
};

/// Whether the workspace's `devcontainer.json` counts; default `off`.
///
/// It belongs to the repository as the workspace's own file does, and decides
/// what is pulled and built.
pub(in crate::config) const DEVCONTAINER: SettingSpec = SettingSpec {
    key: "devcontainer",
    scope: Scope::Either("devcontainer"),
    env: Some("CONTAINAI_DEVCONTAINER"),
    flag: Some("--devcontainer"),
    kind: Kind::Text("`off`, `on`, or a path within the workspace"),
    default: "off",
    summary: "whether a new container is made as the workspace's `devcontainer.json` says",
    check: |text| Ok(text.parse::<DevcontainerChoice>().map(drop)?),
    ..TEMPLATE
};

/// Reads a name; nothing is no template.
pub(in crate::config) fn read_template(text: &str) -> Result<Option<TemplateName>, Cause> {
    match text {
        "" => Ok(None),
        text => Ok(Some(TemplateName::parse(text)?)),
    }
}

/// Which `devcontainer.json` counts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum DevcontainerChoice {
    /// None.
    #[default]
    Off,
    /// The one that is found: `.devcontainer/devcontainer.json`, else
    /// `.devcontainer.json`.
    Found,
    /// The one at this path of the workspace.
    At(String),
}

impl fmt::Display for DevcontainerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Found => "on",
            Self::At(path) => path,
        })
    }
}

/// The text is neither `on` nor `off` nor a path within the workspace.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is neither `on` nor `off` nor a path within the workspace", .0.escape_debug())]
pub struct InvalidDevcontainer(String);

impl FromStr for DevcontainerChoice {
    type Err = InvalidDevcontainer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" | "false" => Ok(Self::Off),
            "on" | "true" => Ok(Self::Found),
            path => match read_env_file(path) {
                Ok(path) => Ok(Self::At(path)),
                Err(_) => Err(InvalidDevcontainer(path.to_owned())),
            },
        }
    }
}
