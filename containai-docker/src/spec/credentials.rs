//! Mounts of logins that containers share.

use std::collections::HashMap;

use bollard::models::{Mount, MountVolumeOptions};
use containai_core::engine::ContainerSpec;
use containai_core::label;
use containai_core::naming::VolumeName;

use super::volume_mount;

/// Returns the mount of a shared login, whose volume has no label of a workspace.
pub(super) fn mount(spec: &ContainerSpec, volume: &VolumeName, login: &str, target: &str) -> Mount {
    let mount = volume_mount(spec, Some(volume), target);
    let labels = mount.volume_options.and_then(|it| it.labels).unwrap_or_default();
    let mut labels: HashMap<_, _> =
        labels.into_iter().filter(|(key, _)| key != label::WORKSPACE).collect();
    labels.insert(label::CREDENTIALS.to_owned(), login.to_owned());
    let volume_options = MountVolumeOptions { labels: Some(labels), ..Default::default() };
    Mount { volume_options: Some(volume_options), ..mount }
}
