//! OpenSSH configuration of removed containers.

use containai_core::engine::Engine as _;
use containai_docker::{DockerEngine, EngineAddress};
use containai_ssh::{EngineContainers, StaleEntries};

use crate::context::Context;
use crate::remote_engine;

/// Returns the entries of containers that were removed from this machine's engine or the configured
/// one. Entries of other engines, and of an engine that does not answer, are kept.
///
/// # Errors
///
/// The entries cannot be read.
pub async fn stale_entries(context: &Context) -> crate::Result<StaleEntries> {
    let own = EngineAddress::unix(context.env.engine.socket());
    let mut addresses = vec![own, context.address.clone()];
    addresses.dedup();
    let mut engines = Vec::new();
    for address in addresses {
        match containers(context, &address).await {
            Ok(containers) => engines.push(containers),
            Err(error) => {
                context.reporter.warn(&format!("entries of `{address}` are kept: {error}"));
            }
        }
    }
    Ok(context.remote.stale_entries(&engines)?)
}

async fn containers(context: &Context, address: &EngineAddress) -> crate::Result<EngineContainers> {
    let engine = DockerEngine::connect(address.clone(), context.env.certificates.as_deref())?;
    let containers = engine.containers().await?.into_iter().filter(|it| it.labels.is_managed());
    let remote =
        context.remote.clone().with_proxy(remote_engine::proxy_route(address, &context.env));
    let alias = |port| remote.host_key_alias(port);
    let containers = containers.map(|it| (it.name, it.labels.ssh_port().map(alias))).collect();
    Ok(EngineContainers { engine: address.to_string(), containers })
}
