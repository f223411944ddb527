//! Copies of volumes for another container.

use bollard::container::LogOutput;
use bollard::models::{Mount, MountType, MountVolumeOptions};
use containai_core::byte_size::ByteSize;
use containai_core::engine::{ContainerId, CopyJob, Copying, EngineError, Room};
use containai_core::label::{self, Labels};
use containai_core::naming::{ClientId, VolumeName};
use futures_util::TryStreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::errand::{Errand, MadeOf, bare};
use super::script;
use crate::engine::DockerEngine;

/// A copy of volumes in a helper container; see [`VolumeCopier`].
pub struct VolumesCopying<'e> {
    helper: Errand<'e>,
    room: Room,
    heard: Vec<u8>,
}

impl std::fmt::Debug for VolumesCopying<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VolumesCopying").field("room", &self.room).finish_non_exhaustive()
    }
}

impl DockerEngine {
    pub(crate) async fn copy_volumes(
        &self,
        job: &CopyJob,
    ) -> Result<VolumesCopying<'_>, EngineError> {
        let labels = helper_labels(job, self.client());
        let made_of = MadeOf { image: &job.image, isolation: job.isolation, labels };
        let body = bare(made_of, mounts(job, self.client()), vec![script::copy()]);
        let named = job.copies.first().map(|copy| copy.to.to_string());
        let helper = Errand::begin(self, body, named.unwrap_or_default()).await?;
        let nothing = ByteSize::from_bytes(0);
        let room = Room { needed: nothing, free: nothing };
        let mut copying = VolumesCopying { helper, room, heard: Vec::new() };
        match copying.line().await.map(|line| line.as_deref().map(room_in)) {
            Ok(Some(Some(room))) => {
                copying.room = room;
                Ok(copying)
            }
            Ok(_) => {
                let error = copying.failure().await;
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

impl Copying for VolumesCopying<'_> {
    fn helper(&self) -> &ContainerId {
        self.helper.id()
    }

    fn room(&self) -> Room {
        self.room
    }

    async fn copy(&mut self) -> Result<(), EngineError> {
        // If that fails, the helper has exited, and its status is the reason.
        let _ = self.helper.input.write_all(script::GO).await;
        let _ = self.helper.input.flush().await;
        self.expect(script::COPIED).await
    }

    async fn sync(&mut self) -> Result<(), EngineError> {
        self.expect(script::SYNCED).await
    }

    async fn close(self) -> Result<(), EngineError> {
        self.helper.remove().await
    }
}

impl VolumesCopying<'_> {
    async fn expect(&mut self, word: &str) -> Result<(), EngineError> {
        match self.line().await? {
            Some(line) if line == word => Ok(()),
            _ => Err(self.failure().await),
        }
    }

    /// Returns the next line of the helper's output; `None` at its end.
    async fn line(&mut self) -> Result<Option<String>, EngineError> {
        loop {
            if let Some(end) = self.heard.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            let engine = self.helper.engine();
            match self.helper.output.try_next().await.map_err(|error| engine.failure(error))? {
                None => return Ok(None),
                Some(LogOutput::StdOut { message }) => self.heard.extend_from_slice(&message),
                Some(output) => self.helper.note(output.as_ref()),
            }
        }
    }

    async fn failure(&mut self) -> EngineError {
        while let Ok(Some(_)) = self.line().await {}
        let tail = self.helper.complaints();
        if let Some(line) = tail.iter().find(|line| line.contains("No space left on device")) {
            return EngineError::NoSpace { message: line.clone() };
        }
        match self.helper.status().await {
            Ok(status) => EngineError::CopyFailed { status, tail },
            Err(error) => error,
        }
    }
}

/// Parses `used blocks size`; `blocks` is a number of blocks of `size` bytes, the others are bytes.
fn room_in(line: &str) -> Option<Room> {
    let mut numbers = line.split_whitespace().map(|word| word.parse::<u64>().ok());
    let (used, blocks, size) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let free = ByteSize::from_bytes(blocks.saturating_mul(size));
    Some(Room { needed: ByteSize::from_bytes(used), free })
}

fn of_snapshot(labels: Labels, job: &CopyJob) -> Labels {
    match &job.snapshot {
        Some(id) => labels.with(label::SNAPSHOT, id.as_str()),
        None => labels,
    }
}

fn helper_labels(job: &CopyJob, client: Option<&ClientId>) -> Labels {
    let new: Vec<&str> = job.copies.iter().map(|copy| copy.to.as_str()).collect();
    let frozen: Vec<&str> = job.freezes.iter().map(AsRef::as_ref).collect();
    let own = Labels::for_helper()
        .with_client(client)
        .with(label::COPIES, &new.join(","))
        .with(label::FREEZES, &frozen.join(","));
    of_snapshot(own, job)
}

fn mounts(job: &CopyJob, client: Option<&ClientId>) -> Vec<Mount> {
    let labels = of_snapshot(Labels::for_volume(&job.workspace, client), job);
    let mount = |volume: &VolumeName, target: String| Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_string()),
        target: Some(target),
        // Keeps a new volume empty even if the image has files at that path.
        volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..Default::default() }),
        ..Default::default()
    };
    let pair = |(number, copy): (usize, &containai_core::engine::VolumeCopy)| {
        let mut from = mount(&copy.from, format!("{}/{number}", script::ORIGINALS));
        from.read_only = Some(true);
        let mut to = mount(&copy.to, format!("{}/{number}", script::COPIES));
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
    use containai_core::naming::{Nonce, WorkspacePath};

    use super::*;

    #[test]
    fn originals_are_read_only_and_copies_are_labelled() {
        let volume = |name| VolumeName::parse(name).expect("a name");
        let job = CopyJob {
            copies: vec![VolumeCopy { from: volume("a"), to: volume("b") }],
            workspace: WorkspacePath::new("/src/api").expect("a path"),
            snapshot: Some(Nonce::from_random([1; 6])),
            image: "containai/base:1".into(),
            isolation: Isolation::Userns,
            freezes: vec![ContainerId::new("c1"), ContainerId::new("c2")],
        };
        let mounts = mounts(&job, None);
        assert_eq!(mounts[0].read_only, Some(true));
        assert_eq!(mounts[1].read_only, None);
        let labels = mounts[1].volume_options.as_ref().and_then(|it| it.labels.as_ref());
        let labels = labels.expect("labels of the new volume");
        assert_eq!(labels.get(label::SNAPSHOT), Some(&"010101010101".to_owned()));
        let labels = helper_labels(&job, None);
        assert_eq!(labels.get(label::COPIES), Some("b"));
        assert_eq!(labels.get(label::FREEZES), Some("c1,c2"));
        assert_eq!(labels.workspace(), None);
    }

    #[test]
    fn rooms() {
        let room = |needed, free| {
            let (needed, free) = (ByteSize::from_bytes(needed), ByteSize::from_bytes(free));
            Some(Room { needed, free })
        };
        assert_eq!(room_in("4096 10 512"), room(4096, 5120));
        for bad in ["", "1 2", "a 1 2", "-1 1 1"] {
            assert_eq!(room_in(bad), None, "{bad:?}");
        }
    }
}
