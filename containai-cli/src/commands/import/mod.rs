//! `cai import`: settings and credentials from the host to a data volume, or all
//! of an archive.

mod command;
mod open_archive;
mod restore;
mod settings;

pub(crate) use command::ImportArgs;
pub(super) use command::run;
