//! Importing settings from a directory of this machine to a data volume.

mod candidate;
mod candidates;
mod change_watcher;
mod changes;
mod found_file;
mod git_config_files;
mod home_directory;
mod home_scan;
mod left_behind;
mod link_target;
mod manifests;
mod record_file;
mod request;
mod restore;
mod screening;
mod send;
mod source;
mod unpacked;
mod volume_writer;
mod watch;
mod withheld;

pub(crate) use manifests::all_manifests;
pub use manifests::{load as manifests, user_agents};
pub use request::{ImportMode, ImportRequest, ImportResult, ImportSelection};
pub use restore::ArchiveRestore;
pub use send::Import;
pub use source::{ImportSource, WarnOnce};
pub use unpacked::UnpackedArchive;
pub use watch::watch;
