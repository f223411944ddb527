//! The SSH agent of the user, lent to a container.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::connect::Session;
use crate::forward::Agent;

/// An agent that is offered and not yet lent.
#[derive(Default)]
pub(super) struct AgentLoan(Mutex<Option<PathBuf>>);

impl Session {
    /// Has the next command ask for the agent behind a socket.
    pub(crate) fn offer_agent(&self, socket: PathBuf) {
        *self.agent.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(socket);
    }

    /// Lends the agent if it is offered; whether the server has to be told.
    ///
    /// Once is enough for a connection: OpenSSH refuses a second time.
    pub(super) fn lend_agent(&self) -> bool {
        let offered = self.agent.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(socket) = offered else {
            return false;
        };
        let binding = self.handle.agent_session_binding().cloned().map(Arc::new);
        self.grants.lend(Agent { socket, binding });
        true
    }
}
