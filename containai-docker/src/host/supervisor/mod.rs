//! Running the engine, with or without systemd.
//!
//! This module is installed as the program `containai-engine`, with [`main`] as its entry point.
//! Under systemd it brings up the network and then replaces itself with the engine. Otherwise it
//! detaches from its caller and restarts the engine if that exits unexpectedly.

mod engine;
mod entry;
mod lxcfs;
mod network_watch;
mod pid_file;
mod run;
mod start;
mod stop;

pub use entry::main;
pub(super) use start::{is_supervised, running_engine};
pub use start::{start, wait_for_engine};
pub use stop::{prepare_shutdown, stop_daemon, tear_down};
