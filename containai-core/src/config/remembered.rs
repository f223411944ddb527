//! Settings that earlier commands chose for a workspace.

use std::path::Path;

use super::{Config, Origin, Setting};
use crate::byte_size::ByteSize;
use crate::naming::VolumeName;
use crate::resources::{Cpus, ResourceLimits};

/// The settings that earlier commands chose for a workspace on an engine; `None` where unset.
///
/// They are not stored in the user's file. The best matching table there has all settings of a
/// workspace, so that a table created for one choice would hide the settings of a surrounding table
/// and would apply to every directory below.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Remembered {
    /// The data volume.
    pub data_volume: Option<VolumeName>,
    /// The volume of the inner Docker, where it differs from the one derived from the data volume
    /// and the workspace.
    pub docker_volume: Option<VolumeName>,
    /// The resource limits of a container.
    pub limits: ResourceLimits,
    /// The `devcontainer.json` of the existing container, relative to the workspace.
    pub devcontainer: Option<String>,
}

impl Remembered {
    /// Whether all settings are unset.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Config {
    /// Applies remembered settings. They rank below the command line and the environment and above
    /// all files. `path` is their file.
    pub fn apply_remembered(&mut self, remembered: &Remembered, path: &Path) {
        let Remembered { data_volume, docker_volume, limits, devcontainer } = remembered;
        set_unless_overridden(&mut self.data_volume, data_volume.clone(), path);
        self.docker_volume.clone_from(docker_volume);
        self.container_devcontainer.clone_from(devcontainer);
        if set_unless_overridden::<ByteSize>(&mut self.memory_limit, limits.memory, path) {
            self.workspace_memory_limit = None;
        }
        if set_unless_overridden::<Cpus>(&mut self.cpu_limit, limits.cpus, path) {
            self.workspace_cpu_limit = None;
        }
    }
}

/// Sets the value unless the command line or the environment did; returns whether it was set.
fn set_unless_overridden<T>(
    setting: &mut Setting<Option<T>>,
    value: Option<T>,
    path: &Path,
) -> bool {
    let is_overridden = matches!(setting.origin, Origin::Flag(_) | Origin::Environment(_));
    if value.is_none() || is_overridden {
        return false;
    }
    *setting = Setting { value, origin: Origin::Remembered(path.to_owned()) };
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigLayers, Environment, FileText, Flags};
    use crate::naming::WorkspacePath;
    use crate::resources::HostCapacity;

    fn layers() -> ConfigLayers {
        let file =
            |path: &str, text: &str| Some(FileText { path: path.into(), text: text.to_owned() });
        ConfigLayers {
            workspace: WorkspacePath::new("/src/api").ok(),
            user_file: file("/c.toml", "[workspace.'/src/api']\ndata_volume = 'configured'\n"),
            workspace_file: file("/w.toml", "[resources]\nmemory_limit = '1g'\n"),
            ..ConfigLayers::default()
        }
    }

    fn remembered() -> Remembered {
        Remembered {
            data_volume: VolumeName::parse("remembered").ok(),
            docker_volume: None,
            limits: ResourceLimits { memory: Some(ByteSize::from_gib(3)), cpus: None },
            devcontainer: None,
        }
    }

    #[track_caller]
    fn check(layers: &ConfigLayers, volume: &str, gib: u64) {
        let mut config = Config::resolve(layers).expect("a configuration");
        config.apply_remembered(&remembered(), Path::new("/r.json"));
        assert_eq!(config.data_volume.value.as_ref().map(AsRef::as_ref), Some(volume));
        let host = HostCapacity { memory_bytes: 8 << 30, cpus: 4 };
        assert_eq!(config.resources(host).memory, ByteSize::from_gib(gib));
    }

    #[test]
    fn remembered_values_rank_between_environment_and_files() {
        check(&layers(), "remembered", 3);
        let variable = |name: &str| (name == "CONTAINAI_DATA_VOLUME").then(|| "variable".into());
        let environment = Environment::read(variable);
        check(&ConfigLayers { environment, ..layers() }, "variable", 3);
        let flags = Flags { memory: Some(ByteSize::from_gib(2)), ..Flags::default() };
        check(&ConfigLayers { flags, ..layers() }, "remembered", 2);
    }
}
