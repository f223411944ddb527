//! `cai import`: settings and credentials from the host to a data volume.

mod candidates;
mod command;
mod gather;
pub(super) mod manifests;
mod place;
mod record_file;
mod way;

pub(crate) use command::ImportArgs;
pub(super) use command::run;
