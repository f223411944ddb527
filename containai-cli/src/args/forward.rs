//! Forwards, in OpenSSH's syntax.

use clap::Args;
use containai::OperationError;
use containai_core::hint::Hint;
use containai_core::remote::{Direction, Forward, ForwardError};

/// Forwards, in OpenSSH's syntax.
#[derive(Clone, Debug, Args)]
pub(crate) struct ForwardSpecArgs {
    /// Forward a port or socket of this machine into the container
    #[arg(short = 'L', value_name = "[BIND:]PORT:HOST:HOSTPORT", value_parser = parse_local)]
    local: Vec<Forward>,
    /// Forward a port or socket of the container to this machine
    #[arg(short = 'R', value_name = "[BIND:]PORT:HOST:HOSTPORT", value_parser = parse_remote)]
    remote: Vec<Forward>,
    /// Open a SOCKS server on this machine that connects from the container
    #[arg(short = 'D', value_name = "[BIND:]PORT", value_parser = parse_dynamic)]
    dynamic: Vec<Forward>,
}

impl ForwardSpecArgs {
    /// All forwards, at least one.
    pub(crate) fn forwards(&self) -> Result<Vec<Forward>, OperationError> {
        let all: Vec<Forward> =
            [&self.local, &self.remote, &self.dynamic].into_iter().flatten().cloned().collect();
        match all.is_empty() {
            false => Ok(all),
            true => Err(OperationError::usage("nothing to forward").hint(Hint::new(
                "give at least one of `-L 8080:localhost:80`, `-R 9000:localhost:9000`, `-D 1080`",
            ))),
        }
    }
}

fn parse_local(text: &str) -> Result<Forward, ForwardError> {
    Forward::parse(Direction::Local, text)
}

fn parse_remote(text: &str) -> Result<Forward, ForwardError> {
    Forward::parse(Direction::Remote, text)
}

fn parse_dynamic(text: &str) -> Result<Forward, ForwardError> {
    Forward::parse(Direction::Dynamic, text)
}
