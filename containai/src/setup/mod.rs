//! Setting up this machine.

mod ask;
mod personal;
mod system;

pub(crate) use ask::{prepare, set_up};
pub(crate) use personal::ensure;
pub(crate) use system::plan_text;
