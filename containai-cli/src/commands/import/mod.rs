//! `cai import`: settings and credentials from the host to a data volume.

mod candidates;
mod command;
mod eyes;
mod gather;
pub(super) mod manifests;
mod place;
mod plan;
mod record_file;
mod send;
mod watch;
mod way;

pub(crate) use command::ImportArgs;
pub(super) use command::run;
