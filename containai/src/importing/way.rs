//! The way to a volume: through a running container, or past all of them.

use std::sync::Arc;

use crate::error::ResultExt as _;
use containai_core::engine::{Container, Engine as _, EngineError, RunState};
use containai_core::import::HomeLink;
use containai_core::layout::VOLUME_STAMP;
use containai_core::lifecycle::{DriveError, Pin, reach};
use containai_docker::{DockerEngine, PieceWriter, Pieces, VolumeDoor, pieces};
use containai_ssh::Session;
use containai_ssh::mux::Lease;
use containai_ssh::transfer::{Delivery, Filling, LinkRepair, Meter, Packed, Parcel, pack_parcels};
use tokio::task::spawn_blocking;

use crate::context::Context;
use crate::passage::{Glimpse, Passage};
use crate::place::Place;

/// How many bytes are worth the time that it takes to open a door.
const MUCH: u64 = 32 << 20;

/// The way to a volume.
pub(crate) enum Way<'a> {
    /// The container runs; its agent writes.
    Hot(Box<Inside<'a>>),
    /// It does not, or there is none.
    Cold(VolumeDoor<'a>),
}

/// The way into a container that runs. What is borrowed is enough for a look.
pub(crate) struct Inside<'a> {
    context: Context,
    engine: &'a DockerEngine,
    place: Place,
    container: Container,
    lease: Option<Lease>,
    session: Option<Session>,
}

impl<'a> Way<'a> {
    /// Opens the way; without a container an image is provided where needed.
    pub(crate) async fn open(
        context: &Context,
        engine: &'a DockerEngine,
        place: &Place,
    ) -> crate::Result<Self> {
        if let Some(container) = place.running() {
            let lease = Passage::lease(context, container, Glimpse::none()).await?;
            let (context, place) = (context.clone(), place.clone());
            let container = container.clone();
            let inside = Inside { context, engine, place, container, lease, session: None };
            let is_leased = inside.lease.is_some();
            let mut way = Self::Hot(Box::new(inside));
            if !is_leased {
                way.connect().await?;
            }
            return Ok(way);
        }
        let image = place.image(context, engine).await?;
        Ok(Self::Cold(engine.open_volume(&place.volume, &place.workspace, &image).await?))
    }

    /// Makes sure of a connection. Past all containers leads the way of one that
    /// was on its way out.
    async fn connect(&mut self) -> crate::Result<()> {
        let Self::Hot(inside) = self else { return Ok(()) };
        let Err(error) = inside.session().await.map(drop) else { return Ok(()) };
        if !inside.has_ended(&error).await? {
            return Err(error);
        }
        let door = inside.door().await?;
        *self = Self::Cold(door);
        Ok(())
    }

    /// Whether the volume is the one that a record is about.
    pub(crate) async fn has_stamp(&mut self, stamp: &str) -> crate::Result<bool> {
        if stamp.is_empty() {
            return Ok(false);
        }
        if let Self::Hot(inside) = self
            && let Some(has_stamp) = inside.glimpse(stamp).await
        {
            return Ok(has_stamp);
        }
        self.connect().await?;
        Ok(match self {
            Self::Hot(inside) => inside.session().await?.has_stamp(stamp).await?,
            Self::Cold(door) => door.read(VOLUME_STAMP).await?.as_deref() == Some(stamp),
        })
    }

    /// Sends everything, so many bytes in all.
    pub(crate) async fn deliver(
        &mut self,
        delivery: Delivery,
        bytes: u64,
    ) -> crate::Result<Packed> {
        self.connect().await?;
        match self {
            Self::Hot(inside) => inside.deliver(delivery, bytes).await,
            Self::Cold(door) => put(door, delivery).await,
        }
    }

    /// Mends the links that lead to the volume, where that can be done now.
    pub(crate) async fn mend(
        &mut self,
        links: &[HomeLink],
    ) -> crate::Result<Vec<(String, String)>> {
        self.connect().await?;
        match self {
            Self::Hot(inside) => {
                Ok(inside.session().await?.home_links(links, LinkRepair::Mend).await?)
            }
            Self::Cold(_) => Ok(Vec::new()),
        }
    }

    pub(crate) async fn close(self) -> crate::Result<()> {
        match self {
            Self::Hot(inside) => inside.close().await,
            Self::Cold(door) => door.close().await?,
        }
        Ok(())
    }
}

impl<'a> Inside<'a> {
    /// What a borrowed connection tells; `None` where there is none.
    async fn glimpse(&mut self, stamp: &str) -> Option<bool> {
        self.lease.take()?.has_stamp(stamp).await.ok()
    }

    /// Whether the container was on its way out, and is not any more.
    async fn has_ended(&self, error: &crate::Error) -> crate::Result<bool> {
        if !error.find().is_some_and(DriveError::may_be_closing) {
            return Ok(false);
        }
        let Container { id, name, .. } = &self.container;
        self.engine.settle(name, RunState::Running).await?;
        let runs = |it: &Container| it.id == *id && it.state == RunState::Running;
        Ok(!self.engine.containers().await?.iter().any(runs))
    }

    async fn door(&self) -> Result<VolumeDoor<'a>, EngineError> {
        let Place { volume, workspace, .. } = &self.place;
        self.engine.open_volume(volume, workspace, &self.container.image).await
    }

    /// Through the connection, or past it where much goes to an engine of this
    /// machine: it leads through nobody else's hands, and to encrypt it would
    /// take longer than anything else.
    async fn deliver(&mut self, delivery: Delivery, bytes: u64) -> crate::Result<Packed> {
        if bytes < MUCH || self.context.address.is_elsewhere() {
            let meter = Arc::new(Meter::default());
            return Ok(self.session().await?.deliver(delivery, &meter).await?);
        }
        let door = self.door().await?;
        let packed = put(&door, delivery).await;
        door.close().await?;
        packed
    }

    /// A connection of our own, made when it is needed.
    async fn session(&mut self) -> crate::Result<&Session> {
        let session = match self.session.take() {
            Some(session) => session,
            None => reach(self.engine, &self.context.remote, &self.container, Pin::Known).await?,
        };
        Ok(self.session.insert(session))
    }

    async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
            Passage::warm(&self.context, &self.container).await;
        }
    }
}

async fn put(door: &VolumeDoor<'_>, delivery: Delivery) -> crate::Result<Packed> {
    let Delivery { root, mut parcels, spare, stamp } = delivery;
    // What was sent is told apart by its place in the row.
    let sent = parcels.len();
    for parcel in spare {
        if !door.has(&parcel.path).await? {
            parcels.push(parcel);
        }
    }
    let (own, _) = VOLUME_STAMP.split_once('/').context("the stamp has a directory")?;
    parcels.push(ours(own, 0o700, Filling::Directory));
    parcels.push(ours(VOLUME_STAMP, 0o600, Filling::Bytes(stamp.into_bytes())));
    let Pieces { sender, receiver } = pieces();
    let archive = PieceWriter::new(sender);
    let meter = Meter::default();
    let packing = spawn_blocking(move || pack_parcels(&root, &parcels, archive, &meter));
    door.put(receiver).await?;
    let mut packed = packing.await??;
    packed.hashes.truncate(sent);
    Ok(packed)
}

fn ours(path: &str, mode: u32, filling: Filling) -> Parcel {
    Parcel { path: path.to_owned(), mode, modified: 0, filling }
}
