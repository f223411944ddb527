use std::process::ExitCode;

use clap::Args;
use containai_core::engine::{Container, Isolation};
use containai_docker::host::SysboxState;
use containai_docker::{Activity, Running};

use super::container_lookup::TargetArgs;
use crate::app::App;
use crate::output::status::{RunningStatus, StatusOutput, has_usage};
use containai::context::Context;
use containai::host_facts;

/// Show the status of the workspace's container
///
/// Sessions, memory and CPU come from the kernel where the engine runs on this
/// machine, else from the engine; one that takes more than three seconds is not
/// waited for.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &StatusArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, &context).await?;
    warn_sysbox_not_running(&context, &container, app);
    let id = &container.id;
    let running = match has_usage(container.state) {
        true => engine.running(id).await,
        false => Running::default(),
    };
    let uptime = running.started.map(|at| at.age_at(host_facts::now()));
    let live = RunningStatus { uptime, ..RunningStatus::default() };
    if !args.json {
        // The figures may take their time; all else is known.
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

/// A container goes on without Sysbox's services, less and less: the engine
/// says that it runs.
fn warn_sysbox_not_running(context: &Context, container: &Container, app: &App) {
    let is_sysbox = container.labels.isolation() == Some(Isolation::Sysbox);
    if is_sysbox && context.is_dedicated_engine() {
        let state = containai_docker::host::sysbox_state(&context.env.engine);
        if matches!(state, SysboxState::NotRunning | SysboxState::NotInstalled) {
            app.ui.warn(
                "Sysbox's services do not answer: start them with `sudo systemctl restart sysbox`, then run `cai stop` and `cai run`",
            );
        }
    }
}
