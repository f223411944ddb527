//! The list of all settings with their values.

use std::fmt::Display;

use super::setting::{
    AGENT, AGENT_MODE, AUTO_START, CPU_LIMIT, CREDENTIALS_SHARED, DATA_VOLUME, DEVCONTAINER,
    DOCKER_HOST, ENV_FILE, ENV_FROM_HOST, ENV_IMPORT, EXPORT_EXCLUDES, FORWARD_AGENT, IMAGE,
    IMAGE_SOURCE, IMPORT_ALLOWED_SECRETS, IMPORT_CREDENTIALS, IMPORT_EXCLUDE_PRIVATE,
    IMPORT_EXCLUDES, IMPORT_ON_CREATE, IMPORT_PATHS, ISOLATION, LOCAL_FORWARD, MEMORY_LIMIT, MUX,
    MUX_IDLE, NETWORK_CERTIFICATES, NETWORK_PROXIES, PORT_RANGE_END, PORT_RANGE_START,
    REMOTE_FORWARD, RESTART, SESSION_NOTIFY, SSH_OPTIONS, TEMPLATE, TERMINAL_CLIPBOARD,
};
use super::{Config, Origin, Setting, SettingSpec};

/// A setting with its effective value.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListedSetting {
    /// The setting.
    pub spec: &'static SettingSpec,
    /// The value, one text per list item; empty when unset and the default is computed.
    pub values: Vec<String>,
    /// The origin of the value.
    pub origin: Origin,
}

impl Config {
    /// Returns all settings, in the order of [`SETTINGS`](super::SETTINGS).
    #[must_use]
    pub fn list(&self) -> Vec<ListedSetting> {
        let memory = lower_limit(&self.memory_limit, self.workspace_memory_limit.as_ref());
        let cpus = lower_limit(&self.cpu_limit, self.workspace_cpu_limit.as_ref());
        vec![
            required(&AGENT, &self.agent),
            required(&AGENT_MODE, &self.agent_mode),
            required(&IMAGE, &self.image),
            required(&IMAGE_SOURCE, &self.image_source),
            optional(&TEMPLATE, &self.template),
            required(&DEVCONTAINER, &self.devcontainer),
            required(&ISOLATION, &self.isolation),
            optional(&DOCKER_HOST, &self.docker_host),
            optional(&DATA_VOLUME, &self.data_volume),
            optional(&MEMORY_LIMIT, &memory),
            optional(&CPU_LIMIT, &cpus),
            list_of(&CREDENTIALS_SHARED, &self.credentials_shared, ToString::to_string),
            required(&NETWORK_CERTIFICATES, &self.network_certificates),
            required(&NETWORK_PROXIES, &self.network_proxies),
            required(&RESTART, &self.restart),
            list_of(&ENV_IMPORT, &self.env_import, ToString::to_string),
            required(&ENV_FROM_HOST, &self.env_from_host),
            optional(&ENV_FILE, &self.env_file),
            list_of(&IMPORT_PATHS, &self.import_paths, ToString::to_string),
            list_of(&IMPORT_EXCLUDES, &self.import_excludes, ToString::to_string),
            required(&IMPORT_EXCLUDE_PRIVATE, &self.import_excludes_private),
            required(&IMPORT_ON_CREATE, &self.import_on_create),
            list_of(&IMPORT_CREDENTIALS, &self.import_credentials, ToString::to_string),
            list_of(&IMPORT_ALLOWED_SECRETS, &self.import_allowed_secrets, ToString::to_string),
            list_of(&EXPORT_EXCLUDES, &self.export_excludes, ToString::to_string),
            required(&PORT_RANGE_START, &self.port_range_start),
            required(&PORT_RANGE_END, &self.port_range_end),
            required(&AUTO_START, &self.auto_start),
            required(&FORWARD_AGENT, &self.forward_agent),
            list_of(&LOCAL_FORWARD, &self.local_forward, ToString::to_string),
            list_of(&REMOTE_FORWARD, &self.remote_forward, ToString::to_string),
            list_of(&SSH_OPTIONS, &self.client_options, ToString::to_string),
            required(&MUX, &self.mux),
            required(&MUX_IDLE, &self.mux_idle.clone().map(|idle| idle.as_secs())),
            required(&TERMINAL_CLIPBOARD, &self.terminal_clipboard),
            required(&SESSION_NOTIFY, &self.session_notify),
        ]
    }
}

/// Returns the effective limit; the workspace can only lower it.
fn lower_limit<T: Clone + PartialOrd>(
    user: &Setting<Option<T>>,
    workspace: Option<&Setting<T>>,
) -> Setting<Option<T>> {
    match (&user.value, workspace) {
        (Some(most), Some(requested)) if requested.value >= *most => user.clone(),
        (_, Some(requested)) => requested.clone().map(Some),
        (_, None) => user.clone(),
    }
}

fn required<T: Display>(spec: &'static SettingSpec, setting: &Setting<T>) -> ListedSetting {
    listed_setting(spec, vec![setting.value.to_string()], setting)
}

fn optional<T: Display>(spec: &'static SettingSpec, setting: &Setting<Option<T>>) -> ListedSetting {
    listed_setting(spec, setting.value.iter().map(ToString::to_string).collect(), setting)
}

fn list_of<T>(
    spec: &'static SettingSpec,
    setting: &Setting<Vec<T>>,
    text: impl Fn(&T) -> String,
) -> ListedSetting {
    listed_setting(spec, setting.value.iter().map(text).collect(), setting)
}

fn listed_setting<T>(
    spec: &'static SettingSpec,
    values: Vec<String>,
    setting: &Setting<T>,
) -> ListedSetting {
    ListedSetting { spec, values, origin: setting.origin.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigLayers, SETTINGS};

    #[test]
    fn every_setting_is_listed_with_its_documented_default() {
        let list = Config::resolve(&ConfigLayers::default()).map(|config| config.list());
        let list = list.expect("nothing is configured");
        let keys = |list: &[ListedSetting]| list.iter().map(|it| it.spec.key).collect::<Vec<_>>();
        assert_eq!(keys(&list), SETTINGS.iter().map(|it| it.key).collect::<Vec<_>>());
        for listed in list {
            let (key, shown) = (listed.spec.key, listed.values.join(", "));
            // Some defaults are computed and described in words.
            let is_rule = listed.spec.default.contains(' ');
            assert!(shown == listed.spec.default || is_rule, "{key}: {shown}");
            assert!(
                !listed.spec.summary.is_empty() && !listed.spec.summary.ends_with('.'),
                "{key}"
            );
        }
    }
}
