//! Agent sessions: runs of an agent under tmux in the container, which outlive their connection.
//!
//! A session is started by [`start_agent`](crate::session::start_agent). The commands here find it
//! by its record in the container, which is hostile: its size is limited, and its texts are escaped
//! before they are printed.

mod attach;
mod captured;
mod control;
mod list;
mod notify;

pub use attach::{AttachOutcome, attach};
pub use control::{SendMode, WaitOutcome, logs, remove, send, stop, wait};
pub use list::list;
pub use notify::notify;
