use anyhow::Context as _;
use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::app::App;
use crate::env::COMPLETION_VARIABLE;

/// Print a completion script for a shell
///
/// For bash: `source <(cai completion bash)`; for fish: `cai completion fish |
/// source`. The script asks `cai` for the current names of containers, volumes
/// and settings.
#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// Shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionArgs, app: &App) -> anyhow::Result<()> {
    let shell = args.shell.to_string();
    let shells = Shells::builtins();
    let shell = shells.completer(&shell).context("clap knows every shell that it reads")?;
    let mut script = Vec::new();
    shell.write_registration(COMPLETION_VARIABLE, "cai", "cai", "cai", &mut script)?;
    app.ui.data(String::from_utf8_lossy(&script).trim_end())
}
