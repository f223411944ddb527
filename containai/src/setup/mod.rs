//! Set-up of this machine.

pub mod ask;
pub mod machine;
pub mod user;

pub(crate) use ask::set_up_on_demand;
pub(crate) use machine::plan_text;
pub(crate) use user::ensure;
