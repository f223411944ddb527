//! The known workspace around a directory that nobody named.

use std::time::Duration;

use crate::error::ResultExt as _;
use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _};
use containai_core::lifecycle::{above, enclosing};
use containai_core::naming::WorkspacePath;
use tokio::time::timeout;

use crate::context::Context;
use crate::process_env::ProcessEnv;
use crate::records;
use crate::report::Reporter;
use crate::workspace::Spot;

/// How long a command that needs no engine waits for what one knows.
const PATIENCE: Duration = Duration::from_secs(5);

/// The known workspace around the directory, if nobody named one and it is
/// none itself.
pub(crate) fn around(
    spot: &Spot,
    containers: &[Container],
    context: &Context,
) -> Option<WorkspacePath> {
    match spot {
        Spot::Named(_) => None,
        Spot::Found(path) => {
            enclosing(path, containers, &known(path, context), context.env.layout.home())
        }
    }
}

/// The workspaces that are known without a container: those with a section in the
/// configuration, and, of this directory and those above it, those that something was
/// chosen for.
fn known(path: &WorkspacePath, context: &Context) -> Vec<WorkspacePath> {
    let layout = &context.env.layout;
    let has_choice = |path: &WorkspacePath| {
        records::read(layout, path).is_ok_and(|record| record.is_some_and(|it| !it.is_empty()))
    };
    let around = above(path, layout.home()).chain([path.clone()]).filter(has_choice);
    context.config.sections.iter().cloned().chain(around).collect()
}

/// The workspace that is meant; says so where it is another directory than
/// that of the command. `otherwise` are the words that mean that one.
pub fn meant(
    spot: &Spot,
    containers: &[Container],
    context: &Context,
    otherwise: &str,
) -> WorkspacePath {
    choose(&context.reporter, spot, around(spot, containers, context), otherwise)
}

/// As [`meant`], for a command that does its work without an engine, too.
pub async fn meant_anyway(
    spot: &Spot,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
    otherwise: &str,
) -> WorkspacePath {
    choose(reporter, spot, around_anyway(spot, flags, env, reporter).await, otherwise)
}

fn choose(
    reporter: &Reporter,
    spot: &Spot,
    around: Option<WorkspacePath>,
    otherwise: &str,
) -> WorkspacePath {
    let Some(place) = around else { return spot.path().clone() };
    tell(reporter, &place, spot.path(), otherwise);
    place
}

/// As [`around`], for a command that does its work without an engine, too: one
/// that was never set up has no containers, one that does not answer is told.
pub async fn around_anyway(
    spot: &Spot,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> Option<WorkspacePath> {
    // What is wrong with the configuration is for the command itself to tell.
    let silent = Reporter::default();
    let context = Context::of_engine(env, &silent, flags).ok()?;
    let is_set_up = !context.is_own_engine() || context.record.is_some();
    let containers = match is_set_up && could_be_around(spot, &context) {
        true => containers(&context).await.unwrap_or_else(|error| {
            reporter.warn(&format!("a workspace around {} may be missed: {error:#}", spot.path()));
            Vec::new()
        }),
        false => Vec::new(),
    };
    around(spot, &containers, &context)
}

/// Whether it takes the containers to tell.
fn could_be_around(spot: &Spot, context: &Context) -> bool {
    match spot {
        Spot::Named(_) => false,
        Spot::Found(path) if context.config.sections.contains(path) => false,
        Spot::Found(path) => above(path, context.env.layout.home()).next().is_some(),
    }
}

async fn containers(context: &Context) -> crate::Result<Vec<Container>> {
    let engine = context.engine()?;
    let answer = timeout(PATIENCE, engine.containers()).await;
    Ok(answer.with_context(|| format!("the engine at `{}` hangs", context.address))??)
}

/// Says that `place` is used and not `here`.
pub(crate) fn tell(
    reporter: &Reporter,
    place: &WorkspacePath,
    here: &WorkspacePath,
    otherwise: &str,
) {
    reporter.say(&format!(
        "using the workspace {place} around {here}; `{otherwise}` takes this directory"
    ));
}
