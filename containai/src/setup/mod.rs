//! Setting up this machine.

pub mod ask;
pub mod personal;
pub mod system;

pub(crate) use ask::prepare;
pub(crate) use personal::ensure;
pub(crate) use system::plan_text;
