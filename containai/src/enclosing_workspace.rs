//! The known workspace that encloses the current directory.

use std::time::Duration;

use crate::error::ResultExt as _;
use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _};
use containai_core::lifecycle::{ancestor_workspaces, enclosing_workspace};
use containai_core::naming::WorkspacePath;
use tokio::time::timeout;

use crate::context::Context;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::workspace::WorkspaceRef;
use crate::workspace_store;

/// The time limit for the list of containers in a command that does not need the engine.
const ENGINE_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns the known workspace that encloses the current directory; `None` if the workspace is
/// explicit, or if the directory is a known workspace itself.
pub(crate) fn find(
    workspace_ref: &WorkspaceRef,
    containers: &[Container],
    context: &Context,
) -> Option<WorkspacePath> {
    match workspace_ref {
        WorkspaceRef::Explicit(_) => None,
        WorkspaceRef::Implicit(path) => enclosing_workspace(
            path,
            containers,
            &known_workspaces(path, context),
            context.env.layout.home(),
        ),
    }
}

/// Returns the workspaces that are known without a container: those with a section in the
/// configuration, and those with remembered choices among the directory and its parents.
fn known_workspaces(path: &WorkspacePath, context: &Context) -> Vec<WorkspacePath> {
    let layout = &context.env.layout;
    let has_choice = |path: &WorkspacePath| {
        workspace_store::read(layout, path)
            .is_ok_and(|record| record.is_some_and(|it| !it.is_empty()))
    };
    let remembered =
        ancestor_workspaces(path, layout.home()).chain([path.clone()]).filter(has_choice);
    context.config.sections.iter().cloned().chain(remembered).collect()
}

/// Returns the workspace of a command, and reports it if it encloses the current directory.
/// `override_args` are the arguments that select the current directory.
pub fn resolve(
    workspace_ref: &WorkspaceRef,
    containers: &[Container],
    context: &Context,
    override_args: &str,
) -> WorkspacePath {
    choose_and_report(
        &context.reporter,
        workspace_ref,
        find(workspace_ref, containers, context),
        override_args,
    )
}

/// Returns the workspace as [`resolve`], for a command that also works without the engine.
pub async fn resolve_offline(
    workspace_ref: &WorkspaceRef,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
    override_args: &str,
) -> WorkspacePath {
    choose_and_report(
        reporter,
        workspace_ref,
        find_offline(workspace_ref, flags, env, reporter).await,
        override_args,
    )
}

fn choose_and_report(
    reporter: &Reporter,
    workspace_ref: &WorkspaceRef,
    enclosing: Option<WorkspacePath>,
    override_args: &str,
) -> WorkspacePath {
    let Some(enclosing) = enclosing else { return workspace_ref.path().clone() };
    report_choice(reporter, &enclosing, workspace_ref.path(), override_args);
    enclosing
}

/// Returns the enclosing workspace as `find`, for a command that also works without the
/// engine. An engine that is not set up has no containers; one that does not respond is
/// reported.
pub async fn find_offline(
    workspace_ref: &WorkspaceRef,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> Option<WorkspacePath> {
    // The command itself reports errors of the configuration.
    let silent = Reporter::default();
    let context = Context::of_engine(env, &silent, flags).ok()?;
    let is_set_up = !context.is_dedicated_engine() || context.record.is_some();
    let containers = match is_set_up && needs_containers(workspace_ref, &context) {
        true => list_containers(&context).await.unwrap_or_else(|error| {
            reporter.warn(&format!(
                "cannot look for a workspace that encloses {}: {error:#}",
                workspace_ref.path()
            ));
            Vec::new()
        }),
        false => Vec::new(),
    };
    find(workspace_ref, &containers, &context)
}

/// Returns whether the result depends on the containers.
fn needs_containers(workspace_ref: &WorkspaceRef, context: &Context) -> bool {
    match workspace_ref {
        WorkspaceRef::Explicit(_) => false,
        WorkspaceRef::Implicit(path) if context.config.sections.contains(path) => false,
        WorkspaceRef::Implicit(path) => {
            ancestor_workspaces(path, context.env.layout.home()).next().is_some()
        }
    }
}

async fn list_containers(context: &Context) -> crate::Result<Vec<Container>> {
    let engine = context.engine()?;
    let answer = timeout(ENGINE_TIMEOUT, engine.containers()).await;
    Ok(answer
        .with_context(|| format!("the engine at `{}` does not respond", context.address))??)
}

/// Reports that the enclosing workspace is used, and not the current directory.
pub(crate) fn report_choice(
    reporter: &Reporter,
    enclosing: &WorkspacePath,
    current: &WorkspacePath,
    override_args: &str,
) {
    reporter.say(&format!(
        "using the workspace {enclosing} around {current}; `{override_args}` uses this directory"
    ));
}
