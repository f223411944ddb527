//! Writing to a volume through a running container, or without one.

use std::sync::Arc;

use crate::error::ResultExt as _;
use containai_core::engine::{Container, Engine as _, EngineError, RunState};
use containai_core::import::HomeLink;
use containai_core::layout::VOLUME_IMPORT_ID;
use containai_core::lifecycle::{DriveError, PinnedKey, connect};
use containai_docker::{ByteChannel, ChannelWriter, DockerEngine, VolumeArchive, byte_channel};
use containai_ssh::Session;
use containai_ssh::mux::Lease;
use containai_ssh::transfer::{
    EntryContent, EntrySource, HomeLinkState, ImportStream, LinkRepairMode, PackedEntries,
    TransferProgress, pack_entries,
};
use tokio::task::spawn_blocking;

use crate::connection::{PrefetchedLease, SessionConnection};
use crate::context::Context;
use crate::volume_target::VolumeTarget;

/// The size above which a helper container is faster than a connection, in bytes.
const DIRECT_WRITE_THRESHOLD: u64 = 32 << 20;

/// A writer of a volume.
pub(crate) enum VolumeWriter<'a> {
    /// The container is running, and its agent writes the files.
    Running(Box<RunningWriter<'a>>),
    /// No container is running. A helper container, which is never started, receives an archive.
    Stopped(VolumeArchive<'a>),
}

/// A writer through a running container. Its lease of a shared connection is used for one request.
pub(crate) struct RunningWriter<'a> {
    context: Context,
    engine: &'a DockerEngine,
    target: VolumeTarget,
    container: Container,
    lease: Option<Lease>,
    session: Option<Session>,
}

impl<'a> VolumeWriter<'a> {
    /// Opens the volume. Without a container, the image of the helper is obtained if it is missing.
    pub(crate) async fn open(
        context: &Context,
        engine: &'a DockerEngine,
        target: &VolumeTarget,
    ) -> crate::Result<Self> {
        if let Some(container) = target.running() {
            let lease =
                SessionConnection::shared_lease(context, container, PrefetchedLease::none())
                    .await?;
            let (context, target) = (context.clone(), target.clone());
            let container = container.clone();
            let running =
                RunningWriter { context, engine, target, container, lease, session: None };
            let is_leased = running.lease.is_some();
            let mut writer = Self::Running(Box::new(running));
            if !is_leased {
                writer.ensure_connected().await?;
            }
            return Ok(writer);
        }
        let image = target.image(context, engine).await?;
        Ok(Self::Stopped(
            engine.open_volume_archive(&target.volume, &target.workspace, &image).await?,
        ))
    }

    /// Connects to the container, or switches to a helper if the container has stopped.
    async fn ensure_connected(&mut self) -> crate::Result<()> {
        let Self::Running(running) = self else { return Ok(()) };
        let Err(error) = running.session().await.map(drop) else { return Ok(()) };
        if !running.has_ended(&error).await? {
            return Err(error);
        }
        let archive = running.open_archive().await?;
        *self = Self::Stopped(archive);
        Ok(())
    }

    /// Returns whether the volume is the one that a record belongs to.
    pub(crate) async fn has_import_id(&mut self, import_id: &str) -> crate::Result<bool> {
        if import_id.is_empty() {
            return Ok(false);
        }
        if let Self::Running(running) = self
            && let Some(has_import_id) = running.ask_lease(import_id).await
        {
            return Ok(has_import_id);
        }
        self.ensure_connected().await?;
        Ok(match self {
            Self::Running(running) => running.session().await?.has_import_id(import_id).await?,
            Self::Stopped(archive) => {
                archive.read(VOLUME_IMPORT_ID).await?.as_deref() == Some(import_id)
            }
        })
    }

    /// Sends the entries; `bytes` is their total size.
    pub(crate) async fn send(
        &mut self,
        stream: ImportStream,
        bytes: u64,
    ) -> crate::Result<PackedEntries> {
        self.ensure_connected().await?;
        match self {
            Self::Running(running) => running.import(stream, bytes).await,
            Self::Stopped(archive) => write_archive(archive, stream).await,
        }
    }

