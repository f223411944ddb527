//! Port and socket forwards, in OpenSSH's syntax.

mod endpoint;
mod fields;
mod spec;

pub use endpoint::{Bind, Endpoint, Listen};
pub use spec::{Direction, Forward, ForwardError};
