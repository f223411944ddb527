//! Forwards of ports that programs in a container open.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use containai_core::config::Flags;
use containai_core::listening_port::ListeningPort;
use containai_core::naming::HostPort;
use containai_core::remote::{Direction, Forward, RemoteError};
use containai_ssh::{Command, ExitOutcome, Output, Session, Stdio, Terminal};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::port_choice::free_port;
use super::watch::{BoundedLines, END};
use crate::context::Context;
use crate::error::OperationError;
use crate::forward::{ForwardServer, ReconnectingContainer};
use crate::forward_registry::{ForwardEntry, RegisteredForward};
use crate::report::escape_control;

/// Reports the ports every second, as the user `agent`: `sudo` would write to the journal each time.
const WATCH: &str =
    "command -v ss >/dev/null || exit 127; while ss -Hltnpe && echo .; do sleep 1; done";

/// The limit for forwards at the same time: a container may open any number of ports.
const MAX_FORWARDS: usize = 32;
/// The pause before the ports are watched again.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Forwards the ports that programs in the container listen on, and will listen on, to the loopback
/// address of this machine, and reports each. A port that is taken here gets another number. A
/// forward ends with its program.
///
/// # Errors
///
/// The container cannot be reached, or was removed, or has no ss(8).
pub async fn forward_new_ports(
    mut container: ReconnectingContainer,
    flags: Flags,
) -> crate::Result<Infallible> {
    let mut open = OpenForwards::new(&container, flags);
    let mut session = Box::pin(container.connect()).await?;
    let command = Command::new(["/bin/sh", "-c", WATCH])?.in_home();
    loop {
        let ended = watch(&session, &command, &mut open).await;
        if ended.is_ok_and(|outcome| outcome.code() == 127) {
            let message = format!("container `{}` has no program `ss`", container.name());
            return Err(crate::Error::failed(message));
        }
        open.update(Vec::new()).await;
        sleep(RETRY_INTERVAL).await;
        session = container.reconnect().await?;
    }
}

/// Updates the forwards until the connection or the command ends.
async fn watch(
    session: &Session,
    command: &Command,
    open: &mut OpenForwards,
) -> Result<ExitOutcome, RemoteError> {
    let (lines, mut received) = BoundedLines::new();
    let stdio = Stdio::default().with_output(Output::Writer(Box::new(lines)));
    let mut watching = pin!(session.exec(command, Terminal::None, stdio));
    let mut reading = String::new();
    loop {
        tokio::select! {
            ended = &mut watching => return ended,
            line = received.recv() => match line {
                Some(line) if line == END => {
                    open.update(ListeningPort::parse(&std::mem::take(&mut reading))).await;
                }
                Some(line) => reading = reading + &line + "\n",
                None => sleep(RETRY_INTERVAL).await,
            },
        }
    }
}

/// The forwards that are open.
struct OpenForwards {
    context: Context,
    name: String,
    flags: Flags,
    ports: BTreeMap<HostPort, OpenForward>,
    /// Ports that are not forwarded, and were reported.
    refused: Vec<HostPort>,
    entry: Option<ForwardEntry>,
}

struct OpenForward {
    forward: Forward,
    task: JoinHandle<crate::Result<Infallible>>,
}

impl Drop for OpenForward {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl OpenForwards {
    fn new(container: &ReconnectingContainer, flags: Flags) -> Self {
        let (context, name) = (container.context.clone(), container.name().to_owned());
        Self { context, name, flags, ports: BTreeMap::new(), refused: Vec::new(), entry: None }
    }

    /// Opens and closes forwards, so that they are those of these ports.
    async fn update(&mut self, listening: Vec<ListeningPort>) {
        let is_listening = |port: &HostPort| listening.iter().any(|it| it.port == *port);
        let reporter = self.context.reporter.clone();
        let before = self.ports.len();
        self.ports.retain(|port, _| {
            let stays = is_listening(port);
            if !stays {
                reporter.say(&format!("port {port} of {} is closed", self.name));
            }
            stays
        });
        self.refused.retain(is_listening);
        let mut is_changed = self.ports.len() != before;
        for port in listening.iter().filter(|it| it.is_offered()) {
            if self.ports.contains_key(&port.port) || self.refused.contains(&port.port) {
                continue;
            }
            match self.open(port).await {
                Ok(forward) => {
                    is_changed = true;
                    self.ports.insert(port.port, forward);
                }
                Err(error) => {
                    self.refused.push(port.port);
                    let text =
                        format!("port {} of {} is not forwarded: {error}", port.port, self.name);
                    reporter.warn(&text);
                }
            }
        }
        if is_changed {
            self.register();
        }
    }

    async fn open(&self, port: &ListeningPort) -> crate::Result<OpenForward> {
        if self.ports.len() >= MAX_FORWARDS {
            return Err(crate::Error::failed(format!(
                "{MAX_FORWARDS} ports are forwarded already"
            )));
        }
        let Self { context, name, flags, .. } = self;
        let local = free_port(port.port);
        let local = local.ok_or_else(|| crate::Error::failed("this machine has no free port"))?;
        let forward = Forward::parse(Direction::Local, &format!("{local}:{}", port.target()));
        let forward = forward.map_err(|error| OperationError::usage(error.to_string()))?;
        let (env, reporter) = (&context.env, &context.reporter);
        let container = ReconnectingContainer::find(Some(name), flags.clone(), env, reporter);
        let server = ForwardServer::open_silently(container.await?, vec![forward.clone()]).await?;
        let program = port.program.as_deref().map(|it| format!(" ({})", escape_control(it)));
        let program = program.unwrap_or_default();
        reporter.say(&format!("port {}{program} of {name} is http://localhost:{local}", port.port));
        Ok(OpenForward { forward, task: tokio::spawn(server.serve()) })
    }

    /// Lists the forwards for other processes.
    fn register(&mut self) {
        let forwards: Vec<_> = self.ports.values().map(|it| it.forward.clone()).collect();
        let engine = self.context.address.to_string();
        // The entry of a process has one file.
        self.entry = None;
        let entry = RegisteredForward::current_process(&self.name, &engine, &forwards);
        self.entry = entry.register(&self.context.env.layout.forward_dir()).ok();
    }
}
