//! Setting up this machine.

pub mod ask;
pub mod user;
pub mod machine;

pub(crate) use ask::set_up_on_demand;
pub(crate) use user::ensure;
pub(crate) use machine::plan_text;
