//! States of containers, kept and come back to.

mod command;
mod create;
mod fork;
mod list;
mod remove;
mod restore;

pub(crate) use command::{SnapshotArgs, run};
