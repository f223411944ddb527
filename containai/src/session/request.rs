//! From a workspace to a session in its container, set-up included.

use containai_core::config::Flags;
use containai_core::naming::{HomePath, WorkspacePath};

use super::{SessionOptions, SetupConsent};
use crate::context::Context;
use crate::image_selection::ImageSelection;
use crate::lock;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::workspace::WorkspaceRef;

/// The way into one workspace's container.
pub struct SessionRequest {
    pub(crate) context: Context,
    pub(crate) workspace_ref: WorkspaceRef,
    pub(crate) setup_consent: SetupConsent,
    pub(crate) options: SessionOptions,
    /// What a new container is made of; known for good once the engine has been
    /// looked at.
    pub(crate) image: ImageSelection,
    flags: Flags,
}

impl<'a> SessionRequest {
    pub fn new(
        env: &ProcessEnv,
        reporter: &Reporter,
        flags: Flags,
        spot: WorkspaceRef,
        consent: SetupConsent,
    ) -> crate::Result<Self> {
        let context = Context::new(env, reporter, flags.clone(), Some(spot.path()))?;
        let image = ImageSelection::without_layers(&context.config);
        Ok(Self {
            context,
            workspace_ref: spot,
            setup_consent: consent,
            options: SessionOptions::default(),
            image,
            flags,
        })
    }

    /// Makes the container as the command line chooses.
    pub fn with_options(mut self, choice: SessionOptions) -> Self {
        self.options = choice;
        self
    }

    /// Lets the session use the user's SSH agent.
    pub fn with_agent_forwarding(mut self) -> Self {
        if self.context.env.agent_socket.is_none() {
            self.context
                .reporter
                .warn("there is no SSH agent to forward: `SSH_AUTH_SOCK` is not set");
        }
        self.context.enable_agent_forwarding();
        self
    }

    /// What an import brings along besides what manifests name.
    pub fn import_paths(&self) -> Vec<HomePath> {
        self.context.config.import_paths.value.clone()
    }

    pub(crate) fn workspace(&self) -> &WorkspacePath {
        self.workspace_ref.path()
    }

    /// Reads the configuration of the workspace that it is about now.
    pub(crate) fn reload(&mut self) -> crate::Result<()> {
        let (env, reporter, flags) =
            (&self.context.env, &self.context.reporter, self.flags.clone());
        let lends = self.context.remote.forwards_agent();
        self.context = Context::new(env, reporter, flags, Some(self.workspace_ref.path()))?;
        if lends {
            self.context.enable_agent_forwarding();
        }
        Ok(())
    }

    /// Keeps others from working on the workspace's container.
    pub async fn lock_workspace(&self) -> crate::Result<std::fs::File> {
        let path = self.context.env.layout.workspace_lock(self.workspace());
        lock::acquire(&path, &format!("`{}`", self.workspace()), &self.context.reporter).await
    }
}
