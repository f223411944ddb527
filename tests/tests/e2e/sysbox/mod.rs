//! Sysbox support, tested without Sysbox: a stand-in program replaces it.

mod choice;
mod engine;
mod shim;
mod stand_in;

pub(crate) use stand_in::{BASE, StandIn};
