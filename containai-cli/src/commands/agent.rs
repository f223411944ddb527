//! The SSH agent of the user, for one command.

use clap::Args;

use containai::enter::Entrance;

/// Whether one command may use the SSH agent of the user.
#[derive(Clone, Debug, Args)]
pub(crate) struct AgentArgs {
    /// Let what runs inside use your SSH agent meanwhile, as `ssh -A` does
    #[arg(short = 'A', long)]
    forward_agent: bool,
}

impl AgentArgs {
    /// Adds the agent to the way in if that is wanted.
    pub(crate) fn apply(&self, entrance: Entrance) -> Entrance {
        if self.forward_agent { entrance.lending_agent() } else { entrance }
    }
}
