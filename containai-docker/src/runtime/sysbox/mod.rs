//! `containai-sysbox-runc`: an OCI runtime in front of Sysbox.
//!
//! Sysbox maps bind mounts by identity: a file that root in the container writes to a workspace
//! belongs to host root, including set-user-id bits and file capabilities. On `create` this runtime
//! replaces every bind source outside of the engine's directory with an id-mapped clone:
//!
//! - The owner of the source is `agent` in the container.
//! - The container's other ids map to themselves.
//! - All other ids, including host root, are unmapped.
//!
//! `sysbox-runc` does not map such a mount again, because its owner is in the container's range.
//! Sources that cannot be mapped are refused.
//!
//! The runtime also mounts `cai` into containers, restores the owners of the image's files if
//! Sysbox's manager exited before it did that, and limits the time of a pause.

mod create;
mod entry;
mod owner;
mod program;
mod restore_owners;

pub use entry::{PROGRAM, main};
