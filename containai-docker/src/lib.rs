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
mod anonymise;
mod build_env;
mod cgroup;
mod commit;
mod connect;
mod container;
mod container_files;
mod container_list;
mod container_network;
mod disk_usage;
mod enforced_limits;
mod engine;
mod error_map;
mod exec_script;
mod exec_status;
mod exec_stream;
mod follow;
mod helper_container;
mod home;
pub mod host;
mod id_range;
pub mod image;
mod image_graph;
mod inspect;
pub mod isolation;
mod journal;
mod json_request;
mod lifecycle;
mod limits;
mod ownership;
mod pause;
mod processes;
mod recipe;
mod recreate;
pub mod registry;
mod remove;
mod restart;
mod restart_policy;
mod running_file;
pub mod runtime;
mod snapshot;
mod spec;
mod ssh_dial;
mod ssh_host;
mod storage;
mod upload;
mod usage;
mod volume;
mod workspace_files;

pub use activity::{Activity, Running};
pub use address::{AddressError, EngineAddress};
pub use container_list::{ListedContainer, Sizes};
pub use engine::DockerEngine;
pub use exec_stream::SshdExecStream;
pub use follow::Follow;
pub use ownership::{
    FileOwner, Ownership, OwnershipError, ReclaimListener, Reclaimed, SubordinateIds,
    reclaim_in_container,
};
pub use spec::refuse_mounts;
pub use ssh_host::SshHost;
pub use volume::{
    ByteChannel, ChannelReader, ChannelWriter, DockerVolumeCopier, FreeSpace, TarWarnings,
    VolumeArchive, VolumeError, VolumeHelperSpec, VolumePacker, VolumeUnpacker, byte_channel,
};

/// The target of this crate's `tracing` events: requests to the engine and their errors, without
/// queries, headers and bodies.
pub const LOG_TARGET: &str = "containai::engine";
