//! Names and values for the completion of command lines.
//!
//! The engine has half a second to return names; without an answer there are none.

use std::time::Duration;

use containai_core::config::{Flags, SettingKind, SettingSpec};
use containai_core::engine::{Container, Engine as _, ShippedImage};
use containai_core::lifecycle::snapshot::list_snapshots;
use containai_core::manifest::shipped_agents;
use containai_docker::DockerEngine;
use tokio::time::timeout;

use crate::context::Context;
use crate::import::user_agents;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// The time limit for names from the engine.
const ENGINE_TIMEOUT: Duration = Duration::from_millis(500);

/// A name, and a description of the named thing.
pub type DescribedName = (String, Option<String>);

/// Returns the containers, with their workspaces.
pub async fn containers(env: &ProcessEnv) -> Vec<DescribedName> {
    let all = managed_containers(env).await.into_iter();
    all.map(|it| (it.name, it.labels.workspace().map(str::to_owned))).collect()
}

/// Returns the data volumes of all containers.
pub async fn data_volumes(env: &ProcessEnv) -> Vec<DescribedName> {
    let volumes =
        managed_containers(env).await.into_iter().filter_map(|it| it.labels.data_volume());
    plain(volumes)
}

/// Returns the snapshots, with their containers and times.
pub async fn snapshots(env: &ProcessEnv) -> Vec<DescribedName> {
    let Some(engine) = engine(env) else { return Vec::new() };
    let all = timeout(ENGINE_TIMEOUT, list_snapshots(&engine)).await;
    let all = all.ok().and_then(Result::ok).unwrap_or_default().into_iter();
    all.map(|it| (it.name.to_string(), Some(format!("{} {}", it.container, it.created)))).collect()
}

/// Returns the templates of the user.
#[must_use]
pub fn templates(env: &ProcessEnv) -> Vec<DescribedName> {
    plain(crate::templates::list(&env.layout).unwrap_or_default())
}

/// Returns the agents of the images and of the user's manifests.
#[must_use]
pub fn agents(env: &ProcessEnv) -> Vec<DescribedName> {
    let own = user_agents(&env.layout).unwrap_or_default();
    let shipped = ShippedImage::Full.agents().iter().copied();
    plain(shipped.chain(own.iter().map(|agent| agent.name.as_str())))
}

/// Returns the values of a setting that can be listed.
pub async fn setting_values(env: &ProcessEnv, setting: &SettingSpec) -> Vec<DescribedName> {
    match (setting.kind, setting.key) {
        (SettingKind::Choice(texts), _) => plain(texts),
        (SettingKind::Bool, _) => plain(["true", "false"]),
        (_, "agent.default") => agents(env),
        (_, "import.credentials") => plain(shipped_agents().iter().map(|it| it.name.as_str())),
        (_, "image") => plain(ShippedImage::ALL.map(ShippedImage::name)),
        (_, "devcontainer") => plain(["on", "off"]),
        (_, "template.default") => templates(env),
        (_, "data_volume") => data_volumes(env).await,
        _ => Vec::new(),
    }
}

fn plain(names: impl IntoIterator<Item = impl ToString>) -> Vec<DescribedName> {
    names.into_iter().map(|name| (name.to_string(), None)).collect()
}

async fn managed_containers(env: &ProcessEnv) -> Vec<Container> {
    let Some(engine) = engine(env) else { return Vec::new() };
    let all = timeout(ENGINE_TIMEOUT, engine.containers()).await;
    let mut all = all.ok().and_then(Result::ok).unwrap_or_default();
    all.retain(|it| it.labels.is_managed() && !it.labels.is_helper());
    all
}

fn engine(env: &ProcessEnv) -> Option<DockerEngine> {
    Context::new(env, &Reporter::default(), Flags::default(), None).ok()?.engine_client().ok()
}
