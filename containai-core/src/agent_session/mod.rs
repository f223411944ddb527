//! Agent sessions: runs of an agent that outlive the connection that started them.
//!
//! A container has a record of each session, written by its runner there. The agent can write it
//! too, so it is read as hostile: [`parse_list`] accepts what is well-formed and short, and skips
//! the rest.

mod list;
mod record;
mod running;
mod selection;

pub use list::parse_list;
pub use record::{
    AgentSession, AgentSessionEnd, AgentSessionMode, AgentSessionStart, AgentSessionState,
};
pub use running::running_sessions;
pub use selection::{AgentSessionSelection, select_session};
