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
mod container_files;
pub mod built;
mod cgroup;
mod connect;
mod container;
mod ssh_dial;
mod disk_usage;
mod engine;
mod exec_status;
mod error_map;
mod pause;
mod home;
pub mod host;
mod id_range;
pub mod image;
mod exec_stream;
mod exec_script;
mod inspect;
pub mod isolation;
mod journal;
mod limits;
mod image_graph;
mod container_list;
mod ownership;
mod processes;
mod raw_http;
mod remove;
pub mod runtime;
mod snapshot;
mod spec;
mod ssh_host;
mod storage;
mod recreate;
mod sysbox;
mod usage;
mod volume;

pub use activity::{Activity, Running};
pub use address::{AddressError, EngineAddress};
pub use connect::connect;
pub use engine::DockerEngine;
pub use exec_stream::SshdExecStream;
pub use journal::Follow;
pub use container_list::{ListedContainer, Sizes};
pub use ownership::{
    SubordinateIds, FileOwner, Ownership, OwnershipError, ReclaimListener, Reclaimed, reclaim_in_container,
};
pub use spec::refuse_mounts;
pub use ssh_host::SshHost;
pub use volume::{
    TarWarnings, VolumeHelperSpec, VolumePacker, ChannelReader, ChannelWriter, ByteChannel, FreeSpace, VolumeUnpacker, VolumeArchive,
    VolumeError, DockerVolumeCopier, byte_channel,
};
