//! `cai import`: settings and credentials from the host to a data volume, or all
//! of an archive.

mod candidates;
mod command;
mod gather;
pub(super) mod manifests;
mod record_file;
mod restore;
mod way;

pub(crate) use command::ImportArgs;
pub(super) use command::run;
