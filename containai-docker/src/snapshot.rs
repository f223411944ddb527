//! Engine operations for snapshots.

use std::collections::HashMap;

use bollard::models::{ContainerConfig, MountPoint};
use bollard::query_parameters::{
    CommitContainerOptionsBuilder, InspectContainerOptions, ListImagesOptionsBuilder,
    ListVolumesOptionsBuilder, TagImageOptionsBuilder,
};
use containai_core::engine::{
    AnonymisedImage, ContainerId, ContainerVolumes, CopyJob, EngineError, Snapshots, StoredVolume,
};
use containai_core::label::{self, Labels};
use containai_core::layout;
use containai_core::naming::{RandomId, SnapshotName, VolumeName, WorkspacePath};

use crate::anonymise::anonymise;
use crate::engine::DockerEngine;
use crate::volume::DockerVolumeCopier;
use crate::{commit, storage};

impl Snapshots for DockerEngine {
    type Copier<'e> = DockerVolumeCopier<'e>;

    async fn container_volumes(&self, id: &ContainerId) -> Result<ContainerVolumes, EngineError> {
        let options = None::<InspectContainerOptions>;
        let inspected = self.docker().inspect_container(id.as_ref(), options).await;
        let inspected = inspected.map_err(|error| self.map_error(error))?;
        let points = inspected.mounts.unwrap_or_default();
        let volume_at = |place: &str| {
            let is_there = |it: &&MountPoint| it.destination.as_deref() == Some(place);
            let name = points.iter().find(is_there).and_then(|point| point.name.as_deref());
            name.and_then(|name| VolumeName::parse(name).ok())
        };
        match (volume_at(layout::CONTAINER_DATA), volume_at(layout::CONTAINER_DOCKER)) {
            (Some(data), Some(docker)) => Ok(ContainerVolumes { data, docker }),
            _ => {
                let message = format!("container `{id}` has no ContainAI volumes");
                Err(EngineError::Refused { status: 0, message })
            }
        }
    }

    async fn pause(&self, id: &ContainerId) -> Result<(), EngineError> {
        DockerEngine::pause(self, id).await
    }

    async fn start_copy(&self, job: &CopyJob) -> Result<DockerVolumeCopier<'_>, EngineError> {
        self.copy_volumes(job).await
    }

    async fn commit_snapshot(
        &self,
        id: &ContainerId,
        labels: &Labels,
    ) -> Result<String, EngineError> {
        let labels = Some(labels.clone().into_map());
        let config = ContainerConfig { labels, ..Default::default() };
        // It is already paused or stopped.
        let options =
            CommitContainerOptionsBuilder::default().container(id.as_ref()).pause(false).build();
        let client = self.docker().clone().with_timeout(commit::COMMIT_TIMEOUT);
        let committed = client.commit_container(options, config).await;
        Ok(committed.map_err(|error| self.map_error(error))?.id)
    }

    async fn anonymise(
        &self,
        image: &str,
        origin: &WorkspacePath,
    ) -> Result<AnonymisedImage, EngineError> {
        anonymise(self, image, origin).await
    }

    async fn tag_snapshot(&self, image: &str, snapshot: &RandomId) -> Result<(), EngineError> {
        let options = TagImageOptionsBuilder::default()
            .repo(SnapshotName::REPOSITORY)
            .tag(snapshot.as_str())
            .build();
        let tagged = self.docker().tag_image(image, Some(options)).await;
        tagged.map_err(|error| self.map_error(error))
    }

    async fn retain(&self, image: &str, container: &ContainerId) -> Result<(), EngineError> {
        let retained = commit::tag_for_container(self.docker(), image, container).await;
        retained.map_err(|error| self.map_error(error))
    }

    async fn untagged_snapshots(&self) -> Result<Vec<(String, RandomId)>, EngineError> {
        let filters =
            HashMap::from([("dangling", vec!["true"]), ("label", vec![label::SNAPSHOT_NAME])]);
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let images = self.docker().list_images(Some(options)).await;
        let images = images.map_err(|error| self.map_error(error))?;
        let untagged = images.into_iter().filter_map(|image| {
            let labels: Labels = image.labels.into_iter().collect();
            let id = labels.snapshot().filter(|_| self.owns(&labels))?;
            Some((image.id, id))
        });
        Ok(untagged.collect())
    }

    async fn snapshot_volumes(&self) -> Result<Vec<StoredVolume>, EngineError> {
        let filters = HashMap::from([("label", vec![label::SNAPSHOT])]);
        let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
        let response = self.docker().list_volumes(Some(options)).await;
        let volumes = response.map_err(|error| self.map_error(error))?.volumes.unwrap_or_default();
        if volumes.is_empty() {
            return Ok(Vec::new());
        }
        let containers = self.container_summaries().await?;
        let nothing = HashMap::new();
        let volumes =
            volumes.into_iter().map(|it| storage::stored_volume(it, &nothing, &containers));
        Ok(volumes.filter(|it| self.owns(&it.labels)).collect())
    }

    async fn remove_helper(&self, helper: &ContainerId) -> Result<(), EngineError> {
        self.remove_helper_container(helper).await
    }
}
