use clap::Args;
use containai::openssh;

use crate::app::App;

/// Remove OpenSSH configuration and host keys of removed containers
///
/// Checks the engine of this machine and the engine of `--docker-host`. Entries
/// of other engines, and of an engine that does not answer, are kept.
#[derive(Debug, Args)]
pub(super) struct SshCleanupArgs {
    /// Print the entries without removing them
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &SshCleanupArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let stale = openssh::stale_entries(&context).await?;
    if !args.dry_run {
        context.remote.remove_stale(&stale).await?;
    }
    for file in &stale.config_files {
        app.ui.data(&format!("configuration containai-{}", file.name))?;
    }
    for alias in &stale.host_key_aliases {
        app.ui.data(&format!("host key {alias}"))?;
    }
    if stale.is_empty() {
        app.ui.say("there is nothing to remove");
    }
    Ok(())
}
