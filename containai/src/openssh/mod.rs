//! OpenSSH configuration and connections of containers.

mod config;
mod proxy;
mod stale;

pub use config::host_block;
pub use proxy::relay_sshd;
pub use stale::stale_entries;
