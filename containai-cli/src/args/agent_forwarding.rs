//! The user's SSH agent, for one command.

use clap::Args;
use containai::session::SessionRequest;

/// The user's SSH agent, for one command.
#[derive(Clone, Debug, Args)]
pub(crate) struct AgentForwardingArgs {
    /// Forward your SSH agent to the command, as `ssh -A` does
    #[arg(short = 'A', long)]
    forward_agent: bool,
}

impl AgentForwardingArgs {
    /// Adds the agent to a request if the command line asks for it.
    pub(crate) fn apply(&self, request: SessionRequest) -> SessionRequest {
        if self.forward_agent { request.with_agent_forwarding() } else { request }
    }
}
