use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_core::lifecycle::{Either, race};
use containai_ssh::Tunnel;

use super::specs::ForwardSpecArgs;
use crate::app::App;
use containai::forward::ReconnectingContainer;
use containai::forward_registry::RegisteredForward;
use containai::signals::ShutdownSignal;

/// Lead ports and sockets between this machine and a container
///
/// Goes on until it is interrupted, also when the container is restarted. Only
/// this machine can connect unless an address is spelled, as in
/// `*:8080:localhost:80`; the path of a socket may stand in place of either
/// end. `cai ports add` does the same in the background.
#[derive(Debug, Args)]
pub(crate) struct ForwardArgs {
    /// The container's name, or a workspace [default: the repository around the current directory]
    #[arg(value_name = "NAME|PATH")]
    target: Option<String>,
    #[command(flatten)]
    specs: ForwardSpecArgs,
    /// Leave the terminal, and print a line when everything is open
    #[arg(long, hide = true)]
    detached: bool,
}

pub(crate) async fn run(args: ForwardArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut ending = ShutdownSignal::listen()?;
    match race(forward(args, app), ending.received()).await {
        Either::First(outcome) => outcome,
        // That is how it ends.
        Either::Second(()) => Ok(ExitCode::SUCCESS),
    }
}

async fn forward(args: ForwardArgs, app: &App) -> anyhow::Result<ExitCode> {
    let forwards = args.specs.forwards()?;
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let mut container =
        ReconnectingContainer::find(args.target.as_deref(), flags, &app.env, &app.reporter).await?;
    let mut tunnel = Tunnel::open(forwards).await?;
    let mut session = container.connect().await?;
    tunnel.listen_remote(&session).await?;
    let engine = container.context.address.to_string();
    let forwarding =
        RegisteredForward::current_process(container.name(), &engine, tunnel.forwards());
    let _entry = forwarding.register(&app.env.layout.forward_dir())?;
    for forward in tunnel.forwards() {
        app.ui.say(&format!("{} {forward} ({})", forward.direction().option(), container.name()));
    }
    if args.detached {
        // The terminal's signals are meant for others from now on.
        nix::unistd::setsid()?;
        app.ui.data("open")?;
    }
    loop {
        tunnel.serve(session, |notice| app.ui.warn(&notice.to_string())).await;
        app.ui.say(&format!("connection to {} lost; waiting for it", container.name()));
        session = loop {
            let session = container.reconnect().await?;
            match tunnel.listen_remote(&session).await {
                Ok(()) => break session,
                // The old server may hold the port for another moment.
                Err(error) => app.ui.verbose(&error.to_string()),
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        };
        app.ui.say(&format!("connected to {} again", container.name()));
    }
}
