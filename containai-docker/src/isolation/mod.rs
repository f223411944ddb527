//! Detection of the isolation that an engine offers.
//!
//! On a machine that `cai setup` prepared, setup recorded the isolation. Other engines are probed:
//! the names of their runtimes prove nothing, because a registered Sysbox stays in the list after
//! its daemons have died.

mod detect;
mod probe;

pub use detect::detect;
