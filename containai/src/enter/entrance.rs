//! From a workspace to a session in its container, set-up included.

use containai_core::config::Flags;
use containai_core::naming::{HomePath, WorkspacePath};

use super::{Choice, Consent};
use crate::context::Context;
use crate::lock;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::wanted_image::WantedImage;
use crate::workspace::Spot;

/// The way into one workspace's container.
pub struct Entrance {
    pub(crate) context: Context,
    pub(crate) spot: Spot,
    pub(crate) consent: Consent,
    pub(crate) choice: Choice,
    /// What a new container is made of; known for good once the engine has been
    /// looked at.
    pub(crate) image: WantedImage,
    flags: Flags,
}

impl<'a> Entrance {
    pub fn new(
        env: &ProcessEnv,
        reporter: &Reporter,
        flags: Flags,
        spot: Spot,
        consent: Consent,
    ) -> crate::Result<Self> {
        let context = Context::new(env, reporter, flags.clone(), Some(spot.path()))?;
        let image = WantedImage::plain(&context.config);
        Ok(Self { context, spot, consent, choice: Choice::default(), image, flags })
    }

    /// Makes the container as the command line chooses.
    pub fn choosing(mut self, choice: Choice) -> Self {
        self.choice = choice;
        self
    }

    /// Lets the session use the user's SSH agent.
    pub fn lending_agent(mut self) -> Self {
        if self.context.env.agent_socket.is_none() {
            self.context
                .reporter
                .warn("there is no SSH agent to forward: `SSH_AUTH_SOCK` is not set");
        }
        self.context.lend_agent();
        self
    }

    /// What an import brings along besides what manifests name.
    pub fn additional_paths(&self) -> Vec<HomePath> {
        self.context.config.import_paths.value.clone()
    }

    pub(crate) fn workspace(&self) -> &WorkspacePath {
        self.spot.path()
    }

    /// Reads the configuration of the workspace that it is about now.
    pub(crate) fn reload(&mut self) -> crate::Result<()> {
        let (env, reporter, flags) =
            (&self.context.env, &self.context.reporter, self.flags.clone());
        let lends = self.context.remote.lends_agent();
        self.context = Context::new(env, reporter, flags, Some(self.spot.path()))?;
        if lends {
            self.context.lend_agent();
        }
        Ok(())
    }

    /// Keeps others from working on the workspace's container.
    pub async fn turn(&self) -> crate::Result<std::fs::File> {
        let path = self.context.env.layout.workspace_lock(self.workspace());
        lock::hold(&path, &format!("`{}`", self.workspace()), &self.context.reporter).await
    }
}
