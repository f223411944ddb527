use clap::Args;
use containai::openssh;

use crate::app::App;
use crate::args::TargetArgs;

/// Print the OpenSSH configuration generated for containers
///
/// The next command that opens a session writes it to `~/.ssh/containai.d`. It
/// is generated from the existing containers and the configuration of their
/// workspaces.
#[derive(Debug, Args)]
#[command(mut_arg("target", |arg| arg.help("Container name or workspace path [default: all containers]")))]
pub(super) struct SshConfigArgs {
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: SshConfigArgs, app: &App) -> anyhow::Result<()> {
    let name = args.target.container_name(app).await?;
    let flags = app.global.flags();
    let blocks = openssh::host_blocks(name.as_deref(), &flags, &app.env, &app.reporter).await?;
    if !blocks.is_empty() {
        app.ui.data(blocks.join("\n").trim_end())?;
    }
    Ok(())
}
