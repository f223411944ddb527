use bollard::models::{Mount, MountType, MountVolumeOptions};
use containai_core::label::Labels;
use containai_core::layout;
use containai_core::naming::{ClientId, VolumeName, WorkspacePath};

/// The content of a volume that a mount creates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NewVolume {
    /// The files that the image has at the mount's target.
    FromImage,
    /// Empty, even if the image has files there.
    Empty,
}

/// Returns the mount of a volume.
pub(crate) fn volume_mount(volume: &VolumeName, target: String, new: NewVolume) -> Mount {
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_string()),
        target: Some(target),
        volume_options: Some(MountVolumeOptions {
            no_copy: (new == NewVolume::Empty).then_some(true),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Returns the mount of a workspace's data volume, with the labels that a new volume gets.
pub(crate) fn data_volume_mount(
    volume: &VolumeName,
    workspace: &WorkspacePath,
    client: Option<&ClientId>,
    new: NewVolume,
) -> Mount {
    let mut mount = volume_mount(volume, layout::CONTAINER_DATA.to_owned(), new);
    if let Some(options) = &mut mount.volume_options {
        options.labels = Some(Labels::for_volume(workspace, client).into_map());
    }
    mount
}
