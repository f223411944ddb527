//! Forwards, in OpenSSH's syntax.

use clap::Args;
use containai::OperationError;
use containai_core::hint::Hint;
use containai_core::naming::HostPort;
use containai_core::remote::{Direction, Forward};

/// Forwards, in OpenSSH's syntax.
#[derive(Clone, Debug, Args)]
pub(crate) struct ForwardSpecArgs {
    /// Forward a port or socket of this machine into the container
    #[arg(short = 'L', value_name = "[BIND:]PORT:HOST:HOSTPORT", value_parser = |text: &str| Forward::parse(Direction::Local, text))]
    local: Vec<Forward>,
    /// Forward a port or socket of the container to this machine
    #[arg(short = 'R', value_name = "[BIND:]PORT:HOST:HOSTPORT", value_parser = |text: &str| Forward::parse(Direction::Remote, text))]
    remote: Vec<Forward>,
    /// Open a SOCKS server on this machine that connects from the container
    #[arg(short = 'D', value_name = "[BIND:]PORT", value_parser = |text: &str| Forward::parse(Direction::Dynamic, text))]
    dynamic: Vec<Forward>,
}

impl ForwardSpecArgs {
    /// All forwards, at least one; `ports` are ports of the container, each forwarded from the
    /// same port of this machine.
    pub(crate) fn forwards(&self, ports: &[HostPort]) -> Result<Vec<Forward>, OperationError> {
        let given = [&self.local, &self.remote, &self.dynamic].into_iter().flatten().cloned();
        let same = |port: &HostPort| {
            Forward::parse(Direction::Local, &format!("{port}:localhost:{port}")).ok()
        };
        let all: Vec<Forward> = ports.iter().filter_map(same).chain(given).collect();
        match all.is_empty() {
            false => Ok(all),
            true => Err(OperationError::usage("nothing to forward").hint(Hint::new(
                "give at least one of `3000`, `-L 8080:localhost:80`, `-R 9000:localhost:9000`, `-D 1080`, `--auto`",
            ))),
        }
    }
}
