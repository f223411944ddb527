use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::naming::AgentName;
use containai_ssh::{Command, Launch};

use super::agent::AgentArgs;
use super::create::CreateArgs;
use super::enter::{self, Consent, Entrance};
use super::env_args::EnvArgs;
use crate::app::Global;
use crate::env::Env;
use crate::error::CliError;
use crate::ui::Ui;
use crate::workspace::{self, Caution};

/// Run a command, or the agent, in the workspace's container
///
/// The container is made and started as needed; a second run of the same
/// workspace attaches to the same container. Stdout carries the command's
/// output and nothing else, and its exit status is passed on.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
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
    /// Leave the command behind, print its process id, and send its output to the container's journal
    #[arg(short, long, requires = "command")]
    detach: bool,
    /// The agent to start when no command is given
    #[arg(long)]
    agent: Option<AgentName>,
    /// Set this machine up without asking, when it is not
    #[arg(short, long)]
    yes: bool,
    /// Allow `/` or the home directory as workspace
    #[arg(long)]
    force: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// The command and its arguments [default: the configured agent]
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub(super) async fn run(
    args: RunArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let caution = if args.force { Caution::Forced } else { Caution::Careful };
    let given = args.path.as_deref().or(args.workspace.as_deref());
    let workspace = workspace::find(given, env, caution)?;
    let flags = args.create.flags(args.agent, global);
    let consent = if args.yes { Consent::Given } else { Consent::ToBeAsked };
    let entrance = Entrance::new(env, ui, flags, workspace, consent)?;
    let entrance = args.ssh_agent.apply(entrance);
    if args.dry_run {
        return entrance.show_plan().await;
    }
    let variables = args.env.variables()?;
    if args.command.is_empty() {
        return enter::agent(entrance, variables).await;
    }
    let command = Command::new(args.command)
        .map_err(|error| CliError::usage(error.to_string()))?
        .carrying(variables)
        .launched(if args.detach { Launch::Detached } else { Launch::Plain });
    let reached = entrance.enter().await?;
    enter::attend(reached.session, &command, env, ui).await
}
