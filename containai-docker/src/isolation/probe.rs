//! A container that only probes whether its runtime works.

use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::CreateImageOptionsBuilder;
use containai_core::engine::{ContainerId, EngineError, Isolation};
use futures_util::TryStreamExt as _;

use crate::engine::DockerEngine;
use crate::remove::{RemoveMode, remove};

/// An empty image; importing it is nearly free.
const PROBE_IMAGE: &str = "containai/probe";
/// A command that does not exist, and so never runs.
const PROBE_COMMAND: &str = "/probe";

/// Probes whether Sysbox's daemons answer. The inner error is the reason why they do not.
///
/// The probe requests a command that does not exist: a working Sysbox sets the container up and
/// then fails to find the command; a dead one fails earlier.
pub(super) async fn probe_sysbox(engine: &DockerEngine) -> Result<Result<(), String>, EngineError> {
    import_empty_image(engine).await?;
    let body = ContainerCreateBody {
        image: Some(PROBE_IMAGE.into()),
        cmd: Some(vec![PROBE_COMMAND.into()]),
        host_config: Some(HostConfig {
            runtime: Some(Isolation::Sysbox.runtime().into()),
            network_mode: Some("none".into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let docker = engine.docker();
    let created =
        docker.create_container(None, body).await.map_err(|error| engine.map_error(error))?;
    let started = docker.start_container(&created.id, None).await;
    let id = ContainerId::new(created.id);
    remove(docker, &id, RemoveMode::ForceWithVolumes)
        .await
        .map_err(|error| engine.map_error(error))?;
    Ok(match started {
        Ok(()) => Ok(()),
        Err(error) => check_start_error(&error.to_string()),
    })
}

fn check_start_error(message: &str) -> Result<(), String> {
    let misses_command = message.contains(PROBE_COMMAND)
        && (message.contains("no such file") || message.contains("executable file not found"));
    match misses_command {
        true => Ok(()),
        false => Err(message.to_owned()),
    }
}

async fn import_empty_image(engine: &DockerEngine) -> Result<(), EngineError> {
    if engine.docker().inspect_image(PROBE_IMAGE).await.is_ok() {
        return Ok(());
    }
    let empty = tar::Builder::new(Vec::new())
        .into_inner()
        .map_err(|source| EngineError::HostFile { path: PROBE_IMAGE.into(), source })?;
    let options = CreateImageOptionsBuilder::default().from_src("-").repo(PROBE_IMAGE).build();
    let body = bollard::body_full(empty.into());
    let stream = engine.docker().create_image(Some(options), Some(body), None);
    stream.try_collect::<Vec<_>>().await.map_err(|error| engine.map_error(error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_command_shows_that_sysbox_answers() {
        let alive =
            "OCI runtime create failed: exec: \"/probe\": stat /probe: no such file or directory";
        assert_eq!(check_start_error(alive), Ok(()));
        for dead in [
            "failed to register with sysbox-mgr: failed to invoke Register via grpc",
            "OCI runtime create failed: unable to retrieve OCI runtime error",
            "fork/exec /usr/bin/sysbox-runc: no such file or directory",
        ] {
            assert!(check_start_error(dead).is_err(), "{dead}");
        }
    }
}
