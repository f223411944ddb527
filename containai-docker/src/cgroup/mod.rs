//! The control groups of a container on this machine, read without the engine, which answers
//! requests about usage only about once a second.

mod membership;
mod sample;
mod tasks;

pub(crate) use membership::Cgroup;
