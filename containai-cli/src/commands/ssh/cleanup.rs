use std::process::ExitCode;

use clap::Args;
use containai_core::engine::Engine as _;
use containai_docker::{DockerEngine, EngineAddress};
use containai_ssh::{EngineContainers, StaleEntries};

use crate::app::App;
use containai::context::Context;
use containai::remote_engine;

/// Remove what OpenSSH knows about containers that are gone
///
/// The engine of this machine and the one of `--docker-host` are asked. What
/// belongs to another engine, or to one that does not answer, is kept.
#[derive(Debug, Args)]
pub(crate) struct SshCleanupArgs {
    /// Print what would be removed, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &SshCleanupArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let mut addresses = vec![EngineAddress::unix(app.env.engine.socket()), context.address.clone()];
    addresses.dedup();
    let mut witnesses = Vec::new();
    for address in addresses {
        match engine_snapshot(&context, &address).await {
            Ok(witness) => witnesses.push(witness),
            Err(error) => app.ui.warn(&format!("what belongs to `{address}` is kept: {error}")),
        }
    }
    let leftovers = context.remote.stale_entries(&witnesses)?;
    if !args.dry_run {
        context.remote.remove_stale(&leftovers).await?;
    }
    print(&leftovers, app)?;
    Ok(ExitCode::SUCCESS)
}

async fn engine_snapshot(
    context: &Context,
    address: &EngineAddress,
) -> anyhow::Result<EngineContainers> {
    let engine = DockerEngine::connect(address.clone(), context.env.certificates.as_deref())?;
    let containers = engine.containers().await?.into_iter().filter(|it| it.labels.is_managed());
    let remote =
        context.remote.clone().with_proxy(remote_engine::proxy_route(address, &context.env));
    let pin = |port| remote.host_key_alias(port);
    let containers = containers.map(|it| (it.name, it.labels.ssh_port().map(pin))).collect();
    Ok(EngineContainers { engine: address.to_string(), containers })
}

fn print(leftovers: &StaleEntries, app: &App) -> anyhow::Result<()> {
    for fragment in &leftovers.unknown {
        app.ui.verbose(&format!("kept `{}`: its engine was not asked", fragment.name));
    }
    for fragment in &leftovers.config_files {
        app.ui.data(&format!("configuration containai-{}", fragment.name))?;
    }
    for pin in &leftovers.host_key_aliases {
        app.ui.data(&format!("host key {pin}"))?;
    }
    if leftovers.is_empty() {
        app.ui.say("nothing is left of containers that are gone");
    }
    Ok(())
}
