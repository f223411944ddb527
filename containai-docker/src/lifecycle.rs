//! Engine operations of the lifecycle.

use bollard::query_parameters::RemoveVolumeOptions;
use containai_core::engine::{
    Container, ContainerId, ContainerSpec, Engine, EngineError, Event, ImageRequest, ImageSource,
    ReplacementSpec, RunState,
};
use containai_core::layout;
use containai_core::lifecycle::EventListener;
use containai_core::naming::{ContainerName, HostPort, VolumeName};
use containai_core::remote::HostKey;

use crate::engine::DockerEngine;
use crate::remove::{RemoveMode, remove};
use crate::{commit, container, container_files, home, image, pause, recreate, spec};

impl Engine for DockerEngine {
    async fn containers(&self) -> Result<Vec<Container>, EngineError> {
        let listed = self.list_containers().await?;
        let client = self.client_id();
        let seen = |it: Container| {
            let labels = it.labels.clone().scoped_to(client);
            it.with_labels(labels)
        };
        Ok(listed.into_iter().map(seen).collect())
    }

    async fn ensure_image(
        &self,
        image: &ImageRequest,
        source: ImageSource,
        events: &dyn EventListener,
    ) -> Result<String, EngineError> {
        image::ensure(self, image, source, events).await
    }

    async fn find_image(&self, image: &ImageRequest) -> Result<Option<String>, EngineError> {
        image::find(self, image).await
    }

    async fn create(
        &self,
        spec: &ContainerSpec,
        events: &dyn EventListener,
    ) -> Result<ContainerId, EngineError> {
        let mut body = spec::body(spec)?;
        let enforced = self.enforced_limits().await?;
        if let Some(host) = &mut body.host_config {
            enforced.apply(host);
        }
        if let Some(notice) = enforced.notice() {
            events.on_event(Event::Warning(&notice));
        }
        let labels = image::labels(self, &spec.image).await?;
        image::require_base_system(self, &spec.image, &labels).await?;
        body.labels = Some(spec.labels().masking_image(&labels).into_map());
        container::create(self.docker(), spec.name.as_ref(), body)
            .await
            .map_err(|error| self.map_error(error))
    }

    async fn last_start(&self, id: &ContainerId) -> Result<String, EngineError> {
        recreate::last_start(self.docker(), id).await.map_err(|error| self.map_error(error))
    }

    async fn commit(&self, id: &ContainerId) -> Result<String, EngineError> {
        commit::commit(self.docker(), id).await.map_err(|error| self.map_error(error))
    }

    async fn create_replacement(
        &self,
        replacement: &ReplacementSpec,
        port: HostPort,
    ) -> Result<ContainerId, EngineError> {
        let body = recreate::body(self.docker(), replacement, port).await;
        let body = body.map_err(|error| self.map_error(error))?;
        container::create(self.docker(), replacement.name.as_ref(), body)
            .await
            .map_err(|error| self.map_error(error))
    }

    async fn rename(&self, id: &ContainerId, name: &ContainerName) -> Result<(), EngineError> {
        container::rename(self.docker(), id, name.as_ref())
            .await
            .map_err(|error| self.map_error(error))
    }

    async fn provision(&self, id: &ContainerId, authorized_key: &str) -> Result<(), EngineError> {
        let (hooks, agents) = (self.startup_hooks(), self.agents());
        let network = self.host_network();
        let files = container_files::ContainerFiles { key: authorized_key, hooks, agents, network };
        container_files::install_files(self.docker(), id, files)
            .await
            .map_err(|error| self.map_error(error))
    }

    async fn authorize(&self, id: &ContainerId, authorized_key: &str) -> Result<(), EngineError> {
        self.append_authorized_key(id, authorized_key).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.lend_workspace(id).await?;
        container::start(self.docker(), id).await.map_err(|error| self.map_error(error))
    }

    async fn unpause(&self, id: &ContainerId) -> Result<(), EngineError> {
        pause::unpause(self.docker(), id).await.map_err(|error| self.map_error(error))
    }

    async fn wait_transition(&self, name: &str, state: RunState) -> Result<(), EngineError> {
        container::wait_transition(self.docker(), name, state)
            .await
            .map_err(|error| self.map_error(error))
    }

    async fn stop(&self, id: &ContainerId) -> Result<(), EngineError> {
        home::copy_to_volume(self.docker(), id).await;
        container::stop(self.docker(), id).await.map_err(|error| self.map_error(error))
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), EngineError> {
        home::copy_stopped_to_volume(self, id).await;
        self.reclaim_before_removal(id).await;
        remove(self.docker(), id, RemoveMode::Stopped)
            .await
            .map_err(|error| self.map_error(error))?;
        commit::prune_images(self.docker()).await.map_err(|error| self.map_error(error))
    }

    async fn remove_with_anonymous_volumes(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.reclaim_before_removal(id).await;
        remove(self.docker(), id, RemoveMode::StoppedWithVolumes)
            .await
            .map_err(|error| self.map_error(error))?;
        commit::prune_images(self.docker()).await.map_err(|error| self.map_error(error))
    }

    async fn has_volume(&self, name: &VolumeName) -> Result<bool, EngineError> {
        let found = container::has_volume(self.docker(), name.as_ref()).await;
        found.map_err(|error| self.map_error(error))
    }

    async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        let removed = self.docker().remove_volume(name, None::<RemoveVolumeOptions>).await;
        self.ignore_not_found(removed)
    }

    async fn host_key(&self, id: &ContainerId) -> Result<Option<HostKey>, EngineError> {
        let text = container_files::read_file(self.docker(), id, layout::CONTAINER_HOST_KEY)
            .await
            .map_err(|error| self.map_error(error))?;
        Ok(text.and_then(|text| HostKey::parse(&text).ok()))
    }

    async fn wait_exit(&self, id: &ContainerId) -> Result<i64, EngineError> {
        container::wait_exit(self.docker(), id).await.map_err(|error| self.map_error(error))
    }

    async fn log_tail(&self, id: &ContainerId, lines: usize) -> Result<Vec<String>, EngineError> {
        container::log_tail(self.docker(), id, lines).await.map_err(|error| self.map_error(error))
    }
}
