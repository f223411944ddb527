//! Access to a data volume through the archive API.

use std::io;

use bollard::errors::Error;
use bytes::Bytes;
use containai_core::engine::EngineError;
use containai_core::label::{self, Labels};
use containai_core::layout;
use containai_core::naming::{VolumeName, WorkspacePath};
use futures_util::stream;
use tokio::sync::mpsc::Receiver;

use crate::engine::DockerEngine;
use crate::helper_container::{
    HelperContainer, HelperProgram, HelperSpec, NewVolume, data_volume_mount,
};

/// Access to a data volume through the archive API of a helper container that is never started,
/// created from a ContainAI image with only the volume mounted.
#[derive(Debug)]
pub struct VolumeArchive<'a>(HelperContainer<'a>);

impl DockerEngine {
    /// Creates the container that gives access to a volume; a missing volume is created. `image`
    /// has to be in the store. [`VolumeArchive::close`] has to follow.
    ///
    /// # Errors
    ///
    /// The engine's error of creating the container.
    pub async fn open_volume_archive(
        &self,
        volume: &VolumeName,
        workspace: &WorkspacePath,
        image: &str,
    ) -> Result<VolumeArchive<'_>, EngineError> {
        let client = self.client_id();
        let labels = Labels::for_helper().with_client(client).with(label::FILLS, volume.as_ref());
        let mount = data_volume_mount(volume, workspace, client, NewVolume::FromImage);
        let spec =
            HelperSpec::new(image, labels).with_mounts([mount]).with_program(HelperProgram::None);
        Ok(VolumeArchive(HelperContainer::create(self, spec).await?))
    }

    /// Returns whether the volume exists.
    ///
    /// # Errors
    ///
    /// The engine's error, except that the volume does not exist.
    pub async fn has_volume(&self, volume: &VolumeName) -> Result<bool, EngineError> {
        match self.docker().inspect_volume(volume.as_ref()).await {
            Ok(_) => Ok(true),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
            Err(error) => Err(self.map_error(error)),
        }
    }
}

impl VolumeArchive<'_> {
    /// Unpacks an archive, received in chunks, on the volume. Directories in it replace links.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn put(&self, archive: Receiver<Bytes>) -> Result<(), EngineError> {
        let chunks = stream::unfold(archive, |mut archive| async {
            Some((io::Result::Ok(archive.recv().await?), archive))
        });
        self.0.put(layout::CONTAINER_DATA, chunks).await
    }

    /// Reads a small text file of the volume; `None` if it is not a regular file or does not exist.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn read(&self, path: &str) -> Result<Option<String>, EngineError> {
        let path = format!("{}/{path}", layout::CONTAINER_DATA);
        self.0.read(&path).await
    }

    /// Returns whether the path exists on the volume; links are not followed.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn exists(&self, path: &str) -> Result<bool, EngineError> {
        let path = format!("{}/{path}", layout::CONTAINER_DATA);
        self.0.exists(&path).await
    }

    /// Removes the container; the volume is kept.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn close(self) -> Result<(), EngineError> {
        self.0.remove().await
    }
}
