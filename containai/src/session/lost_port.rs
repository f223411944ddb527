//! Containers that have lost their port.

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::Desired;

use super::ResolvedWorkspace;
use crate::error::OperationError;
use crate::session_guard;

impl ResolvedWorkspace {
    /// Asks before a container is restarted because it has lost its port, if it has active
    /// sessions, for example in tmux. SSH connections through the port have ended already.
    ///
    /// # Errors
    ///
    /// The user refuses, or cannot be asked.
    pub(crate) async fn confirm_port_restart(&self, desired: &Desired) -> crate::Result<()> {
        let serving = self.observed.serving(&self.path);
        let lost = serving.iter().find(|it| it.has_lost_port && desired.options.recreate.as_ref() != Some(&it.id));
        let Some(container) = lost else { return Ok(()) };
        let (name, reporter) = (&container.name, &self.context.reporter);
        let sessions = self.engine.sessions(&container.id).await;
        let Some(sessions) = sessions.filter(|sessions| sessions.are_active()) else {
            return Ok(());
        };
        reporter.warn(&session_guard::busy(name, sessions));
        let question =
            format!("Restart {name}? The engine lost its port, and nothing can connect to it.");
        if reporter.can_ask() && reporter.ask(&question) {
            return Ok(());
        }
        let message = format!("container `{name}` has to be restarted: the engine lost its port");
        let hint = Hint::run(&format!("cai stop {name}"), "end its sessions, then run this again");
        Err(OperationError::with_code(exit::CONTAINER_NOT_STARTED, message).hint(hint).into())
    }
}
