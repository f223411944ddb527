//! The restart policy of a container.

use bollard::models::ContainerUpdateBody;
use bollard::query_parameters::InspectContainerOptions;
use containai_core::engine::{ContainerId, EngineError, RestartPolicy};

use crate::engine::DockerEngine;
use crate::restart_policy::{from_docker, to_docker};

impl DockerEngine {
    /// Returns the restart policy of a container. One that was set by other means has the nearest
    /// name.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn restart_policy(&self, id: &ContainerId) -> Result<RestartPolicy, EngineError> {
        let options = None::<InspectContainerOptions>;
        let inspected = self.docker().inspect_container(id.as_ref(), options).await;
        let inspected = inspected.map_err(|error| self.map_error(error))?;
        let policy = inspected.host_config.and_then(|host| host.restart_policy);
        Ok(from_docker(policy.as_ref()))
    }

    /// Changes the restart policy of a container, immediately and permanently.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn set_restart_policy(
        &self,
        id: &ContainerId,
        policy: RestartPolicy,
    ) -> Result<(), EngineError> {
        let body =
            ContainerUpdateBody { restart_policy: Some(to_docker(policy)), ..Default::default() };
        let changed = self.docker().update_container(id.as_ref(), body).await;
        changed.map_err(|error| self.map_error(error))
    }
}
