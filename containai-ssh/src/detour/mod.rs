//! The way to containers whose engine runs on another machine.
//!
//! A container's port is published on the loopback of the engine's machine.
//! From here a child leads to it, whose standard streams are the connection:
//!
//! - [`Means::Jump`]: `ssh -W 127.0.0.1:PORT HOST`, through the SSH server of
//!   that machine. The user's own OpenSSH configuration, agent and
//!   `known_hosts` count for that hop, and nobody is asked (`BatchMode`).
//!   OpenSSH gets a `ProxyJump`.
//! - [`Means::Program`]: a program of the caller's with the port as its last
//!   word, for machines that let nobody in but to their engine. OpenSSH gets
//!   it as `ProxyCommand`.
//!
//! What carries the connection is not believed: the container's host key is
//! pinned as ever, under a name that no port of this machine has
//! ([`HostKeyAlias`](containai_core::naming::HostKeyAlias)).

mod child;
mod knock;
mod means;

pub(crate) use knock::{IMPATIENCE, knock};
pub use means::{Detour, Means};
