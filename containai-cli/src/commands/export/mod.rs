//! `cai export`: all of a data volume in one file.

mod command;
mod encryption_args;

pub(crate) use command::ExportArgs;
pub(super) use command::run;
pub(super) use encryption_args::read_passphrase;
