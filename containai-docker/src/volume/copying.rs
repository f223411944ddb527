//! Copies of volumes for another container.

use bollard::container::LogOutput;
use bollard::models::{Mount, MountType, MountVolumeOptions};
use containai_core::byte_size::ByteSize;
use containai_core::engine::{ContainerId, CopyJob, CopySpace, EngineError, VolumeCopier};
use containai_core::label::{self, Labels};
use containai_core::naming::{ClientId, VolumeName};
use futures_util::TryStreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::helper::{HelperContainer, HelperSpec, helper_body};
use super::script;
use crate::engine::DockerEngine;

/// A copy of volumes in a helper container; see [`VolumeCopier`].
pub struct DockerVolumeCopier<'e> {
    helper: HelperContainer<'e>,
    room: CopySpace,
    stdout: Vec<u8>,
}

impl std::fmt::Debug for DockerVolumeCopier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VolumesCopying").field("room", &self.room).finish_non_exhaustive()
    }
}

impl DockerEngine {
    pub(crate) async fn copy_volumes(
        &self,
        job: &CopyJob,
    ) -> Result<DockerVolumeCopier<'_>, EngineError> {
        let labels = helper_labels(job, self.client_id());
        let made_of = HelperSpec { image: &job.image, isolation: job.isolation, labels };
        let body = helper_body(made_of, mounts(job, self.client_id()), vec![script::copy()]);
        let named = job.copies.first().map(|copy| copy.to.to_string());
        let helper =
            HelperContainer::create_and_start(self, body, named.unwrap_or_default()).await?;
        let nothing = ByteSize::from_bytes(0);
        let room = CopySpace { needed: nothing, free: nothing };
        let mut copying = DockerVolumeCopier { helper, room, stdout: Vec::new() };
        match copying.next_line().await.map(|line| line.as_deref().map(parse_space)) {
            Ok(Some(Some(room))) => {
                copying.room = room;
                Ok(copying)
            }
            Ok(_) => {
                let error = copying.exit_error().await;
                copying.helper.remove().await?;
                Err(error)
            }
            Err(error) => {
                copying.helper.remove().await?;
                Err(error)
            }
        }
    }
}

impl VolumeCopier for DockerVolumeCopier<'_> {
    fn helper(&self) -> &ContainerId {
        self.helper.id()
    }

    fn space(&self) -> CopySpace {
        self.room
    }

    async fn copy(&mut self) -> Result<(), EngineError> {
        // If that fails, the helper has exited, and its status is the reason.
        let _ = self.helper.input.write_all(script::START).await;
        let _ = self.helper.input.flush().await;
        self.expect_line(script::COPIED).await
    }

    async fn sync(&mut self) -> Result<(), EngineError> {
        self.expect_line(script::SYNCED).await
    }

    async fn close(self) -> Result<(), EngineError> {
        self.helper.remove().await
    }
}

impl DockerVolumeCopier<'_> {
    async fn expect_line(&mut self, word: &str) -> Result<(), EngineError> {
        match self.next_line().await? {
            Some(line) if line == word => Ok(()),
            _ => Err(self.exit_error().await),
        }
    }

    /// Returns the next line of the helper's output; `None` at its end.
    async fn next_line(&mut self) -> Result<Option<String>, EngineError> {
        loop {
            if let Some(end) = self.stdout.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.stdout.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            let engine = self.helper.engine();
            match self.helper.output.try_next().await.map_err(|error| engine.map_error(error))? {
                None => return Ok(None),
                Some(LogOutput::StdOut { message }) => self.stdout.extend_from_slice(&message),
                Some(output) => self.helper.push_stderr(output.as_ref()),
            }
        }
    }

    async fn exit_error(&mut self) -> EngineError {
        while let Ok(Some(_)) = self.next_line().await {}
        let tail = self.helper.stderr_lines();
        if let Some(line) = tail.iter().find(|line| line.contains("No space left on device")) {
            return EngineError::NoSpace { message: line.clone() };
        }
        match self.helper.wait_exit().await {
            Ok(status) => EngineError::CopyFailed { status, tail },
            Err(error) => error,
        }
    }
}

