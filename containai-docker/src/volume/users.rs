//! The containers that have a volume.

use std::collections::HashMap;

use bollard::query_parameters::ListContainersOptionsBuilder;
use containai_core::engine::{Container, ContainerId, EngineError};
use containai_core::naming::VolumeName;

use crate::engine::DockerEngine;
use crate::inspect;

impl DockerEngine {
    /// Every container that mounts a volume, in any state and of any owner, as
    /// this machine sees it.
    ///
    /// # Errors
    ///
    /// What the engine answered.
    pub async fn users_of(&self, volume: &VolumeName) -> Result<Vec<Container>, EngineError> {
        let filter = HashMap::from([("volume", vec![volume.as_ref()])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filter).build();
        let listed = self.docker().list_containers(Some(options)).await;
        let listed = listed.map_err(|error| self.failure(error))?;
        let users = listed.into_iter().filter(|it| {
            let mut mounts = it.mounts.iter().flatten();
            // The engine's filter looks for parts of names too.
            mounts.any(|mount| mount.name.as_deref() == Some(volume.as_ref()))
        });
        let users = users.filter_map(inspect::container).map(|mut user| {
            user.labels = user.labels.seen_by(self.client());
            user
        });
        Ok(users.collect())
    }

    /// Freezes all processes of a running container, until it is woken.
    ///
    /// # Errors
    ///
    /// What the engine answered.
    pub async fn freeze(&self, id: &ContainerId) -> Result<(), EngineError> {
        let paused = self.docker().pause_container(id.as_ref()).await;
        paused.map_err(|error| self.failure(error))
    }
}
