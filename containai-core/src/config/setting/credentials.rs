//! Logins that containers share.

use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::config::error::ValueError;

/// The logins that the containers of a workspace share; default all that the image can use.
/// Workspaces cannot set it, since it decides who can log in as the user.
pub(in crate::config) const CREDENTIALS_SHARED: SettingSpec = SettingSpec {
    key: "credentials.shared",
    scope: SettingScope::UserOrWorkspace("credentials.shared"),
    env: None,
    flag: None,
    trust: Trust::Never,
    kind: SettingKind::BoolOrList("agent names"),
    default: "true",
    summary: "logins of `cai login` that new containers get",
    check: |text| read_shared_credentials(text).map(drop),
};

/// The logins that the containers of a workspace share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SharedCredentials {
    /// Those of the agents in the image.
    #[default]
    OfImage,
    /// None: logins stay on the data volume of the workspace.
    None,
    /// Those of these agents and tools.
    Of(Vec<String>),
}

impl SharedCredentials {
    /// Creates the choice from the words of the setting.
    pub(in crate::config) fn from_words(words: &[String]) -> Self {
        match words {
            [] => Self::None,
            [word] if word == "true" => Self::OfImage,
            [word] if word == "false" => Self::None,
            words => Self::Of(words.to_vec()),
        }
    }
}

/// Reads a word of the setting.
pub(in crate::config) fn read_shared_credentials(text: &str) -> Result<String, ValueError> {
    super::read_manifest_name(text)
}
