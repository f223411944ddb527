//! The container of a name or a workspace.

use std::path::{Path, PathBuf};

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

/// Finds the container of a workspace; `None` is the workspace of the current directory.
///
/// # Errors
///
/// The workspace cannot be used, or it has no container or several.
pub fn find_by_workspace(
    containers: &[Container],
    given: Option<&Path>,
    context: &Context,
) -> crate::Result<Container> {
    let workspace_ref = workspace::find_ref(given, &context.env, ProtectedPathUse::Allow)?;
    let workspace = enclosing_workspace::resolve(&workspace_ref, containers, context, ".");
    let observed = Observed::of(containers.to_vec());
    match observed.serving(&workspace).as_slice() {
        [container] => Ok((*container).clone()),
        [] => Err(not_found(&format!("no container serves `{workspace}`")).into()),
        containers => {
            let names = containers.iter().map(|container| container.name.clone()).collect();
            Err(Refusal::Ambiguous { workspace: workspace.to_string(), names }.into())
        }
    }
}

/// Lists the containers, and finds one as [`find_by_reference`].
///
/// # Errors
///
/// As [`find_by_reference`], or the engine cannot list the containers.
pub async fn find_named(
    reference: Option<&str>,
    engine: &DockerEngine,
    context: &Context,
) -> crate::Result<Container> {
    find_by_reference(reference, &engine.containers().await?, context)
}

/// Finds the container of a reference: its name or its workspace; `None` is the workspace of the
/// current directory.
///
/// # Errors
///
/// No container has this name or serves this workspace, or it is not managed.
pub fn find_by_reference(
    reference: Option<&str>,
    containers: &[Container],
    context: &Context,
) -> crate::Result<Container> {
    let is_path = |text: &str| context.env.directory.join(text).exists();
    if let Some(container) = containers.iter().find(|it| reference == Some(it.name.as_str())) {
        if container.labels.is_managed() {
            return Ok(container.clone());
        }
        if reference.is_some_and(|name| !is_path(name)) {
            return Err(Refusal::NotManaged { name: container.name.clone() }.into());
        }
    }
    if let Some(name) = reference.filter(|name| !is_path(name)) {
        let message = format!("`{name}` is neither a container nor a directory");
        return Err(unknown_name(&message).into());
    }
    find_by_workspace(containers, reference.map(Path::new), context)
}

/// Finds the managed container with this name.
///
/// # Errors
///
/// No container has this name, or it is not managed.
pub fn find_by_name(containers: Vec<Container>, name: &str) -> crate::Result<Container> {
    match containers.into_iter().find(|container| container.name == name) {
        Some(container) if container.labels.is_managed() => Ok(container),
        Some(_) => Err(Refusal::NotManaged { name: name.to_owned() }.into()),
        None => Err(unknown_name(&format!("there is no container `{name}`")).into()),
    }
}

/// Lists the containers, and returns the workspace of the one with this name.
///
/// # Errors
///
/// As [`find_by_name`], or the engine cannot list the containers.
pub async fn workspace_of(
    name: &str,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<WorkspacePath> {
    let context = Context::new(env, reporter, flags.clone(), None)?;
    Ok(workspace_served(&find_by_name(context.engine()?.containers().await?, name)?)?)
}

/// Finds the container that a word of a command line names; `None` if the word is a path, or if no
/// engine answers.
///
/// # Errors
///
/// No container has this name, or it is not managed.
pub async fn find_by_word(
    word: Option<&Path>,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Option<Container>> {
    let Some(word) = word.and_then(Path::to_str).filter(|word| !is_path(word, env)) else {
        return Ok(None);
    };
    let context = Context::of_engine(env, reporter, flags)?;
    let Ok(engine) = context.engine() else { return Ok(None) };
    let Ok(containers) = engine.containers().await else { return Ok(None) };
    if containers.iter().all(|container| container.name != word) {
        let message = format!("`{word}` is neither a container nor a directory");
        let hint = Hint::new(format!("a command goes after `--`: `cai run -- {word}`"));
        return Err(unknown_name(&message).hint(hint).into());
    }
    find_by_reference(Some(word), &containers, &context).map(Some)
}

/// Returns the workspace path that a word of a command line names, by itself or as the name of a
/// container.
///
/// # Errors
///
/// As [`workspace_of`].
pub async fn workspace_path(
    word: Option<&Path>,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Option<PathBuf>> {
    match word.and_then(Path::to_str).filter(|word| !is_path(word, env)) {
        None => Ok(word.map(Path::to_owned)),
        Some(name) => {
            let workspace = workspace_of(name, flags, env, reporter).await?;
            Ok(Some(workspace.as_path().to_owned()))
        }
    }
}

/// Whether a word is a path: one that exists below the current directory of `env`, or that no
/// container's name can be.
#[must_use]
pub fn is_path(word: &str, env: &ProcessEnv) -> bool {
    word.contains('/') || env.directory.join(word).exists()
}

/// Returns the workspace that a managed container serves.
///
/// # Errors
///
/// The container's label is not a workspace path.
pub fn workspace_served(container: &Container) -> Result<WorkspacePath, OperationError> {
    let workspace = container.labels.workspace().unwrap_or_default();
    WorkspacePath::new(Path::new(workspace))
        .map_err(|error| OperationError::with_code(exit::FOREIGN_CONTAINER, error.to_string()))
}

/// Returns the error for a name that no container has.
pub fn unknown_name(message: &str) -> OperationError {
    OperationError::with_code(exit::FAILED, message)
        .hint(Hint::run("cai list", "see the existing containers"))
}

/// Returns the error for a workspace without a container.
pub fn not_found(message: &str) -> OperationError {
    OperationError::with_code(exit::FAILED, message)
        .hint(Hint::run("cai run", "create the workspace's container"))
}
