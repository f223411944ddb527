//! `cai import`: settings from this machine to a data volume, or the content of
//! an archive.

mod archive_key_args;
mod command;
mod selection_args;

pub(crate) use command::ImportArgs;
pub(crate) use command::run;
