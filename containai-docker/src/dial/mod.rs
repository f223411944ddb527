//! The way to an engine through `ssh`.
//!
//! Each connection is a child, `ssh HOST docker system dial-stdio`, whose
//! standard streams are the engine's socket, as Docker's own client does it.
//! The user's OpenSSH says how to get to the host and which key it must have;
//! nobody is asked (`BatchMode`), so a host that is not in `known_hosts` is an
//! error and never trusted on first use.

mod child;
mod command;
mod connector;

pub(crate) use connector::{client, stream};
