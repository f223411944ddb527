//! `cai export`: a data volume in one file.

mod command;
mod encryption_args;

pub(crate) use command::ExportArgs;
pub(crate) use command::run;
