use std::io;

use bollard::errors::Error;
use bollard::query_parameters::{
    ContainerArchiveInfoOptionsBuilder, CreateContainerOptions, UploadToContainerOptionsBuilder,
};
use bytes::Bytes;
use containai_core::engine::{ContainerId, EngineError};
use futures_util::Stream;

use super::spec::HelperSpec;
use crate::engine::DockerEngine;
use crate::remove::{RemoveMode, remove};
use crate::{commit, container_files, upload};

/// A helper container that is not started. [`Self::remove`] or [`Self::into_id`] has to follow.
///
/// The engine unpacks archives in the root of the container, so a link in it can refer only to the
/// container's own file system, which is removed with it.
#[derive(Debug)]
pub(crate) struct HelperContainer<'a> {
    engine: &'a DockerEngine,
    id: ContainerId,
}

impl<'a> HelperContainer<'a> {
    /// Creates the container; volumes that it mounts are created if they are missing.
    pub(crate) async fn create(
        engine: &'a DockerEngine,
        spec: HelperSpec,
    ) -> Result<Self, EngineError> {
        let options = None::<CreateContainerOptions>;
        let created = engine.docker().create_container(options, spec.into_body()).await;
        let created = created.map_err(|error| engine.map_error(error))?;
        Ok(Self { engine, id: ContainerId::new(created.id) })
    }

    pub(crate) fn id(&self) -> &ContainerId {
        &self.id
    }

    pub(crate) fn engine(&self) -> &'a DockerEngine {
        self.engine
    }

    /// Unpacks a tar archive in a directory. Directories in the archive replace links.
    pub(crate) async fn put(
        &self,
        directory: &str,
        archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<(), EngineError> {
        let options = UploadToContainerOptionsBuilder::default().path(directory).build();
        let (archive, watch) = upload::watch(archive);
        let body = bollard::body_try_stream(archive);
        let docker = upload::client(self.engine.docker());
        let sent = docker.upload_to_container(self.id.as_ref(), Some(options), body);
        let outcome = watch.guard(sent).await;
        outcome.map_err(|error| self.engine.map_error(error))
    }

    /// Reads a small text file; `None` if it is not a regular file or does not exist.
    pub(crate) async fn read(&self, path: &str) -> Result<Option<String>, EngineError> {
        let text = container_files::read_file(self.engine.docker(), &self.id, path).await;
        text.map_err(|error| self.engine.map_error(error))
    }

    /// Returns whether the path exists; links are not followed.
    pub(crate) async fn exists(&self, path: &str) -> Result<bool, EngineError> {
        let options = ContainerArchiveInfoOptionsBuilder::default().path(path).build();
        let docker = self.engine.docker();
        match docker.get_container_archive_info(self.id.as_ref(), Some(options)).await {
            Ok(_) => Ok(true),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
            Err(error) => Err(self.engine.map_error(error)),
        }
    }

    /// Commits the file system and returns the image's reference.
    pub(crate) async fn commit(&self) -> Result<String, EngineError> {
        let committed = commit::commit(self.engine.docker(), &self.id).await;
        committed.map_err(|error| self.engine.map_error(error))
    }

    /// Returns the id of a helper that the caller removes later.
    pub(crate) fn into_id(self) -> ContainerId {
        self.id
    }

    /// Removes the container even if it runs, with anonymous volumes of its image; the volumes that
    /// it mounts by name are kept.
    pub(crate) async fn remove(self) -> Result<(), EngineError> {
        self.engine.remove_helper_container(&self.id).await
    }

    /// Removes the container, and returns the error that is the reason.
    pub(super) async fn abandon(self, error: Error) -> EngineError {
        let reason = self.engine.map_error(error);
        let _ = self.remove().await;
        reason
    }
}

impl DockerEngine {
    /// Removes a helper container; see [`HelperContainer::remove`].
    pub(crate) async fn remove_helper_container(
        &self,
        id: &ContainerId,
    ) -> Result<(), EngineError> {
        let removed = remove(self.docker(), id, RemoveMode::ForceWithVolumes).await;
        removed.map_err(|error| self.map_error(error))
    }
}
