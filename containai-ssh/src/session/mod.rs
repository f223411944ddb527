//! Native SSH sessions.

mod agent_loan;
mod captured;
mod connect;
mod conversation;
mod exec;
mod gate;
mod input;
mod outcome;
mod output;
mod quickack;
mod raw_mode;
mod replies;
mod request;
mod signals;
mod stdio;
mod terminal;
mod ways;

pub(crate) use connect::Login;
pub(crate) use output::Sink;
pub(crate) use raw_mode::RawMode;
pub(crate) use request::Request;
pub(crate) use signals::{Name, Wish, Wishes};

pub use captured::Captured;
pub use connect::Session;
pub use input::Input;
pub use outcome::ExitOutcome;
pub use output::Output;
pub use raw_mode::restore_terminal;
pub use signals::Signals;
pub use stdio::Stdio;
pub use terminal::{Size, Terminal};
