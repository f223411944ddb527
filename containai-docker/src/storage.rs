//! The engine's stored objects: containers, images and volumes.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::{ContainerInspectResponse, ContainerSummary, Volume};
use bollard::query_parameters::{
    DataUsageOptionsBuilder, InspectContainerOptionsBuilder, ListImagesOptionsBuilder,
    ListVolumesOptionsBuilder, RemoveImageOptions,
};
use containai_core::byte_size::ByteSize;
use containai_core::engine::{
    ContainerId, ContainerTimes, EngineError, RunState, Storage, StoredImage, StoredVolume,
};
use containai_core::label::{self, Labels};
use containai_core::timestamp::Timestamp;

use crate::container_list::Sizes;
use crate::engine::DockerEngine;
use crate::remove::ignore_not_found;
use crate::{container, disk_usage, image_graph, inspect};

impl Storage for DockerEngine {
    fn owns(&self, labels: &Labels) -> bool {
        DockerEngine::owns(self, labels)
    }

    async fn container_times(&self, id: &ContainerId) -> Result<ContainerTimes, EngineError> {
        let inspected = self.inspect(id, Sizes::Unknown).await?;
        Ok(times(&inspected))
    }

    async fn size(&self, id: &ContainerId) -> Result<Option<ByteSize>, EngineError> {
        let size = self.inspect(id, Sizes::Measured).await?.size_rw;
        Ok(size.and_then(|size| u64::try_from(size).ok()).map(ByteSize::from_bytes))
    }

    async fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        // The intermediate layers connect an image to its parents.
        let options = ListImagesOptionsBuilder::default().all(true).build();
        let images = self.docker().list_images(Some(options)).await;
        let images = images.map_err(|error| self.map_error(error))?;
        Ok(image_graph::images(&images, &self.container_summaries().await?))
    }

    async fn volumes(&self) -> Result<Vec<StoredVolume>, EngineError> {
        let volumes = self.managed_volumes().await?;
        if volumes.is_empty() {
            return Ok(Vec::new());
        }
        let sizes = self.volume_sizes().await;
        let containers = self.container_summaries().await?;
        let volumes = volumes.into_iter().map(|it| stored_volume(it, &sizes, &containers));
        Ok(volumes.filter(|it| self.owns(&it.labels)).collect())
    }

    async fn remove_image(&self, reference: &str) -> Result<(), EngineError> {
        let options = None::<RemoveImageOptions>;
        let removed = self.docker().remove_image(reference, options, None).await;
        self.ignore_not_found(removed.map(drop))
    }
}

impl DockerEngine {
    /// Returns the names of the managed volumes of this client that this container mounts and no
    /// other one, in order.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn exclusive_volumes(&self, id: &ContainerId) -> Result<Vec<String>, EngineError> {
        let (volumes, containers) =
            (self.managed_volumes().await?, self.container_summaries().await?);
        let sizes = HashMap::new();
        let volumes = volumes.into_iter().map(|it| stored_volume(it, &sizes, &containers));
        let own = volumes.filter(|it| {
            self.owns(&it.labels) && it.labels.credentials().is_none() && it.used_by == [id.clone()]
        });
        let mut names: Vec<_> = own.map(|it| it.name).collect();
        names.sort();
        Ok(names)
    }

    async fn managed_volumes(&self) -> Result<Vec<Volume>, EngineError> {
        let filter = HashMap::from([("label", vec![format!("{}=true", label::MANAGED)])]);
        let options = ListVolumesOptionsBuilder::default().filters(&filter).build();
        let response = self.docker().list_volumes(Some(options)).await;
        Ok(response.map_err(|error| self.map_error(error))?.volumes.unwrap_or_default())
    }

    async fn inspect(
        &self,
        id: &ContainerId,
        sizes: Sizes,
    ) -> Result<ContainerInspectResponse, EngineError> {
        let options =
            InspectContainerOptionsBuilder::default().size(sizes == Sizes::Measured).build();
        let inspected = self.docker().inspect_container(id.as_ref(), Some(options)).await;
        inspected.map_err(|error| self.map_error(error))
    }

    pub(crate) async fn container_summaries(&self) -> Result<Vec<ContainerSummary>, EngineError> {
        container::summaries(self.docker()).await.map_err(|error| self.map_error(error))
    }

    /// Returns the sizes of the volumes, if the engine knows them; it has to walk their files.
    async fn volume_sizes(&self) -> HashMap<String, ByteSize> {
        if !self.is_tls() {
            return disk_usage::volume_usage(self.address()).await.unwrap_or_default();
        }
        let volumes = DataUsageOptionsBuilder::default()._type(vec!["volume".to_owned()]);
        let usage = self.docker().df(Some(volumes.verbose(true).build())).await.ok();
        let usage = usage.and_then(|usage| serde_json::to_value(usage).ok());
        usage.as_ref().map(disk_usage::volume_sizes).unwrap_or_default()
    }

    pub(crate) fn ignore_not_found(&self, outcome: Result<(), Error>) -> Result<(), EngineError> {
        ignore_not_found(outcome).map_err(|error| self.map_error(error))
    }
}

fn times(inspected: &ContainerInspectResponse) -> ContainerTimes {
    let state = inspected.state.as_ref();
    let timestamp = |text: Option<&String>| text.and_then(|text| Timestamp::of_engine(text));
    let status = state.and_then(|state| state.status);
    ContainerTimes {
        state: status.map_or(RunState::Dead, |status| inspect::parse_state(status.as_ref())),
        created: timestamp(inspected.created.as_ref()),
        started: timestamp(state.and_then(|state| state.started_at.as_ref())),
        finished: timestamp(state.and_then(|state| state.finished_at.as_ref())),
    }
}

pub(crate) fn stored_volume(
    volume: Volume,
    sizes: &HashMap<String, ByteSize>,
    containers: &[ContainerSummary],
) -> StoredVolume {
    let mounts = |container: &&ContainerSummary| {
        let mut mounts = container.mounts.iter().flatten();
        mounts.any(|mount| mount.name.as_deref() == Some(&*volume.name))
    };
    let used_by = containers.iter().filter(mounts).filter_map(|it| it.id.clone());
    StoredVolume {
        used_by: used_by.map(ContainerId::new).collect(),
        labels: volume.labels.into_iter().collect(),
        created: volume.created_at.and_then(|text| Timestamp::of_engine(&text)),
        size: sizes.get(&volume.name).copied(),
        name: volume.name,
    }
}
