//! The restart policy of a container.

use bollard::models::{
    ContainerUpdateBody, RestartPolicy as DockerPolicy, RestartPolicyNameEnum as PolicyName,
};
use bollard::query_parameters::InspectContainerOptions;
use containai_core::engine::{ContainerId, EngineError, RestartPolicy};

use crate::engine::DockerEngine;

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

pub(crate) fn to_docker(policy: RestartPolicy) -> DockerPolicy {
    let name = match policy {
        RestartPolicy::No => PolicyName::NO,
        RestartPolicy::UnlessStopped => PolicyName::UNLESS_STOPPED,
    };
    DockerPolicy { name: Some(name), maximum_retry_count: None }
}

fn from_docker(policy: Option<&DockerPolicy>) -> RestartPolicy {
    match policy.and_then(|policy| policy.name) {
        Some(PolicyName::UNLESS_STOPPED | PolicyName::ALWAYS) => RestartPolicy::UnlessStopped,
        _ => RestartPolicy::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_converted_both_ways() {
        for policy in [RestartPolicy::No, RestartPolicy::UnlessStopped] {
            assert_eq!(from_docker(Some(&to_docker(policy))), policy);
        }
        let with = |name| from_docker(Some(&DockerPolicy { name, maximum_retry_count: None }));
        assert_eq!(with(Some(PolicyName::ALWAYS)), RestartPolicy::UnlessStopped);
        assert_eq!(with(Some(PolicyName::ON_FAILURE)), RestartPolicy::No);
        assert_eq!((with(None), from_docker(None)), (RestartPolicy::No, RestartPolicy::No));
    }
}
