//! Helper containers: containers that run for one operation on a volume.

use std::pin::Pin;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount,
    MountType, MountVolumeOptions,
};
use bollard::query_parameters::AttachContainerOptionsBuilder;
use containai_core::engine::{ContainerId, EngineError, Isolation};
use containai_core::label::Labels;
use containai_core::layout;
use containai_core::naming::{ClientId, VolumeName, WorkspacePath};
use futures_util::Stream;
use tokio::io::AsyncWrite;

use super::VolumeError;
use super::fifo::NamedPipe;
use crate::container;
use crate::engine::DockerEngine;
use crate::remove::{RemoveMode, remove};

/// Maximum size of a helper's standard error that is kept, in bytes.
const MAX_STDERR_SIZE: usize = 64 << 10;
/// Number of its lines in an error.
const MAX_ERROR_LINES: usize = 5;

/// The volume, image and isolation of a helper container.
#[derive(Clone, Copy, Debug)]
pub struct VolumeHelperSpec<'a> {
    /// The volume; it is created empty if it does not exist.
    pub volume: &'a VolumeName,
    /// The workspace in the labels of a new volume.
    pub workspace: &'a WorkspacePath,
    /// A ContainAI image in the engine's store.
    pub image: &'a str,
    /// The helper's isolation: that of the containers that mount the volume, so that owners match.
    pub isolation: Isolation,
}

/// A running helper container, attached to its streams. It has no access to anything but the
/// volume: no workspace, no network.
pub(super) struct HelperContainer<'a> {
    engine: &'a DockerEngine,
    id: ContainerId,
    volume: String,
    pub(super) output: Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>,
    pub(super) input: Pin<Box<dyn AsyncWrite + Send>>,
    stderr: Vec<u8>,
}

impl<'a> HelperContainer<'a> {
    /// Creates and starts a helper; its label names the operation.
    pub(super) async fn start(
        engine: &'a DockerEngine,
        spec: VolumeHelperSpec<'_>,
        label: &'static str,
        command: Vec<String>,
    ) -> Result<Self, EngineError> {
        let body = volume_helper_body(spec, engine.client_id(), label, command);
        Self::create_and_start(engine, body, spec.volume.to_string()).await
    }

    /// As [`Self::start`], with a named pipe mounted.
    pub(super) async fn start_with_pipe(
        pipe: &NamedPipe,
        engine: &'a DockerEngine,
        spec: VolumeHelperSpec<'_>,
        label: &'static str,
        command: Vec<String>,
    ) -> Result<Self, EngineError> {
        let mut body = volume_helper_body(spec, engine.client_id(), label, command);
        if let Some(host) = &mut body.host_config {
            // A bind, because a mount's source has to exist at every start of the helper.
            host.binds = Some(vec![pipe.bind()]);
        }
        Self::create_and_start(engine, body, spec.volume.to_string()).await
    }

    /// As [`Self::start`], for a helper with another body.
    pub(super) async fn create_and_start(
        engine: &'a DockerEngine,
        body: ContainerCreateBody,
        volume: String,
    ) -> Result<Self, EngineError> {
        let docker = engine.docker();
        let failure = |error| engine.map_error(error);
        let created = docker.create_container(None, body).await;
        let id = ContainerId::new(created.map_err(failure)?.id);
        let options = AttachContainerOptionsBuilder::default()
            .stdin(true)
            .stdout(true)
            .stderr(true)
            .stream(true)
            .build();
        let attached = docker.attach_container(id.as_ref(), Some(options)).await;
        let attached = match attached {
            Ok(attached) => attached,
            Err(error) => return Err(remove_unstarted(engine, &id, error).await),
        };
        if let Err(error) = container::start(docker, &id).await {
            return Err(remove_unstarted(engine, &id, error).await);
        }
        Ok(Self {
            engine,
            id,
            volume,
            output: attached.output,
            input: attached.input,
            stderr: Vec::new(),
        })
    }

    pub(super) fn id(&self) -> &ContainerId {
        &self.id
    }

