//! What is brought from a directory of this machine to a data volume.

mod candidates;
mod change_watcher;
mod changes;
mod withheld;
pub mod manifests;
mod source;
mod record_file;
mod send;
mod unpacked;
mod watch;
mod volume_writer;

pub use manifests::{load as manifests, user_agents};
pub use source::{ImportSource, WarnOnce};
pub use send::Import;
pub use unpacked::UnpackedArchive;
pub use watch::watch;
