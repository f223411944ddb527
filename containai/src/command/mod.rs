//! Commands in a sandbox, after [`std::process`] and [`tokio::process`].

mod builder;
mod child;
mod exit_status;
mod output;
mod stdio;

pub use builder::Command;
pub use child::Child;
pub use exit_status::ExitStatus;
pub use output::CommandOutput;
pub use stdio::{ChildStderr, ChildStdin, ChildStdout, Stdio};
