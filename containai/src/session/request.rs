//! A request for a session.

use std::fs::File;

use containai_core::config::Flags;
use containai_core::naming::{AgentName, HomePath, WorkspacePath};

use super::{SessionOptions, SetupConsent};
use crate::context::Context;
use crate::lock;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::workspace::WorkspaceRef;

/// A request for a session in the container of a workspace.
#[derive(Clone)]
pub struct SessionRequest {
    pub(crate) context: Context,
    pub(crate) workspace_ref: WorkspaceRef,
    pub(crate) setup_consent: SetupConsent,
    pub(crate) options: SessionOptions,
    /// The agent that the image of a new container must have; `None`: any image is accepted.
    pub(crate) required_agent: Option<AgentName>,
    flags: Flags,
}

impl SessionRequest {
    /// Reads the configuration of the workspace. The engine is not contacted.
    ///
    /// # Errors
    ///
    /// The configuration is invalid or cannot be read.
    pub fn new(
        env: &ProcessEnv,
        reporter: &Reporter,
        flags: Flags,
        workspace_ref: WorkspaceRef,
        setup_consent: SetupConsent,
    ) -> crate::Result<Self> {
        let context = Context::new(env, reporter, flags.clone(), Some(workspace_ref.path()))?;
        Ok(Self {
            context,
            workspace_ref,
            setup_consent,
            options: SessionOptions::default(),
            required_agent: None,
            flags,
        })
    }

    /// Sets the options of the container.
    #[must_use]
    pub fn with_options(mut self, options: SessionOptions) -> Self {
        self.options = options;
        self
    }

    /// Forwards the user's SSH agent to the session.
    #[must_use]
    pub fn with_agent_forwarding(mut self) -> Self {
        if self.context.env.agent_socket.is_none() {
            self.context.reporter.warn("cannot forward an SSH agent: `SSH_AUTH_SOCK` is not set");
        }
        self.context.enable_agent_forwarding();
        self
    }

    /// Returns the configured paths that an import includes in addition to the manifests.
    pub fn import_paths(&self) -> Vec<HomePath> {
        self.context.config.import_paths.value.clone()
    }

    /// Locks the workspace against other commands that change its container.
    ///
    /// # Errors
    ///
    /// The lock file cannot be used.
    pub async fn lock_workspace(&self) -> crate::Result<File> {
        lock::acquire_workspace(self.workspace(), &self.context.env, &self.context.reporter).await
    }

    pub(crate) fn workspace(&self) -> &WorkspacePath {
        self.workspace_ref.path()
    }

    /// Changes to another workspace, with its configuration.
    pub(crate) fn change_workspace(&mut self, workspace: WorkspacePath) -> crate::Result<()> {
        let forwards_agent = self.context.remote.forwards_agent();
        let Context { env, reporter, .. } = &self.context;
        self.context = Context::new(env, reporter, self.flags.clone(), Some(&workspace))?;
        if forwards_agent {
            self.context.enable_agent_forwarding();
        }
        self.workspace_ref = WorkspaceRef::Explicit(workspace);
        Ok(())
    }
}