    /// Repairs the links from the home directory to the volume; does nothing without a running
    /// container.
    pub(crate) async fn repair_links(
        &mut self,
        links: &[HomeLink],
    ) -> crate::Result<Vec<(String, HomeLinkState)>> {
        self.ensure_connected().await?;
        match self {
            Self::Running(running) => Ok(running
                .session()
                .await?
                .repair_home_links(links, LinkRepairMode::Repair)
                .await?),
            Self::Stopped(_) => Ok(Vec::new()),
        }
    }

    /// Closes the connection or removes the helper container.
    pub(crate) async fn close(self) -> crate::Result<()> {
        match self {
            Self::Running(running) => running.close().await,
            Self::Stopped(archive) => archive.close().await?,
        }
        Ok(())
    }
}

impl<'a> RunningWriter<'a> {
    /// Asks through the lease; `None` if there is none or it fails.
    async fn ask_lease(&mut self, import_id: &str) -> Option<bool> {
        self.lease.take()?.has_import_id(import_id).await.ok()
    }

    /// Returns whether the error came from a stopping container, which has now stopped.
    async fn has_ended(&self, error: &crate::Error) -> crate::Result<bool> {
        if !error.find().is_some_and(DriveError::may_be_stopping) {
            return Ok(false);
        }
        let Container { id, name, .. } = &self.container;
        self.engine.wait_transition(name, RunState::Running).await?;
        let runs = |it: &Container| it.id == *id && it.state == RunState::Running;
        Ok(!self.engine.containers().await?.iter().any(runs))
    }

    async fn open_archive(&self) -> Result<VolumeArchive<'a>, EngineError> {
        let VolumeTarget { volume, workspace, .. } = &self.target;
        self.engine.open_volume_archive(volume, workspace, &self.container.image).await
    }

    /// Sends through the connection. Large data goes to a local engine through a helper container
    /// instead, because it needs no encryption, which would dominate the time.
    async fn import(&mut self, stream: ImportStream, bytes: u64) -> crate::Result<PackedEntries> {
        if bytes < DIRECT_WRITE_THRESHOLD || self.context.address.is_remote() {
            let progress = Arc::new(TransferProgress::default());
            return Ok(self.session().await?.import(stream, &progress).await?);
        }
        let archive = self.open_archive().await?;
        let packed = write_archive(&archive, stream).await;
        archive.close().await?;
        packed
    }

    /// Returns the dedicated connection, which is opened on first use.
    async fn session(&mut self) -> crate::Result<&Session> {
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                connect(self.engine, &self.context.remote, &self.container, PinnedKey::Valid)
                    .await?
            }
        };
        Ok(self.session.insert(session))
    }

    async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
            SessionConnection::prewarm(&self.context, &self.container).await;
        }
    }
}

async fn write_archive(
    archive: &VolumeArchive<'_>,
    stream: ImportStream,
) -> crate::Result<PackedEntries> {
    let ImportStream { root, mut entries, defaults, import_id } = stream;
    // Only the hashes of the first entries are reported.
    let count = entries.len();
    for entry in defaults {
        if !archive.exists(&entry.path).await? {
            entries.push(entry);
        }
    }
    let (directory, _) =
        VOLUME_IMPORT_ID.split_once('/').context("the import ID has a directory")?;
    entries.push(generated(directory, 0o700, EntryContent::Directory));
    entries.push(generated(VOLUME_IMPORT_ID, 0o600, EntryContent::Bytes(import_id.into_bytes())));
    let ByteChannel { sender, receiver } = byte_channel();
    let writer = ChannelWriter::new(sender);
    let progress = TransferProgress::default();
    let pack_task = spawn_blocking(move || pack_entries(&root, &entries, writer, &progress));
    archive.put(receiver).await?;
    let mut packed = pack_task.await??;
    packed.hashes.truncate(count);
    Ok(packed)
}

fn generated(path: &str, mode: u32, content: EntryContent) -> EntrySource {
    EntrySource { path: path.to_owned(), mode, modified: 0, content }
}
