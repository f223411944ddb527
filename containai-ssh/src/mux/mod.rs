//! One connection, many commands.
//!
//! A small process of the user, the broker, keeps authenticated connections
//! for a while after their command has ended. The next command for the same
//! container borrows one and costs a channel instead of a handshake. The
//! broker runs the command with the borrower's own streams, which come over its
//! socket; terminal and signals stay with the borrower.
//!
//! - A connection carries one command at a time: on one that carries several, a
//!   reader that does not keep up stalls them all.
//! - A connection belongs to a [`Target`] and is lent for an equal one only, and
//!   only while the target's host key is the pinned one.
//! - A command is sent once. Until the borrower has heard that a channel is open
//!   it may go its own way; the words of the command go to the broker after
//!   that, and then there is no way back.
//! - Who does not know the target yet may ask for what was lent last on the same
//!   occasion, and gets an [`Offer`]: it is taken by whoever learns meanwhile
//!   that the target is the one meant, else given back with nothing run.
//! - A connection keeps the login that it was made with: groups that the user
//!   was given inside since then count on a new one only.
//! - Everything about it may fail: who wants to borrow and cannot opens a
//!   connection of its own.
//!
//! # Security
//!
//! The socket has mode 0600 in a directory of mode 0700, and both ends look at
//! the user id of the other (unix(7), `SO_PEERCRED`).

mod attend;
mod broker;
mod codec;
mod hand_over;
mod hello;
mod lease;
mod memory;
mod offer;
mod place;
mod pool;
mod presence;
mod reply;
mod sharing;
mod start;
mod target;
mod way;
mod wire;

pub use broker::{Ended, detach, serve};
pub use lease::Lease;
pub use offer::Offer;
pub use sharing::{NoLease, Sharing};
pub use target::Target;
pub use way::Way;
