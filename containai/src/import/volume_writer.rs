//! The way to a volume: through a running container, or past all of them.

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
    EntryContent, EntrySource, ImportStream, LinkRepairMode, PackedEntries, TransferProgress,
    pack_entries,
};
use tokio::task::spawn_blocking;

use crate::connection::{PrefetchedLease, SessionConnection};
use crate::context::Context;
use crate::volume_target::VolumeTarget;

/// How many bytes are worth the time that it takes to open a door.
const DIRECT_WRITE_THRESHOLD: u64 = 32 << 20;

/// The way to a volume.
pub(crate) enum VolumeWriter<'a> {
    /// The container runs; its agent writes.
    Running(Box<RunningWriter<'a>>),
    /// It does not, or there is none.
    Stopped(VolumeArchive<'a>),
}

/// The way into a container that runs. What is borrowed is enough for a look.
pub(crate) struct RunningWriter<'a> {
    context: Context,
    engine: &'a DockerEngine,
    target: VolumeTarget,
    container: Container,
    lease: Option<Lease>,
    session: Option<Session>,
}

impl<'a> VolumeWriter<'a> {
    /// Opens the way; without a container an image is provided where needed.
    pub(crate) async fn open(
        context: &Context,
        engine: &'a DockerEngine,
        place: &VolumeTarget,
    ) -> crate::Result<Self> {
        if let Some(container) = place.running() {
            let lease =
                SessionConnection::shared_lease(context, container, PrefetchedLease::none())
                    .await?;
            let (context, place) = (context.clone(), place.clone());
            let container = container.clone();
            let inside =
                RunningWriter { context, engine, target: place, container, lease, session: None };
            let is_leased = inside.lease.is_some();
            let mut way = Self::Running(Box::new(inside));
            if !is_leased {
                way.ensure_connected().await?;
            }
            return Ok(way);
        }
        let image = place.image(context, engine).await?;
        Ok(Self::Stopped(
            engine.open_volume_archive(&place.volume, &place.workspace, &image).await?,
        ))
    }

    /// Makes sure of a connection. Past all containers leads the way of one that
    /// was on its way out.
    async fn ensure_connected(&mut self) -> crate::Result<()> {
        let Self::Running(inside) = self else { return Ok(()) };
        let Err(error) = inside.session().await.map(drop) else { return Ok(()) };
        if !inside.has_ended(&error).await? {
            return Err(error);
        }
        let door = inside.open_archive().await?;
        *self = Self::Stopped(door);
        Ok(())
    }

    /// Whether the volume is the one that a record is about.
    pub(crate) async fn has_stamp(&mut self, stamp: &str) -> crate::Result<bool> {
        if stamp.is_empty() {
            return Ok(false);
        }
        if let Self::Running(inside) = self
            && let Some(has_stamp) = inside.has_stamp_by_lease(stamp).await
        {
            return Ok(has_stamp);
        }
        self.ensure_connected().await?;
        Ok(match self {
            Self::Running(inside) => inside.session().await?.has_import_id(stamp).await?,
            Self::Stopped(door) => door.read(VOLUME_IMPORT_ID).await?.as_deref() == Some(stamp),
        })
    }

    /// Sends everything, so many bytes in all.
    pub(crate) async fn send(
        &mut self,
        delivery: ImportStream,
        bytes: u64,
    ) -> crate::Result<PackedEntries> {
        self.ensure_connected().await?;
        match self {
            Self::Running(inside) => inside.deliver(delivery, bytes).await,
            Self::Stopped(door) => write_archive(door, delivery).await,
        }
    }

    /// Mends the links that lead to the volume, where that can be done now.
    pub(crate) async fn repair_links(
        &mut self,
        links: &[HomeLink],
    ) -> crate::Result<Vec<(String, String)>> {
        self.ensure_connected().await?;
        match self {
            Self::Running(inside) => {
                Ok(inside.session().await?.repair_home_links(links, LinkRepairMode::Repair).await?)
            }
            Self::Stopped(_) => Ok(Vec::new()),
        }
    }

    pub(crate) async fn close(self) -> crate::Result<()> {
        match self {
            Self::Running(inside) => inside.close().await,
            Self::Stopped(door) => door.close().await?,
        }
        Ok(())
    }
}

impl<'a> RunningWriter<'a> {
    /// What a borrowed connection tells; `None` where there is none.
    async fn has_stamp_by_lease(&mut self, stamp: &str) -> Option<bool> {
        self.lease.take()?.has_import_id(stamp).await.ok()
    }

    /// Whether the container was on its way out, and is not any more.
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

    /// Through the connection, or past it where much goes to an engine of this
    /// machine: it leads through nobody else's hands, and to encrypt it would
    /// take longer than anything else.
    async fn deliver(
        &mut self,
        delivery: ImportStream,
        bytes: u64,
    ) -> crate::Result<PackedEntries> {
        if bytes < DIRECT_WRITE_THRESHOLD || self.context.address.is_remote() {
            let meter = Arc::new(TransferProgress::default());
            return Ok(self.session().await?.import(delivery, &meter).await?);
        }
        let door = self.open_archive().await?;
        let packed = write_archive(&door, delivery).await;
        door.close().await?;
        packed
    }

    /// A connection of our own, made when it is needed.
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
    door: &VolumeArchive<'_>,
    delivery: ImportStream,
) -> crate::Result<PackedEntries> {
    let ImportStream { root, entries: mut parcels, defaults: spare, import_id: stamp } = delivery;
    // What was sent is told apart by its place in the row.
    let sent = parcels.len();
    for parcel in spare {
        if !door.exists(&parcel.path).await? {
            parcels.push(parcel);
        }
    }
    let (own, _) = VOLUME_IMPORT_ID.split_once('/').context("the stamp has a directory")?;
    parcels.push(generated(own, 0o700, EntryContent::Directory));
    parcels.push(generated(VOLUME_IMPORT_ID, 0o600, EntryContent::Bytes(stamp.into_bytes())));
    let ByteChannel { sender, receiver } = byte_channel();
    let archive = ChannelWriter::new(sender);
    let meter = TransferProgress::default();
    let packing = spawn_blocking(move || pack_entries(&root, &parcels, archive, &meter));
    door.put(receiver).await?;
    let mut packed = packing.await??;
    packed.hashes.truncate(sent);
    Ok(packed)
}

fn generated(path: &str, mode: u32, filling: EntryContent) -> EntrySource {
    EntrySource { path: path.to_owned(), mode, modified: 0, content: filling }
}
