//! Access to a data volume through the archive API.

use std::io;

use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType, MountVolumeOptions};
use bollard::query_parameters::{
    ContainerArchiveInfoOptionsBuilder, CreateContainerOptions, UploadToContainerOptionsBuilder,
};
use bytes::Bytes;
use containai_core::engine::{ContainerId, EngineError};
use containai_core::label::{self, Labels};
use containai_core::layout;
use containai_core::naming::{ClientId, VolumeName, WorkspacePath};
use futures_util::stream;
use tokio::sync::mpsc::Receiver;

use crate::container_files;
use crate::engine::DockerEngine;
use crate::remove::{RemoveMode, remove};

/// Access to a data volume through the archive API of a container that is never started, created
/// from a ContainAI image with only the volume mounted.
///
/// The engine unpacks an archive in the root of that container, so a link on the volume can refer
/// only to the container's own file system, which is removed with it.
#[derive(Debug)]
pub struct VolumeArchive<'a> {
    engine: &'a DockerEngine,
    id: ContainerId,
}

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
        let body = body(volume, workspace, self.client_id(), image);
        let created = self.docker().create_container(None::<CreateContainerOptions>, body).await;
        let created = created.map_err(|error| self.map_error(error))?;
        Ok(VolumeArchive { engine: self, id: ContainerId::new(created.id) })
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
        let options =
            UploadToContainerOptionsBuilder::default().path(layout::CONTAINER_DATA).build();
        let pieces = stream::unfold(archive, |mut archive| async {
            Some((io::Result::Ok(archive.recv().await?), archive))
        });
        let body = bollard::body_try_stream(pieces);
        let docker = self.engine.docker();
        let outcome = docker.upload_to_container(self.id.as_ref(), Some(options), body).await;
        outcome.map_err(|error| self.engine.map_error(error))
    }

    /// Reads a small text file of the volume; `None` if it is not a regular file or does not exist.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn read(&self, path: &str) -> Result<Option<String>, EngineError> {
        let path = format!("{}/{path}", layout::CONTAINER_DATA);
        let text = container_files::read_file(self.engine.docker(), &self.id, &path).await;
        text.map_err(|error| self.engine.map_error(error))
    }

    /// Returns whether the path exists on the volume; links are not followed.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn exists(&self, path: &str) -> Result<bool, EngineError> {
        let path = format!("{}/{path}", layout::CONTAINER_DATA);
        let options = ContainerArchiveInfoOptionsBuilder::default().path(&path).build();
        let docker = self.engine.docker();
        match docker.get_container_archive_info(self.id.as_ref(), Some(options)).await {
            Ok(_) => Ok(true),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
            Err(error) => Err(self.engine.map_error(error)),
        }
    }

    /// Removes the container; the volume stays.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn close(self) -> Result<(), EngineError> {
        let removed = remove(self.engine.docker(), &self.id, RemoveMode::Force).await;
        removed.map_err(|error| self.engine.map_error(error))
    }
}

fn body(
    volume: &VolumeName,
    workspace: &WorkspacePath,
    client: Option<&ClientId>,
    image: &str,
) -> ContainerCreateBody {
    let mount = Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_string()),
        target: Some(layout::CONTAINER_DATA.into()),
        volume_options: Some(MountVolumeOptions {
            labels: Some(Labels::for_volume(workspace, client).into_map()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let own = Labels::for_helper().with_client(client).with(label::FILLS, volume.as_ref());
    ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec!["/bin/false".into()]),
        cmd: Some(Vec::new()),
        labels: Some(own.into_map()),
        host_config: Some(HostConfig {
            network_mode: Some("none".into()),
            mounts: Some(vec![mount]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn only_the_volume_is_mounted() {
        let workspace = WorkspacePath::new("/src/api").expect("a path");
        let volume = VolumeName::data(&workspace);
        let body = body(&volume, &workspace, None, "containai/base:1");
        let labels: Labels = body.labels.unwrap_or_default().into_iter().collect();
        assert_eq!(labels.filled_volume(), Some(volume));
        assert_eq!((labels.workspace(), labels.is_helper()), (None, true));
        let host = body.host_config.expect("a host configuration");
        let mounts = host.mounts.unwrap_or_default();
        let seen: Vec<_> =
            mounts.iter().map(|mount| (&mount.typ, mount.target.as_deref())).collect();
        assert_eq!(seen, [(&Some(MountType::VOLUME), Some("/mnt/agent-data"))]);
        assert_eq!(
            (host.binds, host.privileged, host.network_mode),
            (None, None, Some("none".into()))
        );
    }
}
