use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_ssh::Command;

use super::agent::AgentArgs;
use super::create::CreateArgs;
use super::enter::{self, Consent, Entrance};
use super::env_args::EnvArgs;
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;
use crate::workspace::{self, Caution};

/// Open a login shell in the workspace's container
///
/// The container is made and started as needed. The shell's exit status is
/// passed on.
#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    /// The workspace [default: the repository around the current directory]
    path: Option<PathBuf>,
    /// The workspace, as an option
    #[arg(short, long, value_name = "PATH", conflicts_with = "path")]
    workspace: Option<PathBuf>,
    #[command(flatten)]
    create: CreateArgs,
    #[command(flatten)]
    ssh_agent: AgentArgs,
    #[command(flatten)]
    env: EnvArgs,
    /// Set this machine up without asking, when it is not
    #[arg(short, long)]
    yes: bool,
    /// Allow `/` or the home directory as workspace
    #[arg(long)]
    force: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: ShellArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let caution = if args.force { Caution::Forced } else { Caution::Careful };
    let given = args.path.as_deref().or(args.workspace.as_deref());
    let workspace = workspace::find(given, env, caution)?;
    let consent = if args.yes { Consent::Given } else { Consent::ToBeAsked };
    let entrance = Entrance::new(env, ui, args.create.flags(None, global), workspace, consent)?;
    let entrance = args.ssh_agent.apply(entrance);
    if args.dry_run {
        return entrance.show_plan().await;
    }
    let command = Command::shell().carrying(args.env.variables()?);
    let reached = entrance.enter().await?;
    enter::attend(reached.session, &command, env, ui).await
}
