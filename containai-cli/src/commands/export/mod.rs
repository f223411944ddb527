//! `cai export`: all of a data volume in one file.

mod command;
mod seal_args;

pub(crate) use command::ExportArgs;
pub(super) use command::run;
pub(super) use seal_args::read_passphrase;
