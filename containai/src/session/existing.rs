//! Requests for sessions in existing containers.

use containai_core::config::Flags;
use containai_core::engine::Container;
use containai_core::lifecycle::Refusal;
use containai_core::naming::ContainerName;

use super::{SessionOptions, SessionRequest, SetupConsent};
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::target::workspace_served;
use crate::workspace::WorkspaceRef;

impl SessionRequest {
    /// Requests a session in an existing container, which is started as needed.
    ///
    /// # Errors
    ///
    /// The container is not one of ContainAI, or the configuration of its workspace is invalid.
    pub fn existing(
        container: &Container,
        flags: Flags,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let workspace = WorkspaceRef::Explicit(workspace_served(container)?);
        let foreign = |_| Refusal::NotManaged { name: container.name.clone() };
        let name = Some(ContainerName::parse(&container.name).map_err(foreign)?);
        let request = Self::new(env, reporter, flags, workspace, SetupConsent::Never)?;
        Ok(request.with_options(SessionOptions { name, ..SessionOptions::default() }))
    }
}
