//! `containai-runc`: an OCI runtime that stands in front of runc and turns an ordinary container
//! with a user namespace into a system container.
//!
//! Docker calls it as it calls runc. On `create` it edits `<bundle>/config.json` and then becomes
//! runc with the arguments it was given. It prepares `start`, `exec`, `kill`, `delete` and `pause`
//! (`port`, `stdio`, `kill`, `pause`); every other verb goes straight through. The modules of `spec`
//! describe the edits and their reasons; what they need from the kernel (a private mount namespace
//! with id-mapped clones of layers, volumes and workspace) is in `stage`, `ids` and [`idmap`].
//! `sysbox` is the same in front of Sysbox's runtime. A container
//! without a user namespace is refused: there is no way through here to a container whose root is
//! the host's.

mod bundle;
mod cgroup_hook;
mod cgroup_tree;
mod container;
mod create;
mod entry;
mod exec;
mod failure;
mod fuse;
mod host;
pub mod idmap;
mod ids;
mod invocation;
mod kill;
mod layers;
mod mount_namespace;
pub(crate) mod mount_table;
mod overlay;
mod pause;
mod port;
mod probe;
mod spec;
mod stage;
mod stdio;
mod sysbox;

pub use entry::{PROGRAM, main};
pub use sysbox::{PROGRAM as SYSBOX_PROGRAM, main as sysbox_main};
