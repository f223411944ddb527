//! SSH agent forwarding.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::connect::Session;
use crate::forward::SshAgent;

/// An agent that the next command forwards.
#[derive(Default)]
pub(super) struct PendingAgent(Mutex<Option<PathBuf>>);

impl Session {
    /// Sets the socket of the agent that the next command forwards.
    pub(crate) fn set_agent_socket(&self, socket: PathBuf) {
        *self.pending_agent.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(socket);
    }

    /// Allows the server to reach the agent, if one is set; returns whether to
    /// send the request.
    ///
    /// One request per connection is enough: OpenSSH refuses another one.
    pub(super) fn enable_agent_forwarding(&self) -> bool {
        let offered = self.pending_agent.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(socket) = offered else {
            return false;
        };
        let binding = self.handle.agent_session_binding().cloned().map(Arc::new);
        self.allowed_channels.allow_agent(SshAgent { socket, binding });
        true
    }
}
