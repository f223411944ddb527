use std::ops::ControlFlow;
use std::pin::pin;

use containai_core::engine::{Container, EngineError, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::{DockerEngine, Follow};
use futures_util::{Stream, StreamExt as _};

use super::line_sanitizer::LineSanitizer;
use crate::error::{Error, OperationError};
use crate::report::Reporter;

/// A service of a container.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JournalUnit {
    /// The SSH server.
    Ssh,
    /// The inner Docker.
    Docker,
    /// The preparation of the container at its start.
    Init,
}

impl JournalUnit {
    /// Arguments of journalctl(1) that select the unit.
    fn journalctl_args(self) -> &'static [&'static str] {
        match self {
            // Commands of sessions belong to the server's unit, too.
            Self::Ssh => {
                &["--unit=ssh.service", "_COMM=sshd", "_COMM=sshd-session", "_COMM=systemd"]
            }
            Self::Docker => &["--unit=docker.service"],
            Self::Init => &["--unit=containai-init.service"],
        }
    }
}

/// The part of a journal to read.
#[derive(Clone, Copy, Debug)]
pub struct LogOptions {
    /// Whether to wait for new lines.
    pub follow: Follow,
    /// A single service; `None`: all.
    pub unit: Option<JournalUnit>,
    /// The number of lines at the end.
    pub lines: usize,
}

/// Reads the journal of a running container, or the console of a stopped one. `print` gets whole
/// lines without control characters, until it breaks.
///
/// # Errors
///
/// Errors of the engine and of `print`; the container is stopped, which excludes
/// [`LogOptions::follow`] and [`LogOptions::unit`].
pub async fn read<E: From<Error>>(
    engine: &DockerEngine,
    container: &Container,
    options: LogOptions,
    reporter: &Reporter,
    print: impl FnMut(&str) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let LogOptions { follow, unit, lines } = options;
    if container.state == RunState::Running {
        let lines = format!("--lines={lines}");
        let unit = unit.map_or(&[][..], JournalUnit::journalctl_args);
        let args = [&[lines.as_str()], unit].concat();
        let journal = engine.journal(&container.id, &args, follow).await.map_err(Error::from)?;
        return print_lines(journal, print).await;
    }
    if unit.is_some() || follow == Follow::On {
        return Err(Error::from(stopped_error(container)).into());
    }
    let Container { name, state, .. } = container;
    reporter.say(&format!("{name} is {state}: this is its console"));
    print_lines(engine.console(&container.id, Some(lines), Follow::Off), print).await
}

fn stopped_error(container: &Container) -> OperationError {
    let message = format!("container `{}` is {}", container.name, container.state);
    OperationError::with_code(exit::FAILED, message)
        .hint(Hint::new("leave out `--follow` and `--unit` to see its console"))
        .hint(Hint::run("cai run -- true", "start it, in its workspace"))
}

async fn print_lines<E: From<Error>>(
    chunks: impl Stream<Item = Result<Vec<u8>, EngineError>>,
    mut print: impl FnMut(&str) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let mut chunks = pin!(chunks);
    let mut lines = LineSanitizer::default();
    while let Some(chunk) = chunks.next().await {
        if print(&lines.push(&chunk.map_err(Error::from)?))? == ControlFlow::Break(()) {
            return Ok(());
        }
    }
    print(&lines.finish()).map(drop)
}
