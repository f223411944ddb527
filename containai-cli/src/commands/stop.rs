use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use containai_core::engine::{Container, Engine as _};
use containai_core::exit;
use containai_core::lifecycle::{
    NoVolumeExporter, Observed, StopMode, StopPlan, execute_stop, plan_stop,
};
use containai_docker::DockerEngine;
use futures_util::stream::{self, StreamExt as _};

use super::container_lookup::TargetArgs;
use crate::app::App;
use crate::error;
use crate::output;
use containai::context::Context;
use containai::export::ExportOnStop;
use containai::forward_registry::RegisteredForward;
use containai::session_guard;
use containai::{volume_lock, worktree};

/// How many containers shut down at once.
const MAX_PARALLEL: usize = 8;

/// Stop the workspace's container
///
/// systemd inside shuts down in order. File system, volumes and name stay; the
/// next `cai run` starts the container again. A person is asked first when
/// somebody seems to be at work inside.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Stop every container that this machine has on the engine
    #[arg(long, conflicts_with_all = ["name", "workspace", "container"])]
    all: bool,
    /// Remove the container afterwards; its named volumes stay
    #[arg(long)]
    remove: bool,
    /// Export the data volume once the container has stopped, and before it is
    /// removed; to a new file in ~/.local/share/containai/exports if none is named
    #[arg(long, value_name = "FILE|DIR", num_args = 0..=1, require_equals = true, conflicts_with = "all")]
    export: Option<Option<PathBuf>>,
    /// Do not ask, whoever is at work inside
    #[arg(long)]
    force: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &StopArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let containers = engine.containers().await?;
    // What other machines have on the engine is theirs to stop.
    let is_ours = |it: &&Container| {
        it.labels.is_managed() && it.labels.workspace().is_some() && !it.labels.is_helper()
    };
    let chosen = match args.all {
        true => containers.iter().filter(is_ours).map(|it| it.id.clone()).collect(),
        false => vec![args.target.find_among(&containers, &context)?.id],
    };
    let containers = match args.dry_run {
        true => containers,
        false => {
            volume_lock::wait_unpaused(&engine, containers, &chosen, &app.env, &app.reporter)
                .await?
        }
    };
    let observed = Observed { containers, ..Observed::default() };
    let fate = if args.remove { StopMode::Remove } else { StopMode::Stop };
    let exports = match &args.export {
        None => None,
        Some(to) => {
            let leaving = observed.containers.iter().find(|it| chosen.contains(&it.id));
            let leaving = leaving.context("the container is gone")?;
            let all = &observed.containers;
            Some(ExportOnStop::plan(&context, &engine, to.as_deref(), all, leaving)?)
        }
    };
    let halts = plan_stop(&observed, &chosen, fate, exports.as_ref().map(ExportOnStop::file))?;
    if args.dry_run {
        app.ui.data(&output::stop::plan(&halts))?;
        return Ok(ExitCode::SUCCESS);
    }
    let ending = halts.iter().filter(|halt| halt.ends_sessions()).map(|halt| &halt.container);
    if !args.force
        && !session_guard::confirm_active_sessions(&engine, ending, "Stop anyway?", &app.reporter)
            .await
    {
        app.ui.say("nothing was stopped");
        return Ok(ExitCode::from(exit::FAILED));
    }
    stop_all(&context, &engine, exports.as_ref(), &halts, app).await
}

/// What fails does not keep the other containers from being stopped.
async fn stop_all(
    context: &Context,
    engine: &DockerEngine,
    exports: Option<&ExportOnStop<'_>>,
    halts: &[StopPlan],
    app: &App,
) -> anyhow::Result<ExitCode> {
    if halts.iter().any(StopPlan::ends_sessions) {
        let names: Vec<_> = halts.iter().map(|halt| halt.container.name.as_str()).collect();
        app.ui.start_progress(&format!("stopping {}", names.join(", ")));
    }
    let work = halts.iter().map(|each| stop_one(context, engine, exports, each, app));
    let mut outcomes = stream::iter(work).buffer_unordered(MAX_PARALLEL);
    let mut failed = None;
    while let Some(outcome) = outcomes.next().await {
        if let Some(earlier) = outcome.err().and_then(|error| failed.replace(error)) {
            app.ui.error(&earlier, &error::advice(&earlier).1);
        }
    }
    app.ui.finish_progress();
    failed.map_or(Ok(ExitCode::SUCCESS), Err)
}

async fn stop_one(
    context: &Context,
    engine: &DockerEngine,
    exports: Option<&ExportOnStop<'_>>,
    each: &StopPlan,
    app: &App,
) -> anyhow::Result<()> {
    match exports {
        Some(exports) => execute_stop(engine, &context.remote, exports, each).await?,
        None => execute_stop(engine, &context.remote, &NoVolumeExporter, each).await?,
    }
    worktree::fetch_after_session(&each.container, &context.env.layout, &app.reporter).await;
    if each.removes() {
        let (directory, address) = (context.env.layout.forward_dir(), context.address.to_string());
        RegisteredForward::stop_all(&directory, &address, &each.container.name)?;
    }
    app.ui.say(&output::stop::done(each));
    Ok(())
}
