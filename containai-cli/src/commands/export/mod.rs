//! `cai export`: all of a data volume in one file.

mod command;
mod destination;
mod farewell;
mod seal_args;
mod standstill;
mod work;

pub(crate) use command::ExportArgs;
pub(super) use command::run;
pub(super) use farewell::Farewell;
pub(super) use seal_args::read_passphrase;
