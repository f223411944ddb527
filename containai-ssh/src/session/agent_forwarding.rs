//! SSH agent forwarding.

use std::path::PathBuf;
use std::sync::Arc;

use super::connect::Session;
use crate::forward::SshAgent;

impl Session {
    /// Sets the socket of the agent that the next command forwards.
    pub(crate) fn set_agent_socket(&self, socket: PathBuf) {
        self.pending_agent.set(socket);
    }

    /// Allows the server to reach the agent, if one is set; returns whether to
    /// send the request.
    ///
    /// One request per connection is enough: OpenSSH refuses another one.
    pub(super) fn enable_agent_forwarding(&self) -> bool {
        let Some(socket) = self.pending_agent.take() else {
            return false;
        };
        let binding = self.handle.agent_session_binding().cloned().map(Arc::new);
        self.allowed_channels.allow_agent(SshAgent { socket, binding });
        true
    }
}
