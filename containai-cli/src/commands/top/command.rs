use std::pin::pin;
use std::process::Command;
use std::time::Duration;

use clap::Args;
use containai::OperationError;
use containai::context::Context;
use containai::statistics::Sampler;
use containai::stop::stop_container;
use containai_core::hint::Hint;
use containai_core::lifecycle::StopMode;
use containai_docker::DockerEngine;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::key_reader::KeyReader;
use super::screen::TerminalScreen;
use super::state::{TopAction, TopEvent, TopState};
use crate::app::App;

/// The time between two samples.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Watch the resource usage and sessions of all containers
///
/// Keys: enter opens a shell, l follows the journal, s stops the container,
/// ? shows all keys, q quits.
#[derive(Debug, Args)]
pub(crate) struct TopArgs {}

pub(crate) async fn run(app: &App) -> anyhow::Result<()> {
    if !app.ui.terminals().is_interactive() {
        let hint = Hint::run("cai stats", "print the statistics once");
        return Err(OperationError::usage("`cai top` needs a terminal").hint(hint).into());
    }
    let context = app.context()?;
    let engine = context.engine()?;
    // An unreachable engine is reported before the terminal changes.
    engine.version().await?;
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    // Ctrl-C is a key on the screen; a program that runs on the terminal gets it as a signal.
    let _interrupts = signal(SignalKind::interrupt())?;
    let mut screen = TerminalScreen::enter()?;
    watch(&context, &engine, &mut screen, signals).await?;
    Ok(())
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
    let mut sampling = pin!(Sampler::default().sample_after(Duration::ZERO, engine));
    loop {
        screen.draw(&state)?;
        let event = tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = hangup.recv() => return Ok(()),
            Some(notice) = stops.next() => TopEvent::Notice(notice),
            event = keys.next() => match event {
                Some(event) => event,
                None => return Ok(()),
            },
            (statistics, sampler) = &mut sampling => {
                sampling.set(sampler.sample_after(POLL_INTERVAL, engine));
                let failed = |error: containai::Error| TopEvent::Notice(error.to_string());
                statistics.map_or_else(failed, TopEvent::Polled)
            }
        };
        let mut program = Command::new("/proc/self/exe");
        program.args(context.docker_host_args());
        match state.update(event) {
            TopAction::None => {}
            TopAction::Quit => return Ok(()),
            TopAction::Stop(id) => stops.push(async {
                let stopped = stop_container(context, engine, id, StopMode::Stop).await;
                stopped.map_or_else(|error| error.to_string(), |()| "stopped".to_owned())
            }),
            TopAction::Shell(workspace) => {
                screen.run_program(&keys, program.args(["shell", "--workspace", &workspace]))?;
            }
            TopAction::Logs(name) => {
                let logs = program.args(["logs", "--follow", "--container", &name]);
                screen.run_program(&keys, logs)?;
            }
        }
    }
}
