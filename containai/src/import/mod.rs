//! Importing settings from a directory of this machine to a data volume.

mod candidate;
mod candidates;
mod change_watcher;
mod changes;
mod home_scan;
mod manifests;
mod record_file;
mod request;
mod restore;
mod send;
mod source;
mod unpacked;
mod volume_writer;
mod watch;
mod withheld;

pub use manifests::{load as manifests, user_agents};
pub use request::{ImportMode, ImportReport, ImportRequest, ImportSelection};
pub use restore::ArchiveRestore;
pub use send::Import;
pub use source::{ImportSource, WarnOnce};
pub use unpacked::UnpackedArchive;
pub use watch::watch;
