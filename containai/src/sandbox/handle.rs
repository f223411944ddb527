//! A started container.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use containai_core::engine::Container;
use containai_core::naming::WorkspacePath;
use containai_ssh::Session;

use crate::context::Context;
use crate::sandbox_handle::SandboxHandle;
use crate::session::{SessionRequest, SetupConsent};
use crate::workspace::WorkspaceRef;

/// A container that was started for a workspace.
///
/// [`Sandbox::builder`] creates it. The container, its volumes and its name are those that `cai`
/// uses in the workspace. A value is a handle: clones refer to the same container, and dropping the
/// last one leaves the container as it is. Methods may be called from several tasks at the same
/// time.
///
/// Every future needs a Tokio runtime with time and I/O enabled.
#[derive(Clone)]
pub struct Sandbox {
    pub(super) handle: Arc<SandboxHandle>,
}

impl Sandbox {
    pub(super) fn new(
        context: Context,
        docker_host: Option<String>,
        workspace: WorkspacePath,
        container: Container,
        session: Option<Session>,
    ) -> crate::Result<Self> {
        let handle = SandboxHandle::new(context, docker_host, workspace, container, session)?;
        Ok(Self { handle: Arc::new(handle) })
    }

    /// Returns the name of the container. `ssh containai-<name>` connects to it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.handle.container.name
    }

    /// Returns the workspace, with links resolved.
    #[must_use]
    pub fn workspace(&self) -> &Path {
        self.handle.workspace.as_path()
    }
}

impl SandboxHandle {
    /// Opens the container of a workspace on the same engine.
    pub(super) async fn open_workspace(&self, workspace: WorkspacePath) -> crate::Result<Sandbox> {
        let Context { env, reporter, .. } = &self.context;
        let (flags, workspace) = (self.engine_flags(), WorkspaceRef::Explicit(workspace));
        let request = SessionRequest::new(env, reporter, flags, workspace, SetupConsent::Never)?;
        request.open_sandbox(self.docker_host.clone()).await
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("name", &self.handle.container.name)
            .field("workspace", &self.handle.workspace)
            .finish_non_exhaustive()
    }
}
