//! The SSH agent of the user, for one command.

use clap::Args;

use super::enter::Entrance;

/// Whether one command may use the SSH agent of the user.
#[derive(Clone, Debug, Args)]
pub(crate) struct AgentArgs {
    /// Let what runs inside use your SSH agent meanwhile, as `ssh -A` does
    #[arg(short = 'A', long)]
    forward_agent: bool,
}

impl AgentArgs {
    /// Adds the agent to the way in if that is wanted.
    pub(crate) fn apply<'a>(&self, entrance: Entrance<'a>) -> Entrance<'a> {
        if self.forward_agent { entrance.lending_agent() } else { entrance }
    }
}
