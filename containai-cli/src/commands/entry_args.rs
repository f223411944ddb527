//! The flags of the verbs that make a container as needed.

use std::path::PathBuf;

use clap::Args;
use containai_core::naming::AgentName;

use super::agent::AgentArgs;
use super::create::CreateArgs;
use super::enter::{Consent, Entrance};
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;
use crate::workspace::{self, Caution};

/// Which workspace, what container, and what may be done on the way.
#[derive(Debug, Args)]
pub(super) struct EntryArgs {
    /// The workspace [default: the repository around the current directory]
    path: Option<PathBuf>,
    /// The workspace, as an option
    #[arg(short, long, value_name = "PATH", conflicts_with = "path")]
    workspace: Option<PathBuf>,
    #[command(flatten)]
    create: CreateArgs,
    #[command(flatten)]
    ssh_agent: AgentArgs,
    /// Set this machine up without asking, when it is not
    #[arg(short, long)]
    yes: bool,
    /// Allow `/` or the home directory as workspace
    #[arg(long)]
    force: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl EntryArgs {
    /// The way into the container; `agent` is the one to start in it.
    pub(super) fn entrance<'a>(
        self,
        agent: Option<AgentName>,
        global: &Global,
        env: &'a Env,
        ui: &'a Ui,
    ) -> anyhow::Result<Entrance<'a>> {
        let caution = if self.force { Caution::Forced } else { Caution::Careful };
        let given = self.path.as_deref().or(self.workspace.as_deref());
        let workspace = workspace::find(given, env, caution)?;
        let consent = if self.yes { Consent::Given } else { Consent::ToBeAsked };
        let flags = self.create.flags(agent, global);
        let entrance = Entrance::new(env, ui, flags, workspace, consent)?;
        Ok(self.ssh_agent.apply(entrance))
    }
}