/// Parses `used blocks size`; `blocks` is a number of blocks of `size` bytes, the others are bytes.
fn parse_space(line: &str) -> Option<CopySpace> {
    let mut numbers = line.split_whitespace().map(|word| word.parse::<u64>().ok());
    let (used, blocks, size) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let free = ByteSize::from_bytes(blocks.saturating_mul(size));
    Some(CopySpace { needed: ByteSize::from_bytes(used), free })
}

fn with_snapshot_label(labels: Labels, job: &CopyJob) -> Labels {
    match &job.snapshot {
        Some(id) => labels.with(label::SNAPSHOT, id.as_str()),
        None => labels,
    }
}

fn helper_labels(job: &CopyJob, client: Option<&ClientId>) -> Labels {
    let new: Vec<&str> = job.copies.iter().map(|copy| copy.to.as_str()).collect();
    let frozen: Vec<&str> = job.pauses.iter().map(AsRef::as_ref).collect();
    let own = Labels::for_helper()
        .with_client(client)
        .with(label::COPIES, &new.join(","))
        .with(label::PAUSES, &frozen.join(","));
    with_snapshot_label(own, job)
}

fn mounts(job: &CopyJob, client: Option<&ClientId>) -> Vec<Mount> {
    let labels = with_snapshot_label(Labels::for_volume(&job.workspace, client), job);
    let mount = |volume: &VolumeName, target: String| Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_string()),
        target: Some(target),
        // Keeps a new volume empty even if the image has files at that path.
        volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..Default::default() }),
        ..Default::default()
    };
    let pair = |(number, copy): (usize, &containai_core::engine::VolumeCopy)| {
        let mut from = mount(&copy.from, format!("{}/{number}", script::SOURCES));
        from.read_only = Some(true);
        let mut to = mount(&copy.to, format!("{}/{number}", script::TARGETS));
        if let Some(options) = &mut to.volume_options {
            options.labels = Some(labels.clone().into_map());
        }
        [from, to]
    };
    job.copies.iter().enumerate().flat_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{Isolation, VolumeCopy};
    use containai_core::naming::{RandomId, WorkspacePath};

    use super::*;

    #[test]
    fn sources_are_read_only_and_copies_are_labelled() {
        let volume = |name| VolumeName::parse(name).expect("a name");
        let job = CopyJob {
            copies: vec![VolumeCopy { from: volume("a"), to: volume("b") }],
            workspace: WorkspacePath::new("/src/api").expect("a path"),
            snapshot: Some(RandomId::from_random([1; 6])),
            image: "containai/base:1".into(),
            isolation: Isolation::Userns,
            pauses: vec![ContainerId::new("c1"), ContainerId::new("c2")],
        };
        let mounts = mounts(&job, None);
        assert_eq!(mounts[0].read_only, Some(true));
        assert_eq!(mounts[1].read_only, None);
        let labels = mounts[1].volume_options.as_ref().and_then(|it| it.labels.as_ref());
        let labels = labels.expect("labels of the new volume");
        assert_eq!(labels.get(label::SNAPSHOT), Some(&"010101010101".to_owned()));
        let labels = helper_labels(&job, None);
        assert_eq!(labels.get(label::COPIES), Some("b"));
        assert_eq!(labels.get(label::PAUSES), Some("c1,c2"));
        assert_eq!(labels.workspace(), None);
    }

    #[test]
    fn space_is_parsed() {
        let room = |needed, free| {
            let (needed, free) = (ByteSize::from_bytes(needed), ByteSize::from_bytes(free));
            Some(CopySpace { needed, free })
        };
        assert_eq!(parse_space("4096 10 512"), room(4096, 5120));
        for bad in ["", "1 2", "a 1 2", "-1 1 1"] {
            assert_eq!(parse_space(bad), None, "{bad:?}");
        }
    }
}
