use std::pin::pin;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Args;
use containai_core::engine::{ContainerId, Engine as _};
use containai_core::hint::Hint;
use containai_core::lifecycle::{NoVolumeExporter, Observed, StopMode, execute_stop, plan_stop};
use containai_docker::DockerEngine;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::key_reader::KeyReader;
use super::poll::{POLL_INTERVAL, Samples, poll};
use super::screen::TerminalScreen;
use super::state::{TopAction, TopEvent, TopState};
use crate::app::App;
use containai::OperationError;
use containai::context::Context;

/// Watch all containers: CPU, memory, sessions
///
/// Keys: enter opens a shell, l follows the journal, s stops, ? helps, q quits.
#[derive(Debug, Args)]
pub(crate) struct TopArgs {}

pub(crate) async fn run(app: &App) -> anyhow::Result<ExitCode> {
    if !app.ui.terminals().is_interactive() {
        let hint = Hint::run("cai stats", "see the figures once");
        return Err(OperationError::usage("`cai top` needs a terminal").hint(hint).into());
    }
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    // A mistake is told before the terminal is taken.
    engine.version().await?;
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    // Ctrl-C is a key here; while another program has the terminal, it is that
    // program's.
    let _interrupts = signal(SignalKind::interrupt())?;
    let mut screen = TerminalScreen::enter()?;
    watch(&context, &engine, &mut screen, signals).await?;
    Ok(ExitCode::SUCCESS)
}

async fn watch(
    context: &Context,
    engine: &DockerEngine,
    screen: &mut TerminalScreen,
    [mut terminate, mut hangup]: [Signal; 2],
) -> anyhow::Result<()> {
    let mut keys = KeyReader::listen()?;
    let mut state = TopState::default();
    let mut stops = FuturesUnordered::new();
    let mut looking = pin!(poll(engine, Samples::new(), Duration::ZERO));
    loop {
        screen.draw(&state)?;
        let input = tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = hangup.recv() => return Ok(()),
            Some(told) = stops.next() => TopEvent::Notice(told),
            input = keys.next() => match input {
                Some(input) => input,
                None => return Ok(()),
            },
            (seen, samples) = &mut looking => {
                looking.set(poll(engine, samples, POLL_INTERVAL));
                seen.map_or_else(|error| TopEvent::Notice(error.to_string()), TopEvent::Polled)
            }
        };
        let mut program = Command::new("/proc/self/exe");
        program.args(context.docker_host_args());
        match state.update(input) {
            TopAction::None => {}
            TopAction::Quit => return Ok(()),
            TopAction::Stop(id) => stops.push(stop(context, engine, id)),
            TopAction::Shell(workspace) => {
                screen.run_program(&keys, program.args(["shell", "--workspace", &workspace]))?;
            }
            TopAction::Logs(name) => {
                screen
                    .run_program(&keys, program.args(["logs", "--follow", "--container", &name]))?;
            }
        }
    }
}

/// Stops a container as `cai stop` does, and says what became of it.
async fn stop(context: &Context, engine: &DockerEngine, id: ContainerId) -> String {
    let stopped = async {
        let containers = engine.containers().await?;
        let observed = Observed { containers, ..Observed::default() };
        for each in plan_stop(&observed, &[id], StopMode::Stop, None)? {
            execute_stop(engine, &context.remote, &NoVolumeExporter, &each).await?;
        }
        anyhow::Ok("stopped".to_owned())
    };
    stopped.await.unwrap_or_else(|error| error.to_string())
}
