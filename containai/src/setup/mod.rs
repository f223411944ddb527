//! Set-up of this machine.

pub mod ask;
mod consent;
pub mod machine;
pub mod user;

pub use consent::SetupConsent;

pub(crate) use ask::set_up_on_demand;
pub(crate) use machine::plan_text;
pub(crate) use user::ensure;
