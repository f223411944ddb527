use std::process::ExitCode;

use clap::Args;
use containai_docker::{Activity, Running};

use crate::app::App;
use crate::args::TargetArgs;
use crate::output::status::{RunningStatus, StatusOutput, has_usage};
use containai::context::Context;
use containai::{host_facts, sysbox_health};

/// Show the container's status
///
/// Sessions, memory and CPU are read from the kernel if the engine runs on this
/// machine, else from the engine. Figures that take longer than three seconds
/// are omitted.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &StatusArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, &context).await?;
    sysbox_health::warn_if_not_running(&context, &container);
    let id = &container.id;
    let running = match has_usage(container.state) {
        true => engine.running(id).await,
        false => Running::default(),
    };
    let uptime = running.started.map(|at| at.age_at(host_facts::now()));
    let live = RunningStatus { uptime, ..RunningStatus::default() };
    if !args.json {
        // The figures may take a moment; the rest is known.
        app.ui.data(&StatusOutput::of(&container, live).to_string())?;
    }
    let live = match has_usage(container.state) {
        true => {
            let (activity, id_range) =
                tokio::join!(engine.activity(id, &running), engine.id_range(id));
            let Activity { usage, sessions } = activity;
            RunningStatus { usage, sessions, id_range, ..live }
        }
        false => live,
    };
    let status = StatusOutput::of(&container, live);
    match (args.json, status.figures()) {
        (true, _) => app.ui.data(&serde_json::to_string_pretty(&status)?)?,
        (false, Some(figures)) => app.ui.data(&figures)?,
        (false, None) => {}
    }
    Ok(ExitCode::SUCCESS)
}
