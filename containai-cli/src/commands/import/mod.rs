//! `cai import`: settings and credentials from the host to a data volume, or all
//! of an archive.

mod candidates;
mod command;
mod eyes;
mod gather;
pub(super) mod manifests;
mod plan;
mod record_file;
mod restore;
mod send;
mod watch;
mod way;

pub(crate) use command::ImportArgs;
pub(super) use command::run;
