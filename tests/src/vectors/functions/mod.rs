//! Our functions by their recorded names.

mod artifacts;
mod catalog;
mod config;
mod env;
mod naming;
mod numbers;
mod ssh;
mod table;

pub(super) use artifacts::{ARTIFACTS, compare_artifacts};
pub(super) use table::compare;
