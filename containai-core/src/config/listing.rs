//! The list of all settings with their values.

use std::fmt::Display;

use super::setting::{
    AGENT, ALLOWED, CPU_LIMIT, CREDENTIALS, DATA_VOLUME, DEVCONTAINER, DOCKER_HOST,
    EXCLUDE_PRIVATE, EXCLUDES, FILE, FORWARD_AGENT, FROM_HOST, IMAGE, IMAGE_SOURCE, IMPORT,
    ISOLATION, LOCAL_FORWARD, MEMORY_LIMIT, MUX, MUX_IDLE, NOT_EXPORTED, OPTIONS, PATHS,
    PORT_RANGE_END, PORT_RANGE_START, REMOTE_FORWARD, TEMPLATE,
};
use super::{Config, Origin, Setting, SettingSpec};

/// A setting with its effective value.
#[derive(Debug, Clone)]
pub struct Listed {
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
    pub fn list(&self) -> Vec<Listed> {
        let memory = lower(&self.memory_limit, self.workspace_memory_limit.as_ref());
        let cpus = lower(&self.cpu_limit, self.workspace_cpu_limit.as_ref());
        vec![
            one(&AGENT, &self.agent),
            one(&IMAGE, &self.image),
            one(&IMAGE_SOURCE, &self.image_source),
            any(&TEMPLATE, &self.template),
            one(&DEVCONTAINER, &self.devcontainer),
            one(&ISOLATION, &self.isolation),
            any(&DOCKER_HOST, &self.docker_host),
            any(&DATA_VOLUME, &self.data_volume),
            any(&MEMORY_LIMIT, &memory),
            any(&CPU_LIMIT, &cpus),
            many(&IMPORT, &self.env_import, ToString::to_string),
            one(&FROM_HOST, &self.env_from_host),
            any(&FILE, &self.env_file),
            many(&PATHS, &self.import_paths, ToString::to_string),
            many(&EXCLUDES, &self.import_excludes, ToString::to_string),
            one(&EXCLUDE_PRIVATE, &self.import_excludes_private),
            many(&CREDENTIALS, &self.import_credentials, ToString::to_string),
            many(&ALLOWED, &self.import_allowed_secrets, ToString::to_string),
            many(&NOT_EXPORTED, &self.export_excludes, ToString::to_string),
            one(&PORT_RANGE_START, &self.port_range_start),
            one(&PORT_RANGE_END, &self.port_range_end),
            one(&FORWARD_AGENT, &self.forward_agent),
            many(&LOCAL_FORWARD, &self.local_forward, ToString::to_string),
            many(&REMOTE_FORWARD, &self.remote_forward, ToString::to_string),
            many(&OPTIONS, &self.client_options, ToString::to_string),
            one(&MUX, &self.mux),
            one(&MUX_IDLE, &self.mux_idle.clone().map(|idle| idle.as_secs())),
        ]
    }
}

/// Returns the effective limit; the workspace can only lower it.
fn lower<T: Clone + PartialOrd>(
    user: &Setting<Option<T>>,
    workspace: Option<&Setting<T>>,
) -> Setting<Option<T>> {
    match (&user.value, workspace) {
        (Some(most), Some(asked)) if asked.value >= *most => user.clone(),
        (_, Some(asked)) => asked.clone().map(Some),
        (_, None) => user.clone(),
    }
}

fn one<T: Display>(spec: &'static SettingSpec, setting: &Setting<T>) -> Listed {
    listed(spec, vec![setting.value.to_string()], setting)
}

fn any<T: Display>(spec: &'static SettingSpec, setting: &Setting<Option<T>>) -> Listed {
    listed(spec, setting.value.iter().map(ToString::to_string).collect(), setting)
}

fn many<T>(
    spec: &'static SettingSpec,
    setting: &Setting<Vec<T>>,
    text: impl Fn(&T) -> String,
) -> Listed {
    listed(spec, setting.value.iter().map(text).collect(), setting)
}

fn listed<T>(spec: &'static SettingSpec, values: Vec<String>, setting: &Setting<T>) -> Listed {
    Listed { spec, values, origin: setting.origin.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layers, SETTINGS};

    #[test]
    fn every_setting_is_listed_with_its_documented_default() {
        let list = Config::resolve(&Layers::default()).map(|config| config.list());
        let list = list.expect("nothing is configured");
        let keys = |list: &[Listed]| list.iter().map(|it| it.spec.key).collect::<Vec<_>>();
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
