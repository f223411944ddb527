//! Keeping the engine running, with systemd's help or without it.
//!
//! The program of this module is installed as `containai-engine`; [`main`] is
//! its body. Under systemd it prepares the network and then becomes the
//! engine. Elsewhere it stays, detached from whoever started it, and starts
//! the engine again when that ends unasked.

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
