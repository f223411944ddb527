//! SSH access to system containers: pinned host keys, the host's OpenSSH
//! configuration, and native sessions, also with any other host.
//!
//! Features:
//!
//! - One ed25519 key pair opens every container of a user ([`KeyPair`]).
//! - A container's host key is pinned before the first connection
//!   ([`KnownHosts`]). Any other key is refused; nothing is trusted on first
//!   use.
//! - Plain `ssh containai-<name>` works, and with it `scp`, `sftp`, `rsync` and
//!   `git` ([`HostBlock`], [`mod@include`]).
//! - [`SshRemote`] waits for a container's SSH server, authenticates both sides
//!   and returns a [`Session`], which runs any number of [`Command`]s in
//!   sequence, with or without a terminal.
//! - A [`Tunnel`] forwards ports and Unix sockets in both directions, and is a
//!   SOCKS proxy. Its local listeners outlive a session that fails.
//! - A session forwards the user's SSH agent on request
//!   ([`SshRemote::with_agent`]).
//! - [`mux::MuxClient`] shares connections between successive commands, so that
//!   the next one costs a channel instead of a handshake.
//! - An [`SshServer`] is any other host: a name, a port, a user and a pinned
//!   key, over TCP or over any byte stream, such as that of a child process
//!   ([`Transport::over`]).
//! - Files and trees are copied in both directions ([`transfer`]).
//!
//! Limits:
//!
//! - Only ed25519 keys are supported, for servers and users, and only without a
//!   passphrase. There are no jump hosts and no OpenSSH control sockets; a
//!   transport may use either ([`Transport::over`]).
//! - The user's OpenSSH configuration is not read; one `Include` is added to
//!   it.
//! - A command runs at most once. A connection that fails later is an error,
//!   because the progress of the command is unknown.
//! - A command is a line for the remote user's shell, as in the protocol (RFC
//!   4254 §6.5). [`quote`] passes every word unchanged.
//! - Requests of a server to the client (forwarded ports, agents, X11) are
//!   refused unless they were allowed before: the server is as untrusted as the
//!   container that it runs in.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use containai_core::layout::Layout;
//! use containai_core::naming::HostPort;
//! use containai_core::remote::Remote;
//! use containai_ssh::{Command, SshRemote, Stdio, Terminal};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let remote = SshRemote::new(Layout::new(Path::new("/home/me"), None, None));
//! let port = HostPort::new(2300)?;
//! let session = remote.authenticate(remote.wait_ready(port).await?, port).await?;
//! let command = Command::new(["git", "status"])?;
//! let outcome = session.exec(&command, Terminal::None, Stdio::inherit()).await?;
//! std::process::exit(outcome.code().into());
//! # }
//! ```

#![deny(missing_docs)]

mod command;
mod config_file;
mod connector;
mod env_vars;
mod files;
mod forward;
mod host_block;
mod identity;
pub mod include;
mod key;
mod known_hosts;
pub mod mux;
mod openssh_listener;
pub mod port;
mod port_in_use;
mod proxy;
pub mod quote;
mod readiness;
mod remote;
mod server;
mod session;
mod stale_entries;
mod terminal_type;
pub mod transfer;
mod transport;
mod tunnel;
mod wrapper;

pub use command::{Command, CommandError, JOURNAL_IDENTIFIER, LaunchMode};
pub use config_file::SshConfigFile;
pub use connector::ProxyConnector;
pub use env_vars::{ENV_PAYLOAD_VAR, EnvVars, EnvVarsError};
pub use files::IncludeState;
pub use forward::ForwardWarning;
pub use host_block::{ClientOptions, ForwardAgent, HostBlock, HostBlockError};
pub use identity::SshIdentity;
pub use key::{KeyError, KeyPair};
pub use known_hosts::KnownHosts;
pub use openssh_listener::OpenSshListener;
pub use proxy::{ProxyKind, ProxyRoute};
pub use remote::{PortReservation, SshRemote};
pub use server::SshServer;
pub use session::{
    Captured, CommandControl, ControlReceiver, ExitOutcome, HeldStreams, Input, Output, Session,
    Signal, Signals, Stdio, StreamGate, TERMINAL_VARIABLES, Terminal, TerminalSize,
    restore_terminal,
};
pub use stale_entries::{EngineContainers, StaleEntries};
pub use terminal_type::TerminalType;
pub use transport::Transport;
pub use tunnel::Tunnel;
pub use wrapper::OnDisconnect;

/// The target of this crate's `tracing` spans and events: connections and
/// commands, without command lines, variables and data.
pub const LOG_TARGET: &str = "containai::ssh";

/// Compiles the README's examples with the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
