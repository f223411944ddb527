//! `cai links`: the links of a container's home directory that lead to its data
//! volume.

mod command;

pub(crate) use command::LinksArgs;
pub(super) use command::run;
