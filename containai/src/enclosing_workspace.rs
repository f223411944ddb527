//! The known workspace around a directory that nobody named.

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

/// How long a command that needs no engine waits for what one knows.
const ENGINE_TIMEOUT: Duration = Duration::from_secs(5);

/// The known workspace around the directory, if nobody named one and it is
/// none itself.
pub(crate) fn find(
    spot: &WorkspaceRef,
    containers: &[Container],
    context: &Context,
) -> Option<WorkspacePath> {
    match spot {
        WorkspaceRef::Explicit(_) => None,
        WorkspaceRef::Implicit(path) => enclosing_workspace(
            path,
            containers,
            &known_workspaces(path, context),
            context.env.layout.home(),
        ),
    }
}

/// The workspaces that are known without a container: those with a section in the
/// configuration, and, of this directory and those above it, those that something was
/// chosen for.
fn known_workspaces(path: &WorkspacePath, context: &Context) -> Vec<WorkspacePath> {
    let layout = &context.env.layout;
    let has_choice = |path: &WorkspacePath| {
        workspace_store::read(layout, path)
            .is_ok_and(|record| record.is_some_and(|it| !it.is_empty()))
    };
    let around = ancestor_workspaces(path, layout.home()).chain([path.clone()]).filter(has_choice);
    context.config.sections.iter().cloned().chain(around).collect()
}

/// The workspace that is meant; says so where it is another directory than
/// that of the command. `otherwise` are the words that mean that one.
pub fn resolve(
    spot: &WorkspaceRef,
    containers: &[Container],
    context: &Context,
    otherwise: &str,
) -> WorkspacePath {
    choose_and_report(&context.reporter, spot, find(spot, containers, context), otherwise)
}

/// As [`meant`], for a command that does its work without an engine, too.
pub async fn resolve_offline(
    spot: &WorkspaceRef,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
    otherwise: &str,
) -> WorkspacePath {
    choose_and_report(reporter, spot, find_offline(spot, flags, env, reporter).await, otherwise)
}

fn choose_and_report(
    reporter: &Reporter,
    spot: &WorkspaceRef,
    around: Option<WorkspacePath>,
    otherwise: &str,
) -> WorkspacePath {
    let Some(place) = around else { return spot.path().clone() };
    report_choice(reporter, &place, spot.path(), otherwise);
    place
}

/// As [`around`], for a command that does its work without an engine, too: one
/// that was never set up has no containers, one that does not answer is told.
pub async fn find_offline(
    spot: &WorkspaceRef,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> Option<WorkspacePath> {
    // What is wrong with the configuration is for the command itself to tell.
    let silent = Reporter::default();
    let context = Context::of_engine(env, &silent, flags).ok()?;
    let is_set_up = !context.is_dedicated_engine() || context.record.is_some();
    let containers = match is_set_up && needs_containers(spot, &context) {
        true => list_containers(&context).await.unwrap_or_else(|error| {
            reporter.warn(&format!("a workspace around {} may be missed: {error:#}", spot.path()));
            Vec::new()
        }),
        false => Vec::new(),
    };
    find(spot, &containers, &context)
}

/// Whether it takes the containers to tell.
fn needs_containers(spot: &WorkspaceRef, context: &Context) -> bool {
    match spot {
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
    Ok(answer.with_context(|| format!("the engine at `{}` hangs", context.address))??)
}

/// Says that `place` is used and not `here`.
pub(crate) fn report_choice(
    reporter: &Reporter,
    place: &WorkspacePath,
    here: &WorkspacePath,
    otherwise: &str,
) {
    reporter.say(&format!(
        "using the workspace {place} around {here}; `{otherwise}` takes this directory"
    ));
}
