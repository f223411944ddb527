//! The SSH agent of the user, for one command.

use clap::Args;

use containai::session::SessionRequest;

/// Whether one command may use the SSH agent of the user.
#[derive(Clone, Debug, Args)]
pub(crate) struct AgentForwardingArgs {
    /// Let what runs inside use your SSH agent meanwhile, as `ssh -A` does
    #[arg(short = 'A', long)]
    forward_agent: bool,
}

impl AgentForwardingArgs {
    /// Adds the agent to the way in if that is wanted.
    pub(crate) fn apply(&self, entrance: SessionRequest) -> SessionRequest {
        if self.forward_agent { entrance.with_agent_forwarding() } else { entrance }
    }
}
