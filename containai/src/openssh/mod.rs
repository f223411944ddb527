//! OpenSSH configuration and connections of containers.

mod config;
mod proxy;
mod stale;

pub use config::host_blocks;
pub use proxy::connect_streams;
pub use stale::stale_entries;
