//! How ContainAI gets into a system container: pinned host keys, the OpenSSH
//! configuration of the host, and native sessions, with any other host too.
//!
//! What it does:
//!
//! - One ed25519 key pair opens every container of a user ([`KeyPair`]).
//! - A container's host key is pinned before the first connection
//!   ([`KnownHosts`]); nothing is ever trusted on first use, and no other key
//!   than the pinned one is accepted.
//! - Plain `ssh containai-<name>` works, and with it `scp`, `sftp`, `rsync` and
//!   `git` ([`HostBlock`], [`mod@include`]).
//! - [`SshRemote`] waits for a container's SSH server, authenticates both sides
//!   and gives a [`Session`], on which any number of [`Command`]s run one after
//!   another, with or without a terminal.
//! - A [`Tunnel`] leads ports and Unix sockets through a session, both ways,
//!   and speaks SOCKS; its local ends outlive a session that breaks.
//! - A session lends the user's SSH agent where that is wanted
//!   ([`SshRemote::with_agent`]).
//! - [`mux::Sharing`] lends connections to commands that follow each other, so
//!   that the next one costs a channel instead of a handshake.
//! - A [`Host`] is any other SSH server: a name, a port, a user and a pinned
//!   key give a [`Session`] as well, over TCP or over any byte stream, such as
//!   a child process's ([`Door::over`]).
//! - Files and trees are copied both ways ([`transfer`]).
//!
//! What it does not do:
//!
//! - It takes no other keys than ed25519 ones, of servers and of users, and
//!   reads no key that has a passphrase. It has no jump hosts and no OpenSSH
//!   control sockets; what leads through one can carry a connection
//!   ([`Door::over`]).
//! - It does not read the user's OpenSSH configuration; it only adds one
//!   `Include` to it.
//! - It runs a command at most once. A connection that breaks later is an
//!   error, because nobody can know how far the command came.
//! - A command is a line for the remote user's shell, as the protocol has it
//!   (RFC 4254 §6.5). [`quote`] makes sure that every word arrives as it was
//!   given.
//! - Whatever a server asks of the client (forwarded ports, agents, X11) is
//!   refused unless it was granted before: the server is as untrusted as the
//!   container it runs in.
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
//! let session = remote.open(remote.knock(port).await?, port).await?;
//! let command = Command::new(["git", "status"])?;
//! let outcome = session.exec(&command, Terminal::None, Stdio::inherit()).await?;
//! std::process::exit(outcome.code().into());
//! # }
//! ```

#![deny(missing_docs)]

mod command;
mod detour;
mod door;
mod files;
mod forward;
mod fragment;
mod host;
mod host_block;
mod identity;
pub mod include;
mod key;
mod known_hosts;
mod leftovers;
mod listening;
pub mod mux;
pub mod port;
pub mod quote;
mod remote;
mod session;
pub mod transfer;
mod variables;
mod wait;

pub use command::{Command, CommandError, JOURNAL, Launch};
pub use detour::{Detour, Means};
pub use door::Door;
pub use forward::{Notice, Tunnel};
pub use fragment::Fragment;
pub use host::Host;
pub use host_block::{ForwardAgent, HostBlock, HostBlockError, Wishes};
pub use identity::Identity;
pub use key::{KeyError, KeyPair};
pub use known_hosts::KnownHosts;
pub use leftovers::{Leftovers, Witness};
pub use remote::{Reservation, SshRemote};
pub use session::{
    Captured, ExitOutcome, Input, Output, Session, Signals, Size, Stdio, Terminal, restore_terminal,
};
pub use variables::{CARRIER, Variables, VariablesError};

/// The keys and formats of SSH, where upstream merged the former `russh-keys`.
pub use russh::keys as russh_keys;

/// The README's program is compiled with the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
