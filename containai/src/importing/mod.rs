//! What is brought from a directory of this machine to a data volume.

mod candidates;
mod eyes;
mod gather;
mod kept_back;
pub mod manifests;
mod plan;
mod record_file;
mod send;
mod unpacked;
mod watch;
mod way;

pub use manifests::{load as manifests, own_agents};
pub use plan::{Source, Told};
pub use send::Import;
pub use unpacked::Unpacked;
pub use watch::follow;
