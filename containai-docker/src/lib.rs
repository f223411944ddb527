//! The Docker side of ContainAI: engine client, images, isolation and runtime.
//!
//! The crate drives a Docker Engine through its API with [`DockerEngine`], which implements
//! [`containai_core::engine::Engine`]. It also
//! - provides images ([`image`]),
//! - detects which isolation works ([`isolation`]),
//! - sets up the dedicated engine of a host ([`host`]),
//! - contains the OCI runtime shim that lets a system container run in a user namespace on any
//!   Docker with plain runc ([`runtime`]).
//!
//! It never requests a privileged container, a namespace of the host, or a mount of an engine's
//! socket, and its API has no option for them.

#![deny(missing_docs)]

mod activity;
mod address;
mod archive;
pub mod built;
mod cgroup;
mod connect;
mod container;
mod dial;
mod disk_usage;
mod engine;
mod exec_status;
mod failure;
mod freezing;
mod home;
pub mod host;
mod id_range;
pub mod image;
mod inside;
mod inside_script;
mod inspect;
pub mod isolation;
mod journal;
mod limits;
mod lineage;
mod listing;
mod ownership;
mod processes;
mod question;
mod removal;
pub mod runtime;
mod snapshot;
mod spec;
mod ssh_host;
mod storage;
mod successor;
mod sysbox;
mod usage;
mod volume;

pub use activity::{Activity, Running};
pub use address::{AddressError, EngineAddress};
pub use connect::connect;
pub use engine::DockerEngine;
pub use inside::InsideStream;
pub use journal::Follow;
pub use listing::{Listed, Sizes};
pub use ownership::{
    DiskIds, Owner, Ownership, OwnershipError, ReclaimListener, Reclaimed, reclaim_inside,
};
pub use spec::refuse_mounts;
pub use ssh_host::SshHost;
pub use volume::{
    Complaints, Mounted, Packing, PieceReader, PieceWriter, Pieces, Room, Unpacking, VolumeDoor,
    VolumeError, VolumesCopying, pieces,
};
