//! One container, by name or by workspace.

use std::path::PathBuf;

use clap::Args;
use containai::context::Context;
use containai::session::SessionRequest;
use containai::target::{find_by_name, find_by_reference, find_by_workspace, is_path};
use containai::{OperationError, ProcessEnv};
use containai_core::engine::{Container, Engine as _};
use containai_core::naming::HostPort;
use containai_docker::DockerEngine;

use crate::app::App;

/// One container, by name or by workspace.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TargetArgs {
    /// Container name or workspace path [default: the repository around the current directory]
    #[arg(value_name = "TARGET", conflicts_with_all = ["workspace", "container"])]
    target: Option<String>,
    #[command(flatten)]
    options: TargetOptions,
}

/// One container, by the explicit options alone.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TargetOptions {
    /// Workspace path
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
    /// Container name
    #[arg(long, value_name = "NAME", conflicts_with = "workspace")]
    container: Option<String>,
}

impl From<TargetOptions> for TargetArgs {
    fn from(options: TargetOptions) -> Self {
        Self { target: None, options }
    }
}

impl TargetArgs {
    /// One container, by a word or by the options.
    pub(crate) fn new(
        target: Option<String>,
        options: TargetOptions,
    ) -> Result<Self, OperationError> {
        let is_selected = options.workspace.is_some() || options.container.is_some();
        match target.as_ref().filter(|_| is_selected) {
            Some(word) => {
                let message = format!("`{word}` and an option both select a container");
                Err(OperationError::usage(message))
            }
            None => Ok(Self { target, options }),
        }
    }

    /// The port of a target such as `:3000`, and the container that the options select.
    pub(crate) fn port(&self) -> Option<(HostPort, Self)> {
        let port = self.target.as_deref()?.strip_prefix(':')?.parse().ok()?;
        Some((port, Self { target: None, options: self.options.clone() }))
    }

    /// Finds a container of ContainAI.
    pub(crate) async fn find(
        &self,
        engine: &DockerEngine,
        context: &Context,
    ) -> anyhow::Result<Container> {
        self.find_among(&engine.containers().await?, context)
    }

    /// Finds the container among those of the engine.
    pub(crate) fn find_among(
        &self,
        containers: &[Container],
        context: &Context,
    ) -> anyhow::Result<Container> {
        Ok(match (&self.options.container, &self.options.workspace) {
            (Some(name), _) => find_by_name(containers.to_vec(), name)?,
            (None, Some(workspace)) => find_by_workspace(containers, Some(workspace), context)?,
            (None, None) => find_by_reference(self.target.as_deref(), containers, context)?,
        })
    }

    /// Finds the container, and prepares a session in it: it is started as needed, never created.
    pub(crate) async fn existing_session(
        &self,
        app: &App,
    ) -> anyhow::Result<(Container, SessionRequest)> {
        let context = app.context()?;
        let container = self.find(&context.engine()?, &context).await?;
        let flags = app.global.flags();
        let request = SessionRequest::existing(&container, flags, &app.env, &app.reporter)?;
        Ok((container, request))
    }

    /// The container's name; only a workspace takes a question to the engine. `None` if no
    /// container is selected.
    pub(crate) async fn container_name(&self, app: &App) -> anyhow::Result<Option<String>> {
        let TargetOptions { workspace, container } = &self.options;
        match (container, &self.target) {
            (Some(name), _) => Ok(Some(name.clone())),
            (None, Some(word)) if !is_path(word, &app.env) => Ok(Some(word.clone())),
            (None, None) if workspace.is_none() => Ok(None),
            _ => {
                let context = app.context()?;
                Ok(Some(self.find(&context.engine()?, &context).await?.name))
            }
        }
    }

    /// The workspace path and the container name of the command line.
    pub(super) fn split(&self, env: &ProcessEnv) -> (Option<PathBuf>, Option<String>) {
        let TargetOptions { workspace, container } = self.options.clone();
        match &self.target {
            Some(word) if is_path(word, env) => (Some(word.into()), None),
            Some(word) => (None, Some(word.clone())),
            None => (workspace, container),
        }
    }
}
