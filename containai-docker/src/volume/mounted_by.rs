//! The containers that mount a volume.

use std::collections::HashMap;

use bollard::query_parameters::ListContainersOptionsBuilder;
use containai_core::engine::{Container, ContainerTimes, EngineError, Storage as _};
use containai_core::naming::VolumeName;

use crate::engine::DockerEngine;
use crate::inspect;

impl DockerEngine {
    /// Returns every container that mounts a volume, in any state and of any client, with labels as
    /// seen by this client. Waits for a container that the engine is about to start: the client
    /// that requested the start may have ended.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn containers_mounting(
        &self,
        volume: &VolumeName,
    ) -> Result<Vec<Container>, EngineError> {
        let filter = HashMap::from([("volume", vec![volume.as_ref()])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filter).build();
        let listed = self.docker().list_containers(Some(options)).await;
        let listed = listed.map_err(|error| self.map_error(error))?;
        let users = listed.into_iter().filter(|it| {
            let mut mounts = it.mounts.iter().flatten();
            // The engine's filter also matches parts of names.
            mounts.any(|mount| mount.name.as_deref() == Some(volume.as_ref()))
        });
        let users = users.filter_map(inspect::container).map(|mut user| {
            user.labels = user.labels.scoped_to(self.client_id());
            user
        });
        let mut settled = Vec::new();
        for user in users {
            settled.extend(self.current_state(user).await?);
        }
        Ok(settled)
    }

    /// Returns the container after the engine's current operation on it; `None` if it was removed.
    /// An inspection waits for the operation, a list does not.
    async fn current_state(
        &self,
        mut container: Container,
    ) -> Result<Option<Container>, EngineError> {
        match self.container_times(&container.id).await {
            Ok(ContainerTimes { state, .. }) => {
                container.state = state;
                Ok(Some(container))
            }
            Err(EngineError::NoSuchContainer { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
