//! The route to the ports of a remote engine's machine.

use std::process::Stdio;

use containai_core::naming::{HostKeyAlias, HostPort};
use tokio::process::Command;

use crate::quote;

/// The exit status of a [`ProxyKind::Command`] whose server has not started
/// yet: [`containai_core::exit::CANNOT_CONNECT`].
const NOT_YET: i32 = containai_core::exit::CANNOT_CONNECT as i32;

/// The route to the ports of a remote engine's machine.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Detour {
    /// The engine's address, for which host keys are pinned.
    pub engine: String,
    /// The kind of proxy.
    pub means: Means,
}

/// The kind of proxy that connects to the ports of a remote machine.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Means {
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
    Program(Vec<String>),
}

impl Detour {
    /// Returns the name under which the host key of a port is pinned.
    #[must_use]
    pub fn alias(&self, port: HostPort) -> HostKeyAlias {
        HostKeyAlias::elsewhere(&self.engine, port)
    }

    /// Returns the child process that connects to a port.
    pub(super) fn command(&self, port: HostPort) -> Command {
        let words = self.words(port);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        command
    }

    fn words(&self, port: HostPort) -> Vec<String> {
        let (user, host, hop) = match &self.means {
            Means::Program(words) => {
                return words.iter().cloned().chain([port.to_string()]).collect();
            }
            Means::Jump { user, host, port } => (user, host, port),
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
        match &self.means {
            Means::Jump { user, host, port } => {
                let user = user.iter().map(|user| format!("{user}@")).collect::<String>();
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                let port = port.iter().map(|port| format!(":{port}")).collect::<String>();
                format!("ProxyJump {user}{host}{port}")
            }
            Means::Program(words) => {
                let words = quote::words(words);
                let words = String::from_utf8_lossy(&words).replace('%', "%%");
                format!("ProxyCommand {words} %p")
            }
        }
    }

    /// Whether a child that exited before any output may be started again,
    /// because only the server is missing.
    pub(super) fn is_not_yet(&self, status: Option<i32>, said: &str) -> bool {
        match &self.means {
            Means::Jump { .. } => {
                // The message of `ssh -W` when the remote end of the channel
                // refuses; no message when it accepts and closes, as port
                // proxies do.
                status == Some(0) || said.is_empty() || said.contains("open failed")
            }
            Means::Program(_) => status == Some(NOT_YET),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jump(user: Option<&str>, host: &str, port: Option<u16>) -> Detour {
        let means = Means::Jump { user: user.map(str::to_owned), host: host.to_owned(), port };
        Detour { engine: "ssh://x".to_owned(), means }
    }

    #[test]
    fn one_way_for_us_and_for_openssh() -> Result<(), Box<dyn std::error::Error>> {
        let port = HostPort::new(2300)?;
        let words = ["/opt/it's/cai", "ssh", "proxy", "--docker-host", "tcp://a:1", "100%"];
        let program = Means::Program(words.map(str::to_owned).into());
        let program = Detour { engine: "tcp://a:1".to_owned(), means: program };
        let texts: Vec<_> = [jump(None, "box", None), jump(Some("me"), "::1", Some(22)), program]
            .iter()
            .map(|it| format!("{}\n{}", it.words(port).join("|"), it.directive()))
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
    fn only_a_missing_server_is_waited_for() {
        let hop = jump(None, "box", None);
        assert!(hop.is_not_yet(Some(255), "channel 0: open failed: connect failed: refused"));
        assert!(!hop.is_not_yet(Some(255), "Host key verification failed."));
        assert!(!hop.is_not_yet(Some(255), "me@box: Permission denied (publickey)."));
        let program = Detour { engine: String::new(), means: Means::Program(Vec::new()) };
        assert!(program.is_not_yet(Some(113), "x") && !program.is_not_yet(Some(111), ""));
    }
}
