//! Snapshots of containers: create, restore, fork.

mod checkout;
mod ground;
mod leftover;
mod making;
mod restoring;
mod revival;

pub(crate) use ground::Ground;
pub(crate) use leftover::{mend, or_abandon, told};
pub(crate) use restoring::Restoring;
