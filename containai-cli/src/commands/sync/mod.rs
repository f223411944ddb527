//! `cai sync`: inside of a container, what stands where links to the data
//! volume belong.

mod command;

pub(crate) use command::SyncArgs;
pub(super) use command::run;
