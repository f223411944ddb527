//! Which isolation an engine offers.
//!
//! On a machine that `cai setup` prepared, set-up recorded the answer. Other
//! engines are asked: the names of their runtimes alone prove nothing, because
//! a registered Sysbox stays in the list after its daemons have died.

mod detect;
mod probe;

pub use detect::detect;
