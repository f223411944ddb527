//! From a workspace to a session in its container, set-up included.

mod arrival;
mod attend;
mod changes;
mod choice;
mod consent;
mod difference;
mod entrance;
mod equipment;
mod existing;
mod initialize;
mod interrupt;
mod lifecycle;
mod look;
mod reachable;
mod show;
mod start;
mod survey;
mod visit;
mod whereabouts;
mod wish;

pub(crate) use attend::attend;
pub use attend::Streams;
pub(crate) use choice::{Choice, Renewal};
pub(crate) use consent::Consent;
pub(crate) use entrance::Entrance;
pub use show::SessionPlan;
pub(crate) use start::agent;
pub(crate) use survey::Survey;
