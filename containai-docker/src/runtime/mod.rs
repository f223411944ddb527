//! `containai-runc`: an OCI runtime in front of runc that turns an ordinary container with a user
//! namespace into a system container.
//!
//! Docker calls it like runc. It modifies these commands and passes all others to runc:
//!
//! - `create`: edits `<bundle>/config.json`. The modules of `spec` describe the edits and their
//!   reasons; `staging`, `ids` and [`idmap`] provide what they need from the kernel, a private
//!   mount namespace with id-mapped clones of layers, volumes and workspace.
//! - `start`: isolates the network (`bridge_port`) and makes the container's mounts shared
//!   (`mount_namespace`).
//! - `exec`: changes the owner of the standard streams (`stdio`).
//! - `kill` and `delete`: work despite frozen or limited control groups (`kill`).
//! - `pause`: has a time limit (`pause`).
//!
//! A container without a user namespace is refused, so that root in a container is never host root.
//! `sysbox` is the equivalent in front of Sysbox's runtime.

mod bridge_port;
mod bundle;
mod cgroup_hook;
mod cgroup_tree;
mod container;
mod create;
mod entry;
mod error_report;
mod exec;
mod fuse;
pub mod idmap;
mod ids;
mod invocation;
mod kill;
mod layers;
mod mount_namespace;
pub(crate) mod mountinfo;
mod overlay;
mod pause;
mod probe;
mod spec;
mod staging;
mod stdio;
mod sysbox;
mod tmpfs;

pub use entry::main;
pub use invocation::PROGRAM;
pub use sysbox::{PROGRAM as SYSBOX_PROGRAM, main as sysbox_main};
