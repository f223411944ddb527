//! Native SSH sessions.

mod agent_forwarding;
mod captured;
mod channels;
mod client_handler;
mod connect;
mod control;
mod exec;
mod input;
mod outcome;
mod output;
mod pending_agent;
mod quickack;
mod raw_mode;
mod replies;
mod request;
mod signals;
mod stdio;
mod stdio_pump;
mod stream_gate;
mod terminal;

pub(crate) use connect::Login;
pub(crate) use output::OutputSink;
pub(crate) use raw_mode::RawMode;
pub(crate) use request::ExecRequest;
pub(crate) use signals::{ForwardedSignal, SignalAction, SignalSource};

pub use captured::Captured;
pub use connect::Session;
pub use control::{CommandControl, ControlReceiver, Signal};
pub use input::Input;
pub use outcome::ExitOutcome;
pub use output::Output;
pub use raw_mode::restore_terminal;
pub use signals::Signals;
pub use stdio::Stdio;
pub use stream_gate::{HeldStreams, StreamGate};
pub use terminal::{TERMINAL_VARIABLES, Terminal, TerminalSize};
