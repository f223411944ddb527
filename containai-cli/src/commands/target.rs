//! Which containers a command is about, when it makes none.

use std::path::{Path, PathBuf};

use clap::Args;
use containai_core::config::Flags;
use containai_core::engine::{Container, Engine};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{Observed, Refusal};
use containai_core::naming::WorkspacePath;
use containai_docker::DockerEngine;

use crate::context::Context;
use crate::env::Env;
use crate::error::CliError;
use crate::ui::Ui;
use crate::workspace::{self, Caution};

/// One container, by its workspace or by its name.
#[derive(Clone, Debug, Args)]
pub(crate) struct TargetArgs {
    /// The workspace [default: the repository around the current directory]
    path: Option<PathBuf>,
    /// The workspace, as an option
    #[arg(short, long, value_name = "PATH", conflicts_with = "path")]
    workspace: Option<PathBuf>,
    /// The container's name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["path", "workspace"])]
    container: Option<String>,
}

impl TargetArgs {
    /// Finds the container; it is ours, or the answer is an error.
    pub(crate) async fn find(&self, engine: &DockerEngine, env: &Env) -> anyhow::Result<Container> {
        let containers = engine.containers().await?;
        match &self.container {
            Some(name) => by_name(containers, name),
            None => self.by_workspace(containers, env),
        }
    }

    fn by_workspace(&self, containers: Vec<Container>, env: &Env) -> anyhow::Result<Container> {
        let given = self.path.as_deref().or(self.workspace.as_deref());
        let workspace = workspace::find(given, env, Caution::Forced)?;
        let observed = Observed { containers, ..Observed::default() };
        match observed.serving(&workspace).as_slice() {
            [container] => Ok((*container).clone()),
            [] => Err(missing(&format!("no container serves `{workspace}`")).into()),
            several => {
                let names = several.iter().map(|container| container.name.clone()).collect();
                Err(Refusal::Ambiguous { workspace: workspace.to_string(), names }.into())
            }
        }
    }
}

/// Finds the container that a word means, the name of one or a workspace; no
/// word is the repository around the current directory.
pub(crate) async fn find_named(
    word: Option<&str>,
    engine: &DockerEngine,
    env: &Env,
) -> anyhow::Result<Container> {
    let containers = engine.containers().await?;
    let is_meant = |container: &Container| {
        container.labels.is_managed() && word == Some(container.name.as_str())
    };
    if let Some(container) = containers.iter().find(|it| is_meant(it)) {
        return Ok(container.clone());
    }
    if let Some(word) = word.filter(|word| !env.directory.join(word).exists()) {
        let message = format!("`{word}` is neither a container nor a directory");
        return Err(missing(&message).into());
    }
    let path = word.map(PathBuf::from);
    TargetArgs { path, workspace: None, container: None }.by_workspace(containers, env)
}

/// The container of ours that has this name.
pub(crate) fn by_name(containers: Vec<Container>, name: &str) -> anyhow::Result<Container> {
    match containers.into_iter().find(|container| container.name == name) {
        Some(container) if container.labels.is_managed() => Ok(container),
        Some(_) => Err(Refusal::NotOurs { name: name.to_owned() }.into()),
        None => Err(missing(&format!("there is no container `{name}`")).into()),
    }
}

/// The workspace of the container that has this name.
pub(crate) async fn workspace_of(
    name: &str,
    flags: &Flags,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<WorkspacePath> {
    let context = Context::new(env, ui, flags.clone(), None)?;
    let container = by_name(context.engine()?.containers().await?, name)?;
    let workspace = container.labels.workspace().unwrap_or_default();
    WorkspacePath::new(Path::new(workspace))
        .map_err(|error| CliError::with_code(exit::NOT_OURS, error.to_string()).into())
}

/// Nothing is there to work on.
pub(crate) fn missing(message: &str) -> CliError {
    CliError::with_code(exit::FAILED, message)
        .hint(Hint::run("cai run", "make the workspace's container"))
}
