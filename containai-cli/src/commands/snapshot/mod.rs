//! States of containers, kept and come back to.

mod checkout;
mod command;
mod create;
mod fork;
mod ground;
mod leftover;
mod list;
mod making;
mod remove;
mod restore;
mod restoring;
mod revival;

pub(crate) use command::{SnapshotArgs, run};
pub(crate) use leftover::told;
