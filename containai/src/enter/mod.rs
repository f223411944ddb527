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

pub use attend::Streams;
pub use attend::attend;
pub use choice::{Choice, Renewal};
pub use consent::Consent;
pub use entrance::Entrance;
pub use show::SessionPlan;
pub use start::agent;
pub(crate) use survey::Survey;
