//! The control groups of a container of this machine's engine, read without
//! the engine: it answers a question about usage about once a second.

mod membership;
mod sample;
mod tasks;

pub(crate) use membership::Cgroup;
