//! Connections to an engine through `ssh`.
//!
//! Each connection is a child process, `ssh HOST docker system dial-stdio`, whose standard streams
//! are connected to the engine's socket, as in Docker's own client. The user's OpenSSH
//! configuration decides how the host is reached and which key it must have. Prompts are disabled
//! (`BatchMode`), so a host that is not in `known_hosts` is an error and never trusted on first
//! use.

mod child;
mod command;
mod connector;

pub(crate) use connector::{client, stream};
