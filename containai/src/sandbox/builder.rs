//! A description of a container.

use std::path::{Path, PathBuf};

use super::handle::Sandbox;
use super::requested::RequestedValues;
use crate::process_env::ProcessEnv;
use crate::report::{Frontend, Reporter};
use crate::session::{Recreate, SessionOptions, SessionRequest, SetupConsent};
use crate::workspace::{self, ProtectedPathUse, WorkspaceRef};

/// The description of a workspace's container, created by [`Sandbox::builder`].
///
/// Values that are not set come from the same sources as for `cai`: the user's configuration file,
/// the approved configuration of the workspace, and defaults.
///
/// # Facts of the process
///
/// This crate does not read the environment. Without [`home`](Self::home) and
/// [`process_env`](Self::process_env), the home directory of the user with the process's real user
/// id is used, as the user database (passwd(5)) has it, and everything else has the defaults of
/// [`ProcessEnv::new`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SandboxBuilder {
    workspace: PathBuf,
    env: Option<ProcessEnv>,
    reporter: Reporter,
    pub(super) requested: RequestedValues,
    recreate: Recreate,
    protected_paths: ProtectedPathUse,
}

impl Sandbox {
    /// Describes the container of a workspace, which is an existing directory.
    pub fn builder(workspace: impl AsRef<Path>) -> SandboxBuilder {
        SandboxBuilder {
            workspace: workspace.as_ref().to_owned(),
            env: None,
            reporter: Reporter::default(),
            requested: RequestedValues::default(),
            recreate: Recreate::None,
            protected_paths: ProtectedPathUse::Refuse,
        }
    }
}

impl SandboxBuilder {
    /// Sets the image of a new container: a shipped one, such as `base`, or a reference.
    pub fn image(mut self, image: impl Into<String>) -> Self {
        self.requested.image = Some(image.into());
        self
    }

    /// Sets the template of a new container.
    pub fn template(mut self, template: impl Into<String>) -> Self {
        self.requested.template = Some(template.into());
        self
    }

    /// Sets the name of the container. Default: derived from the directory and the branch.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.requested.name = Some(name.into());
        self
    }

    /// Sets the data volume of a new container. Default: one of its own.
    pub fn data_volume(mut self, volume: impl Into<String>) -> Self {
        self.requested.data_volume = Some(volume.into());
        self
    }

    /// Sets the memory limit of a new container, such as `8g`.
    pub fn memory(mut self, limit: impl Into<String>) -> Self {
        self.requested.memory = Some(limit.into());
        self
    }

    /// Sets the CPU limit of a new container, such as `2` or `1.5`.
    pub fn cpus(mut self, limit: impl Into<String>) -> Self {
        self.requested.cpus = Some(limit.into());
        self
    }

    /// Sets the address of the engine: `unix:///path`, `tcp://host:port` or `ssh://user@host`.
    /// Default: the engine that `cai setup` created on this machine.
    pub fn docker_host(mut self, address: impl Into<String>) -> Self {
        self.requested.docker_host = Some(address.into());
        self
    }

    /// Replaces an existing container with a new one. Its volumes are kept.
    pub fn recreate(mut self) -> Self {
        self.recreate = Recreate::Fresh;
        self
    }

    /// Accepts a workspace that exposes keys, sockets of engines, system directories or the home
    /// directory. Default: such a workspace is an error.
    pub fn allow_protected_paths(mut self) -> Self {
        self.protected_paths = ProtectedPathUse::Allow;
        self
    }

    /// Sets the home directory, and everything else to the defaults of [`ProcessEnv::new`].
    pub fn home(self, home: impl AsRef<Path>) -> Self {
        self.process_env(ProcessEnv::new(home))
    }

    /// Sets the facts of the process.
    pub fn process_env(mut self, env: ProcessEnv) -> Self {
        self.env = Some(env);
        self
    }

    /// Sets the receiver of progress and questions. Default: none, and the answer to every question
    /// is no.
    pub fn frontend(mut self, frontend: impl Frontend + 'static) -> Self {
        self.reporter = Reporter::new(frontend);
        self
    }

    /// Creates the container if the workspace has none, starts it, and connects to it.
    ///
    /// The image is pulled or built if it is missing, which can take minutes. An existing container
    /// that differs from the description is kept; a [`Report::Warning`](crate::report::Report)
    /// names the differences.
    ///
    /// Cancel safe: another call continues where this one was stopped.
    ///
    /// # Errors
    ///
    /// - [`Error::Operation`](crate::Error::Operation): a value or the workspace is not accepted, or
    ///   this machine is not set up: run `cai setup`.
    /// - [`Error::Lifecycle`](crate::Error::Lifecycle): the engine or the container failed.
    /// - [`Error::Config`](crate::Error::Config): a configuration file is invalid.
    pub async fn start(self) -> crate::Result<Sandbox> {
        let request = self.request(SetupConsent::Ask)?;
        request.start_sandbox(self.requested.docker_host).await
    }

    /// Connects to the existing container of the workspace; starts it if it is stopped.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start), and [`Error::Operation`](crate::Error::Operation) if there
    /// is no container.
    pub async fn open(self) -> crate::Result<Sandbox> {
        let request = self.request(SetupConsent::Never)?;
        request.open_sandbox(self.requested.docker_host).await
    }

    fn request(&self, consent: SetupConsent) -> crate::Result<SessionRequest> {
        let env = self.env()?;
        let workspace = workspace::find(Some(&self.workspace), &env, ProtectedPathUse::Allow)?;
        let options = SessionOptions {
            name: self.requested.container_name()?,
            recreate: self.recreate,
            protected_paths: self.protected_paths,
            ..SessionOptions::default()
        };
        let (workspace, flags) = (WorkspaceRef::Explicit(workspace), self.requested.flags()?);
        let request = SessionRequest::new(&env, &self.reporter, flags, workspace, consent)?;
        Ok(request.with_options(options))
    }

    pub(super) fn env(&self) -> crate::Result<ProcessEnv> {
        self.env.clone().map_or_else(ProcessEnv::of_user, Ok)
    }

    pub(super) fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    pub(super) fn workspace(&self) -> &Path {
        &self.workspace
    }
}
