//! What is brought from a directory of this machine to a data volume.

mod candidates;
mod eyes;
mod gather;
mod kept_back;
mod manifests;
mod plan;
mod record_file;
mod send;
mod unpacked;
mod watch;
mod way;

pub(crate) use manifests::{load as manifests, own_agents};
pub(crate) use plan::{Source, Told};
pub(crate) use send::Import;
pub(crate) use unpacked::Unpacked;
pub(crate) use watch::follow;
