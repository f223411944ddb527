//! Port and socket forwards, in OpenSSH's syntax.

mod endpoint;
mod fields;
mod spec;

pub use endpoint::{BindAddress, Endpoint, ListenAddress};
pub use spec::{Direction, Forward, ForwardError};
