//! Copies of volumes for another container.

use bollard::models::Mount;
use containai_core::byte_size::ByteSize;
use containai_core::disk_full;
use containai_core::engine::{ContainerId, CopyJob, CopySpace, EngineError, VolumeCopier};
use containai_core::label::{self, Labels};
use containai_core::naming::ClientId;

use super::script;
use crate::engine::DockerEngine;
use crate::helper_container::{HelperProgram, HelperSpec, NewVolume, RunningHelper, volume_mount};

/// A copy of volumes in a helper container; see [`VolumeCopier`].
pub struct DockerVolumeCopier<'e> {
    helper: RunningHelper<'e>,
    space: CopySpace,
    stdout: Vec<u8>,
}

impl std::fmt::Debug for DockerVolumeCopier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DockerVolumeCopier").field("space", &self.space).finish_non_exhaustive()
    }
}

impl DockerEngine {
    pub(crate) async fn copy_volumes(
        &self,
        job: &CopyJob,
    ) -> Result<DockerVolumeCopier<'_>, EngineError> {
        let client = self.client_id();
        let spec = HelperSpec::new(&job.image, helper_labels(job, client))
            .with_mounts(mounts(job, client))
            .with_program(HelperProgram::Script(job.isolation, vec![script::copy()]));
        let helper = RunningHelper::start(self, spec).await?;
        let nothing = ByteSize::from_bytes(0);
        let space = CopySpace { needed: nothing, free: nothing };
        let mut copier = DockerVolumeCopier { helper, space, stdout: Vec::new() };
        match copier.next_line().await.map(|line| line.as_deref().map(parse_space)) {
            Ok(Some(Some(space))) => {
                copier.space = space;
                Ok(copier)
            }
            Ok(_) => {
                let error = copier.exit_error().await;
                copier.helper.remove().await?;
                Err(error)
            }
            Err(error) => {
                copier.helper.remove().await?;
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
        self.space
    }

    async fn copy(&mut self) -> Result<(), EngineError> {
        self.helper.write_input(script::START).await;
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
            match self.helper.next_stdout().await? {
                None => return Ok(None),
                Some(chunk) => self.stdout.extend_from_slice(&chunk),
            }
        }
    }

    async fn exit_error(&mut self) -> EngineError {
        while let Ok(Some(_)) = self.next_line().await {}
        let tail = self.helper.stderr_lines();
        if let Some(line) = tail.iter().find(|line| disk_full::is_reported(line)) {
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
    let paused: Vec<&str> = job.pauses.iter().map(AsRef::as_ref).collect();
    let own = Labels::for_helper()
        .with_client(client)
        .with(label::COPIES, &new.join(","))
        .with(label::PAUSES, &paused.join(","));
    with_snapshot_label(own, job)
}

fn mounts(job: &CopyJob, client: Option<&ClientId>) -> Vec<Mount> {
    let labels = with_snapshot_label(Labels::for_volume(&job.workspace, client), job);
    let pair = |(number, copy): (usize, &containai_core::engine::VolumeCopy)| {
        let mut from =
            volume_mount(&copy.from, format!("{}/{number}", script::SOURCES), NewVolume::Empty);
        from.read_only = Some(true);
        let mut to =
            volume_mount(&copy.to, format!("{}/{number}", script::TARGETS), NewVolume::Empty);
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
    use containai_core::naming::{RandomId, VolumeName, WorkspacePath};

    use super::*;

    #[test]
    fn sources_are_read_only_and_copies_are_labelled() {
        let volume = |name| VolumeName::parse(name).expect("a name");
        let job = CopyJob::new(
            vec![VolumeCopy { from: volume("a"), to: volume("b") }],
            WorkspacePath::new("/src/api").expect("a path"),
            "containai/base:1".into(),
            Isolation::Userns,
        )
        .with_snapshot(Some(RandomId::from_random([1; 6])))
        .with_paused(vec![ContainerId::new("c1"), ContainerId::new("c2")]);
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
        let space = |needed, free| {
            let (needed, free) = (ByteSize::from_bytes(needed), ByteSize::from_bytes(free));
            Some(CopySpace { needed, free })
        };
        assert_eq!(parse_space("4096 10 512"), space(4096, 5120));
        for bad in ["", "1 2", "a 1 2", "-1 1 1"] {
            assert_eq!(parse_space(bad), None, "{bad:?}");
        }
    }
}
