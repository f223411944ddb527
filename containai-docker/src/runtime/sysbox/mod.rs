//! `containai-sysbox-runc`: an OCI runtime that stands in front of Sysbox.
//!
//! Sysbox maps bind mounts by identity: what root inside writes into a workspace is a file of the
//! host's root, set-user-id bits and file capabilities included. On `create` this runtime replaces
//! every bind source that is not the engine's by an id-mapped clone, in which the source's owner is
//! the container's `agent`, the container's other ids are themselves and every other id, host root
//! above all, is none. `sysbox-runc` leaves such a mount alone, because its owner lies in the
//! container's range. What cannot be mapped is refused.
//!
//! It also lends containers `cai`, gives the image's files back their owners where Sysbox's manager
//! ended before it did that, and limits the time that a pause may take.

mod create;
mod entry;
mod owner;
mod program;
mod restore;

pub use entry::{PROGRAM, main};
