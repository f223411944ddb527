//! Sysbox, or rather what does not need one: a program of that name stands in.

mod choice;
mod engine;
mod shim;
mod stand_in;

pub(crate) use stand_in::{BASE, StandIn};