    pub(super) fn engine(&self) -> &'a DockerEngine {
        self.engine
    }

    /// Appends to the kept standard error, up to its maximum size.
    pub(super) fn push_stderr(&mut self, message: &[u8]) {
        let room = MAX_STDERR_SIZE - self.stderr.len();
        self.stderr.extend_from_slice(&message[..message.len().min(room)]);
    }

    /// Returns the standard error by line, without control characters.
    pub(super) fn stderr_lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.stderr);
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| line.replace(char::is_control, "\u{fffd}")).collect()
    }

    /// Waits for the helper to exit and returns its status.
    pub(super) async fn wait_exit(&mut self) -> Result<i64, EngineError> {
        let exited = container::wait_exit(self.engine.docker(), &self.id).await;
        exited.map_err(|error| self.engine.map_error(error))
    }

    pub(super) fn exit_error(&self, status: i64) -> VolumeError {
        let mut lines = self.stderr_lines();
        lines.drain(..lines.len().saturating_sub(MAX_ERROR_LINES));
        VolumeError::Failed { volume: self.volume.clone(), status, lines }
    }

    /// Removes the helper even if it runs; the volume stays.
    pub(super) async fn remove(self) -> Result<(), EngineError> {
        let removed = remove(self.engine.docker(), &self.id, RemoveMode::Force).await;
        removed.map_err(|error| self.engine.map_error(error))
    }
}

/// Removes a helper that was not started; the first error is returned.
async fn remove_unstarted(engine: &DockerEngine, id: &ContainerId, error: Error) -> EngineError {
    let _ = remove(engine.docker(), id, RemoveMode::Force).await;
    engine.map_error(error)
}

pub(super) fn volume_helper_body(
    spec: VolumeHelperSpec<'_>,
    client: Option<&ClientId>,
    label: &str,
    command: Vec<String>,
) -> ContainerCreateBody {
    let own = Labels::for_helper().with_client(client).with(label, spec.volume.as_ref());
    let mount = Mount {
        typ: Some(MountType::VOLUME),
        source: Some(spec.volume.to_string()),
        target: Some(layout::CONTAINER_DATA.into()),
        volume_options: Some(MountVolumeOptions {
            labels: Some(Labels::for_volume(spec.workspace, client).into_map()),
            // Keeps a new volume empty even if the image has files at that path.
            no_copy: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let made_of = HelperSpec { image: spec.image, isolation: spec.isolation, labels: own };
    helper_body(made_of, vec![mount], command)
}

/// The image, isolation and labels of a helper container.
pub(super) struct HelperSpec<'a> {
    pub(super) image: &'a str,
    pub(super) isolation: Isolation,
    /// The labels of a helper container.
    pub(super) labels: Labels,
}

/// Returns the body of a helper container with only these mounts.
pub(super) fn helper_body(
    spec: HelperSpec<'_>,
    mounts: Vec<Mount>,
    command: Vec<String>,
) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(spec.image.to_owned()),
        entrypoint: Some(vec!["/bin/sh".into(), "-c".into()]),
        cmd: Some(command),
        env: Some(vec!["LC_ALL=C".into()]),
        user: Some("0:0".into()),
        working_dir: Some("/".into()),
        // The image's stop signal is for systemd, which does not run here.
        stop_signal: Some("SIGKILL".into()),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        open_stdin: Some(true),
        // Its input ends when the client disconnects.
        stdin_once: Some(true),
        labels: Some(spec.labels.into_map()),
        host_config: Some(HostConfig {
            runtime: Some(spec.isolation.runtime().into()),
            cgroupns_mode: match spec.isolation {
                Isolation::Userns => Some(HostConfigCgroupnsModeEnum::PRIVATE),
                Isolation::Sysbox => None,
            },
            network_mode: Some("none".into()),
            // The streams may contain secrets, so they are not logged.
            log_config: Some(HostConfigLogConfig {
                typ: Some("none".into()),
                ..Default::default()
            }),
            mounts: Some(mounts),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use containai_core::label;

    use super::*;

    #[test]
    fn helper_sees_only_the_volume() {
        let workspace = WorkspacePath::new("/src/api").expect("a path");
        let volume = VolumeName::data(&workspace);
        let mounted = VolumeHelperSpec {
            volume: &volume,
            workspace: &workspace,
            image: "containai/base:1",
            isolation: Isolation::Userns,
        };
        let body = volume_helper_body(mounted, None, label::RESTORES, vec!["true".into()]);
        let host = body.host_config.expect("a host configuration");
        let mounts = host.mounts.unwrap_or_default();
        let seen: Vec<_> =
            mounts.iter().map(|mount| (&mount.typ, mount.target.as_deref())).collect();
        assert_eq!(seen, [(&Some(MountType::VOLUME), Some("/mnt/agent-data"))]);
        assert_eq!((host.binds, host.privileged, host.cap_add), (None, None, None));
        assert_eq!(host.network_mode.as_deref(), Some("none"));
        assert_eq!(host.log_config.and_then(|log| log.typ).as_deref(), Some("none"));
        assert_eq!(
            body.labels.unwrap_or_default().get(label::WORKSPACE).map(String::as_str),
            Some("")
        );
    }
}
