use std::process::ExitCode;

use clap::Args;
use containai_ssh::Command;

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
    let form = args.entry.form();
    let entrance = args.entry.entrance(None, global, env, ui)?;
    if let Some(form) = form {
        return entrance.show_plan(form).await;
    }
    let command = Command::shell().carrying(args.env.variables(env)?);
    entrance.visit(&command, |_| Ok(())).await
}
