use std::process::ExitCode;

use clap::Args;
use containai_ssh::Command;

use super::enter;
use super::entry_args::EntryArgs;
use super::env_args::EnvArgs;
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;

/// Open a login shell in the workspace's container
///
/// The container is made and started as needed. The shell's exit status is
/// passed on.
#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    #[command(flatten)]
    entry: EntryArgs,
    #[command(flatten)]
    env: EnvArgs,
}

pub(super) async fn run(
    args: ShellArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let is_dry_run = args.entry.dry_run;
    let entrance = args.entry.entrance(None, global, env, ui)?;
    if is_dry_run {
        return entrance.show_plan().await;
    }
    let command = Command::shell().carrying(args.env.variables()?);
    let reached = entrance.enter().await?;
    enter::attend(reached.session, &command, env, ui).await
}
