//! The helper containers of data volumes.

use containai_core::engine::Isolation;
use containai_core::label::Labels;
use containai_core::naming::{ClientId, VolumeName, WorkspacePath};

use crate::helper_container::{HelperProgram, HelperSpec, NewVolume, data_volume_mount};

/// The volume, image and isolation of a helper container.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct VolumeHelperSpec<'a> {
    /// The volume; it is created empty if it does not exist.
    pub volume: &'a VolumeName,
    /// The workspace in the labels of a new volume.
    pub workspace: &'a WorkspacePath,
    /// A ContainAI image in the engine's store.
    pub image: &'a str,
    /// The helper's isolation: that of the containers that mount the volume, so that owners match.
    pub isolation: Isolation,
}

impl<'a> VolumeHelperSpec<'a> {
    /// Describes a helper of a workspace's data volume, from an image in the engine's store.
    #[must_use]
    pub fn new(
        volume: &'a VolumeName,
        workspace: &'a WorkspacePath,
        image: &'a str,
        isolation: Isolation,
    ) -> Self {
        Self { volume, workspace, image, isolation }
    }

    /// Returns a helper that runs a script on the volume; its label names the operation.
    pub(super) fn script_helper(
        self,
        client: Option<&ClientId>,
        label: &str,
        words: Vec<String>,
    ) -> HelperSpec {
        let labels = Labels::for_helper().with_client(client).with(label, self.volume.as_ref());
        let mount = data_volume_mount(self.volume, self.workspace, client, NewVolume::Empty);
        HelperSpec::new(self.image, labels)
            .with_mounts([mount])
            .with_program(HelperProgram::Script(self.isolation, words))
    }
}
