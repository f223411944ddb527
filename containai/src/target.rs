//! The container that a name or a directory means.

use std::path::Path;

use containai_core::config::Flags;
use containai_core::engine::{Container, Engine};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{Observed, Refusal};
use containai_core::naming::WorkspacePath;
use containai_docker::DockerEngine;

use crate::context::Context;
use crate::enclosing_workspace;
use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::workspace::{self, ProtectedPathUse};

pub fn find_by_workspace(
    containers: &[Container],
    given: Option<&Path>,
    context: &Context,
) -> crate::Result<Container> {
    let spot = workspace::find_ref(given, &context.env, ProtectedPathUse::Allow)?;
    let workspace = enclosing_workspace::resolve(&spot, containers, context, ".");
    let observed = Observed { containers: containers.to_vec(), ..Observed::default() };
    match observed.serving(&workspace).as_slice() {
        [container] => Ok((*container).clone()),
        [] => Err(not_found(&format!("no container serves `{workspace}`")).into()),
        several => {
            let names = several.iter().map(|container| container.name.clone()).collect();
            Err(Refusal::Ambiguous { workspace: workspace.to_string(), names }.into())
        }
    }
}

/// Finds the container that a word means, the name of one or a workspace; no
/// word is the repository around the current directory.
pub async fn find_named(
    word: Option<&str>,
    engine: &DockerEngine,
    context: &Context,
) -> crate::Result<Container> {
    find_by_reference(word, &engine.containers().await?, context)
}

pub fn find_by_reference(
    word: Option<&str>,
    containers: &[Container],
    context: &Context,
) -> crate::Result<Container> {
    let is_here = |word: &str| context.env.directory.join(word).exists();
    if let Some(container) = containers.iter().find(|it| word == Some(it.name.as_str())) {
        if container.labels.is_managed() {
            return Ok(container.clone());
        }
        if word.is_some_and(|word| !is_here(word)) {
            return Err(Refusal::NotManaged { name: container.name.clone() }.into());
        }
    }
    if let Some(word) = word.filter(|word| !is_here(word)) {
        let message = format!("`{word}` is neither a container nor a directory");
        return Err(unknown_name(&message).into());
    }
    find_by_workspace(containers, word.map(Path::new), context)
}

/// The container of ours that has this name.
pub fn find_by_name(containers: Vec<Container>, name: &str) -> crate::Result<Container> {
    match containers.into_iter().find(|container| container.name == name) {
        Some(container) if container.labels.is_managed() => Ok(container),
        Some(_) => Err(Refusal::NotManaged { name: name.to_owned() }.into()),
        None => Err(unknown_name(&format!("there is no container `{name}`")).into()),
    }
}

/// The workspace of the container that has this name.
pub async fn workspace_of(
    name: &str,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<WorkspacePath> {
    let context = Context::new(env, reporter, flags.clone(), None)?;
    Ok(workspace_served(&find_by_name(context.engine()?.containers().await?, name)?)?)
}

/// The workspace that a container of ours serves.
pub fn workspace_served(container: &Container) -> Result<WorkspacePath, OperationError> {
    let workspace = container.labels.workspace().unwrap_or_default();
    WorkspacePath::new(Path::new(workspace))
        .map_err(|error| OperationError::with_code(exit::FOREIGN_CONTAINER, error.to_string()))
}

/// Nothing has the name that was given.
pub fn unknown_name(message: &str) -> OperationError {
    OperationError::with_code(exit::FAILED, message)
        .hint(Hint::run("cai list", "see the containers there are"))
}

/// Nothing is there to work on.
pub fn not_found(message: &str) -> OperationError {
    OperationError::with_code(exit::FAILED, message)
        .hint(Hint::run("cai run", "make the workspace's container"))
}
