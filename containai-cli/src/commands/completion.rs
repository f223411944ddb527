use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use crate::app;
use crate::ui::Ui;

/// Print a completion script for a shell
///
/// For bash: `source <(cai completion bash)`.
#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut app::grammar(), "cai", &mut script);
    ui.data(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
