//! The SSH files of a user: formats, atomic writes and locks.

mod atomic;
mod config_file;
mod identity;
mod io_error;
mod known_hosts;
mod lock;
mod ssh_config;

pub(crate) use atomic::{PRIVATE_MODE, ensure_private_dir};
pub(crate) use config_file::{config_files, remove_config_file, write_config_file};
pub(crate) use identity::load_or_create_identity;
pub(crate) use known_hosts::{pin, pinned, pinned_names, unpin};
pub(crate) use lock::{FileLock, lock};
pub use ssh_config::IncludeState;
pub(crate) use ssh_config::{include_line, include_state, write_include};
