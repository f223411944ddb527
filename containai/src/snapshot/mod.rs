//! Snapshots of containers: create, restore, fork, remove.

mod checkout;
mod checkout_kind;
mod create;
mod fork;
mod fork_workspace;
mod leftovers;
mod recreate;
mod remove;
mod restore;
mod restore_existing;
mod steps;

pub use create::{create, preview_create};
pub use fork::{ForkOptions, ForkRequest};
pub(crate) use leftovers::describe;
pub use remove::{confirm_remove, find, preview_remove, remove};
pub use restore::{RestoreConfirmation, RestoreRequest};
