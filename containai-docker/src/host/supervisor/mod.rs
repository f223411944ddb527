//! Running the engine, with or without systemd.
//!
//! This module is installed as the program `containai-engine`, with [`main`] as its entry point.
//! Under systemd it brings up the network and then replaces itself with the engine. Otherwise it
//! detaches from its caller and restarts the engine if that exits unexpectedly.

mod engine;
mod entry;
mod halt;
mod lxcfs;
mod network_watch;
mod pid_file;
mod start;
mod watch;

pub use entry::main;
pub use halt::{halt, shut_down, stop_engine};
pub use start::{start, wait_for_engine};
