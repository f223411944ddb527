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
use super::shortcut::Shortcut;
use crate::container;
use crate::engine::DockerEngine;
use crate::removal::{Removed, remove};

/// Maximum size of a helper's standard error that is kept, in bytes.
const COMPLAINTS: usize = 64 << 10;
/// Number of its lines in an error.
const LINES: usize = 5;

/// The volume, image and isolation of a helper container.
#[derive(Clone, Copy, Debug)]
pub struct Mounted<'a> {
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
pub(super) struct Errand<'a> {
    engine: &'a DockerEngine,
    id: ContainerId,
    volume: String,
    pub(super) output: Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>,
    pub(super) input: Pin<Box<dyn AsyncWrite + Send>>,
    complaints: Vec<u8>,
}

impl<'a> Errand<'a> {
    /// Creates and starts a helper; its label names the operation.
    pub(super) async fn start(
        engine: &'a DockerEngine,
        mounted: Mounted<'_>,
        label: &'static str,
        command: Vec<String>,
    ) -> Result<Self, EngineError> {
        let body = body(mounted, engine.client(), label, command);
        Self::begin(engine, body, mounted.volume.to_string()).await
    }

    /// As [`Self::start`], with a named pipe mounted.
    pub(super) async fn start_beside(
        shortcut: &Shortcut,
        engine: &'a DockerEngine,
        mounted: Mounted<'_>,
        label: &'static str,
        command: Vec<String>,
    ) -> Result<Self, EngineError> {
        let mut body = body(mounted, engine.client(), label, command);
        if let Some(host) = &mut body.host_config {
            // A bind, because a mount's source has to exist at every start of the helper.
            host.binds = Some(vec![shortcut.bind()]);
        }
        Self::begin(engine, body, mounted.volume.to_string()).await
    }

    /// As [`Self::start`], for a helper with another body.
    pub(super) async fn begin(
        engine: &'a DockerEngine,
        body: ContainerCreateBody,
        volume: String,
    ) -> Result<Self, EngineError> {
        let docker = engine.docker();
        let failure = |error| engine.failure(error);
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
            Err(error) => return Err(discard(engine, &id, error).await),
        };
        if let Err(error) = container::start(docker, &id).await {
            return Err(discard(engine, &id, error).await);
        }
        Ok(Self {
            engine,
            id,
            volume,
            output: attached.output,
            input: attached.input,
            complaints: Vec::new(),
        })
    }

    pub(super) fn id(&self) -> &ContainerId {
        &self.id
    }

    pub(super) fn engine(&self) -> &'a DockerEngine {
        self.engine
    }

    /// Appends to the kept standard error, up to its maximum size.
    pub(super) fn note(&mut self, message: &[u8]) {
        let room = COMPLAINTS - self.complaints.len();
        self.complaints.extend_from_slice(&message[..message.len().min(room)]);
    }

    /// Returns the standard error by line, without control characters.
    pub(super) fn complaints(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.complaints);
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| line.replace(char::is_control, "\u{fffd}")).collect()
    }

    /// Waits for the helper to exit and returns its status.
    pub(super) async fn status(&mut self) -> Result<i64, EngineError> {
        let exited = container::exited(self.engine.docker(), &self.id).await;
        exited.map_err(|error| self.engine.failure(error))
    }

    pub(super) fn failed(&self, status: i64) -> VolumeError {
        let mut lines = self.complaints();
        lines.drain(..lines.len().saturating_sub(LINES));
        VolumeError::Failed { volume: self.volume.clone(), status, lines }
    }

    /// Removes the helper even if it runs; the volume stays.
    pub(super) async fn remove(self) -> Result<(), EngineError> {
        let removed = remove(self.engine.docker(), &self.id, Removed::Forced).await;
        removed.map_err(|error| self.engine.failure(error))
    }
}

/// Removes a helper that was not started; the first error is returned.
async fn discard(engine: &DockerEngine, id: &ContainerId, error: Error) -> EngineError {
    let _ = remove(engine.docker(), id, Removed::Forced).await;
    engine.failure(error)
}

pub(super) fn body(
    mounted: Mounted<'_>,
    client: Option<&ClientId>,
    label: &str,
    command: Vec<String>,
) -> ContainerCreateBody {
    let own = Labels::for_helper().with_client(client).with(label, mounted.volume.as_ref());
    let mount = Mount {
        typ: Some(MountType::VOLUME),
        source: Some(mounted.volume.to_string()),
        target: Some(layout::CONTAINER_DATA.into()),
        volume_options: Some(MountVolumeOptions {
            labels: Some(Labels::for_volume(mounted.workspace, client).into_map()),
            // Keeps a new volume empty even if the image has files at that path.
            no_copy: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let made_of = MadeOf { image: mounted.image, isolation: mounted.isolation, labels: own };
    bare(made_of, vec![mount], command)
}

/// The image, isolation and labels of a helper container.
pub(super) struct MadeOf<'a> {
    pub(super) image: &'a str,
    pub(super) isolation: Isolation,
    /// The labels of a helper container.
    pub(super) labels: Labels,
}

/// Returns the body of a helper container with only these mounts.
pub(super) fn bare(
    made_of: MadeOf<'_>,
    mounts: Vec<Mount>,
    command: Vec<String>,
) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(made_of.image.to_owned()),
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
        labels: Some(made_of.labels.into_map()),
        host_config: Some(HostConfig {
            runtime: Some(made_of.isolation.runtime().into()),
            cgroupns_mode: match made_of.isolation {
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
    fn nothing_but_the_volume_is_in_reach() {
        let workspace = WorkspacePath::new("/src/api").expect("a path");
        let volume = VolumeName::data(&workspace);
        let mounted = Mounted {
            volume: &volume,
            workspace: &workspace,
            image: "containai/base:1",
            isolation: Isolation::Userns,
        };
        let body = body(mounted, None, label::RESTORES, vec!["true".into()]);
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
