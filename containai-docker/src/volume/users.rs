//! The containers that have a volume.

use std::collections::HashMap;

use bollard::query_parameters::ListContainersOptionsBuilder;
use containai_core::engine::{Container, EngineError, Moments, Storage as _};
use containai_core::naming::VolumeName;

use crate::engine::DockerEngine;
use crate::inspect;

impl DockerEngine {
    /// Every container that mounts a volume, in any state and of any owner, as
    /// this machine sees it. Where the engine is about to start one, it is
    /// waited for: whoever asked for the start may be gone.
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
        let mut settled = Vec::new();
        for user in users {
            settled.extend(self.settled(user).await?);
        }
        Ok(settled)
    }

    /// The container as it is when the engine has done what it is at; `None`
    /// when it is gone by then. A listing does not wait, an inspection does.
    async fn settled(&self, container: Container) -> Result<Option<Container>, EngineError> {
        match self.moments(&container.id).await {
            Ok(Moments { state, .. }) => Ok(Some(Container { state, ..container })),
            Err(EngineError::NoSuchContainer { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
