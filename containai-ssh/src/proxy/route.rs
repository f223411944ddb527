//! The route to the ports of a remote engine's machine.

use std::process::Stdio;

use containai_core::naming::{HostKeyAlias, HostPort};
use tokio::process::Command;

use crate::quote;

/// The exit status of a [`ProxyKind::Command`] whose server has not started
/// yet: [`containai_core::exit::CANNOT_CONNECT`].
const NOT_READY_STATUS: i32 = containai_core::exit::CANNOT_CONNECT as i32;

/// The route to the ports of a remote engine's machine.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ProxyRoute {
    /// The engine's address, for which host keys are pinned.
    pub engine: String,
    /// The kind of proxy.
    pub kind: ProxyKind,
}

/// The kind of proxy that connects to the ports of a remote machine.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ProxyKind {
    /// The SSH server of that machine.
    Jump {
        /// The user; `None` uses the user's OpenSSH configuration.
        user: Option<String>,
        /// The host name for `ssh`, which is neither an option nor contains
        /// blanks.
        host: String,
        /// The port; `None` uses the user's OpenSSH configuration.
        port: Option<u16>,
    },
    /// A program and its arguments; the port is appended as the last one.
    ///
    /// Its standard streams are the connection. If it exits before any output,
    /// it reports the reason on stderr; exit status 113 means that the server
    /// has not started yet, and that the program may be run again.
    Command(Vec<String>),
}

impl ProxyRoute {
    /// Returns the name under which the host key of a port is pinned.
    #[must_use]
    pub fn host_key_alias(&self, port: HostPort) -> HostKeyAlias {
        HostKeyAlias::remote(&self.engine, port)
    }

    /// Returns the child process that connects to a port.
    pub(super) fn spawn_command(&self, port: HostPort) -> Command {
        let words = self.argv(port);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        command
    }

    fn argv(&self, port: HostPort) -> Vec<String> {
        let (user, host, hop) = match &self.kind {
            ProxyKind::Command(words) => {
                return words.iter().cloned().chain([port.to_string()]).collect();
            }
            ProxyKind::Jump { user, host, port } => (user, host, port),
        };
        let target = format!("127.0.0.1:{port}");
        let fixed = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-W", &target];
        let mut words: Vec<String> = fixed.map(str::to_owned).into();
        for (option, value) in [("-l", user.clone()), ("-p", hop.map(|hop| hop.to_string()))] {
            words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
        }
        words.extend(["--".to_owned(), host.clone()]);
        words
    }

    /// Returns the directive of ssh_config(5) for the same route.
    ///
    /// `%` is doubled, because OpenSSH expands tokens in it.
    pub(crate) fn directive(&self) -> String {
        match &self.kind {
            ProxyKind::Jump { user, host, port } => {
                let user = user.iter().map(|user| format!("{user}@")).collect::<String>();
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                let port = port.iter().map(|port| format!(":{port}")).collect::<String>();
                format!("ProxyJump {user}{host}{port}")
            }
            ProxyKind::Command(words) => {
                let words = quote::words(words);
                let words = String::from_utf8_lossy(&words).replace('%', "%%");
                format!("ProxyCommand {words} %p")
            }
        }
    }

    /// Whether a child that exited before any output may be started again,
    /// because only the server is missing.
    pub(super) fn is_not_ready(&self, status: Option<i32>, said: &str) -> bool {
        match &self.kind {
            ProxyKind::Jump { .. } => {
                // The message of `ssh -W` when the remote end of the channel
                // refuses; no message when it accepts and closes, as port
                // proxies do.
                status == Some(0) || said.is_empty() || said.contains("open failed")
            }
            ProxyKind::Command(_) => status == Some(NOT_READY_STATUS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jump_route(user: Option<&str>, host: &str, port: Option<u16>) -> ProxyRoute {
        let means = ProxyKind::Jump { user: user.map(str::to_owned), host: host.to_owned(), port };
        ProxyRoute { engine: "ssh://x".to_owned(), kind: means }
    }

    #[test]
    fn argv_and_directive_take_the_same_route() -> Result<(), Box<dyn std::error::Error>> {
        let port = HostPort::new(2300)?;
        let words = ["/opt/it's/cai", "ssh", "proxy", "--docker-host", "tcp://a:1", "100%"];
        let program = ProxyKind::Command(words.map(str::to_owned).into());
        let program = ProxyRoute { engine: "tcp://a:1".to_owned(), kind: program };
        let texts: Vec<_> =
            [jump_route(None, "box", None), jump_route(Some("me"), "::1", Some(22)), program]
                .iter()
                .map(|it| format!("{}\n{}", it.argv(port).join("|"), it.directive()))
                .collect();
        insta::assert_snapshot!(texts.join("\n"), @r#"
        ssh|-o|BatchMode=yes|-o|ConnectTimeout=30|-W|127.0.0.1:2300|--|box
        ProxyJump box
        ssh|-o|BatchMode=yes|-o|ConnectTimeout=30|-W|127.0.0.1:2300|-l|me|-p|22|--|::1
        ProxyJump me@[::1]:22
        /opt/it's/cai|ssh|proxy|--docker-host|tcp://a:1|100%|2300
        ProxyCommand '/opt/it'\''s/cai' 'ssh' 'proxy' '--docker-host' 'tcp://a:1' '100%%' %p
        "#);
        Ok(())
    }

    #[test]
    fn only_a_missing_server_is_retried() {
        let hop = jump_route(None, "box", None);
        assert!(hop.is_not_ready(Some(255), "channel 0: open failed: connect failed: refused"));
        assert!(!hop.is_not_ready(Some(255), "Host key verification failed."));
        assert!(!hop.is_not_ready(Some(255), "me@box: Permission denied (publickey)."));
        let program = ProxyRoute { engine: String::new(), kind: ProxyKind::Command(Vec::new()) };
        assert!(program.is_not_ready(Some(113), "x") && !program.is_not_ready(Some(111), ""));
    }
}
