use std::process::ExitCode;

use clap::Args;
use containai_core::engine::Engine as _;
use containai_docker::{DockerEngine, EngineAddress};
use containai_ssh::{Leftovers, Witness};

use crate::app::Global;
use crate::context::Context;
use crate::elsewhere;
use crate::env::Env;
use crate::ui::Ui;

/// Remove what OpenSSH knows about containers that are gone
///
/// The engine of this machine and the one of `--docker-host` are asked. What
/// belongs to another engine, or to one that does not answer, is kept.
#[derive(Debug, Args)]
pub(crate) struct CleanupArgs {
    /// Print what would be removed, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: &CleanupArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(env, ui, global)?;
    let mut addresses = vec![EngineAddress::unix(env.engine.socket()), context.address.clone()];
    addresses.dedup();
    let mut witnesses = Vec::new();
    for address in addresses {
        match witness(&context, &address).await {
            Ok(witness) => witnesses.push(witness),
            Err(error) => ui.warn(&format!("what belongs to `{address}` is kept: {error}")),
        }
    }
    let leftovers = context.remote.leftovers(&witnesses)?;
    if !args.dry_run {
        context.remote.remove(&leftovers).await?;
    }
    tell(&leftovers, ui)?;
    Ok(ExitCode::SUCCESS)
}

async fn witness(context: &Context<'_>, address: &EngineAddress) -> anyhow::Result<Witness> {
    let engine = DockerEngine::connect(address.clone(), context.env.certificates.as_deref())?;
    let containers = engine.containers().await?.into_iter().filter(|it| it.labels.is_managed());
    let remote = context.remote.clone().with_detour(elsewhere::detour(address, context.env));
    let pin = |port| remote.pin_name(port);
    let containers = containers.map(|it| (it.name, it.labels.ssh_port().map(pin))).collect();
    Ok(Witness { engine: address.to_string(), containers })
}

fn tell(leftovers: &Leftovers, ui: &Ui) -> anyhow::Result<()> {
    for fragment in &leftovers.unjudged {
        ui.detail(&format!("kept `{}`: its engine was not asked", fragment.name));
    }
    for fragment in &leftovers.fragments {
        ui.data(&format!("configuration containai-{}", fragment.name))?;
    }
    for pin in &leftovers.pins {
        ui.data(&format!("host key {pin}"))?;
    }
    if leftovers.is_empty() {
        ui.say("nothing is left of containers that are gone");
    }
    Ok(())
}
