//! From a workspace to a session in its container, set-up included.

mod attend;
mod consent;
mod entrance;
mod interrupt;
mod look;
mod show;
mod start;

pub(crate) use attend::attend;
pub(crate) use consent::Consent;
pub(crate) use entrance::Entrance;
pub(crate) use start::agent;
