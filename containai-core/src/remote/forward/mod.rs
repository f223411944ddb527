//! What is led from one side of a connection to the other, in OpenSSH's words.

mod endpoint;
mod fields;
mod spec;

pub use endpoint::{Bind, Endpoint, Listen};
pub use spec::{Direction, Forward, ForwardError};
