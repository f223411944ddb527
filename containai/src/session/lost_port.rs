//! Containers that have lost their port: another program took it while the engine was restarted.

use std::pin::pin;
use std::time::Duration;

use containai_core::engine::{Container, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::Desired;
use containai_docker::host::forwards_port;
use futures_util::future::{Either, select};
use tokio::time::sleep;

use super::ResolvedWorkspace;
use crate::error::OperationError;
use crate::session_guard;

/// Time after which a connection is slow enough to look for its cause.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The outcome of a connection to a running container.
pub(super) enum PortOutcome<T> {
    /// The connection.
    Connected(T),
    /// The port does not lead to the container.
    Lost,
}

impl ResolvedWorkspace {
    /// Connects to the container with `work`; stops trying as soon as its port is known to be lost.
    pub(super) async fn watch_port<T>(
        &self,
        work: impl Future<Output = crate::Result<T>>,
    ) -> crate::Result<PortOutcome<T>> {
        let lost = async {
            loop {
                sleep(CHECK_INTERVAL).await;
                if self.has_lost_port() {
                    return;
                }
            }
        };
        match select(pin!(work), pin!(lost)).await {
            Either::Left((Ok(connected), _)) => Ok(PortOutcome::Connected(connected)),
            Either::Left((Err(_), _)) if self.has_lost_port() => Ok(PortOutcome::Lost),
            Either::Left((Err(error), _)) => Err(error),
            Either::Right(((), _)) => Ok(PortOutcome::Lost),
        }
    }

    /// Returns the desired container with the request to restart the one that has lost its port.
    /// Asks before that if it has active sessions, for example in tmux. SSH connections through the
    /// port have ended already.
    ///
    /// # Errors
    ///
    /// The user refuses, or cannot be asked.
    pub(super) async fn restart_without_port(&self, desired: &Desired) -> crate::Result<Desired> {
        let Some(container) = self.running() else { return Ok(desired.clone()) };
        let (name, reporter) = (&container.name, &self.context.reporter);
        let sessions = self.engine.sessions(&container.id).await;
        if let Some(sessions) = sessions.filter(|sessions| sessions.are_active()) {
            reporter.warn(&session_guard::busy(name, sessions));
            let question = format!(
                "Restart {name}? Another program took its port, nothing can connect to it."
            );
            if !reporter.can_ask() || !reporter.ask(&question) {
                let message = format!(
                    "container `{name}` has to be restarted: another program took its port"
                );
                let hint = format!("cai stop {name}");
                let hint = Hint::run(&hint, "end its sessions, then run this command again");
                return Err(OperationError::with_code(exit::CONTAINER_NOT_STARTED, message)
                    .hint(hint)
                    .into());
            }
        }
        let options = desired.options.clone().with_lost_port(Some(container.id.clone()));
        Ok(desired.clone().with_options(options))
    }

    /// Whether the listed container has lost its port, by the list or by the engine's processes.
    fn has_lost_port(&self) -> bool {
        let Some(container) = self.running() else { return false };
        let is_forwarded = || {
            let port = container.labels.ssh_port().filter(|_| self.context.record.is_some())?;
            forwards_port(&self.context.env.engine, port)
        };
        container.has_lost_port || is_forwarded() == Some(false)
    }

    /// Returns whether a container has to be restarted before a connection is tried.
    pub(super) fn is_port_lost(&self) -> bool {
        self.running().is_some_and(|container| container.has_lost_port)
    }

    /// Returns the container that ran when it was listed and is not replaced.
    fn running(&self) -> Option<&Container> {
        let serving = self.observed.serving(&self.path);
        let [container] = serving.as_slice() else { return None };
        let is_kept = self.replaced.is_none() && container.state == RunState::Running;
        is_kept.then_some(*container)
    }
}
