//! Connections to containers of a remote engine.
//!
//! A container's port is published on the loopback interface of the engine's
//! machine. A child process connects to it; its standard streams are the
//! connection:
//!
//! - [`ProxyKind::Jump`]: `ssh -W 127.0.0.1:PORT HOST`, through the SSH server
//!   of that machine. The user's OpenSSH configuration, agent and `known_hosts`
//!   apply to this jump host, without prompts (`BatchMode`). OpenSSH uses
//!   `ProxyJump`.
//! - [`ProxyKind::Command`]: a program of the caller with the port as its last
//!   argument, for machines that expose only their engine. OpenSSH uses
//!   `ProxyCommand`.
//!
//! The proxy is not trusted: the container's host key is pinned under a name
//! that no port of this machine has
//! ([`HostKeyAlias`](containai_core::naming::HostKeyAlias)).

mod proxy_stream;
mod readiness;
mod route;

pub(crate) use readiness::{SHORT_TIMEOUT, wait_ready};
pub use route::{ProxyKind, ProxyRoute};
