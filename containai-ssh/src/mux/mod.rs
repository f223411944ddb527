//! Connection sharing: one connection, many commands.
//!
//! The mux daemon is a small process of the user that keeps authenticated
//! connections for a while after their command has ended. The next command for
//! the same container leases one, and costs a channel instead of a handshake.
//! The daemon runs the command with the client's own streams, which are passed
//! over its socket; the client handles the terminal and signals.
//!
//! - A connection runs one command at a time: on one that runs several, a slow
//!   reader stalls them all.
//! - A connection belongs to a [`Target`]. It is leased for an equal target
//!   only, and only while the target's host key is the pinned one.
//! - A command is sent once. Until the client knows that a channel is open it
//!   may use a dedicated connection instead; after that, the command is sent to
//!   the daemon and is final.
//! - A client that does not know the target yet may prefetch a connection to
//!   the last target of a cache key ([`PrefetchedConnection`]). It uses the
//!   connection if the target is the right one, or returns it unused.
//! - A connection keeps its login: new group memberships in the container take
//!   effect in new connections.
//! - Everything here may fail: the client then opens a dedicated connection.
//!
//! # Security
//!
//! The socket has mode 0600 in a directory of mode 0700, and both ends check
//! the user id of the peer (unix(7), `SO_PEERCRED`).

mod activity;
mod client;
mod codec;
mod connection;
mod daemon;
mod daemon_state;
mod fd_passing;
mod handshake;
mod lease;
mod message_socket;
mod pool;
mod prefetch;
mod recent_targets;
mod reply;
mod serve_client;
mod socket;
mod start;
mod target;

pub use client::{LeaseError, MuxClient};
pub use connection::Connection;
pub use daemon::{MuxExit, daemonize, serve};
pub use lease::Lease;
pub use prefetch::PrefetchedConnection;
pub use target::Target;
