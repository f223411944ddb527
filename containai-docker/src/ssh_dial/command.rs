//! The `ssh` command line.

use std::process::Stdio;

use tokio::process::Command;

use crate::ssh_host::SshHost;

/// Returns the command whose standard streams are a connection to the engine of a host.
pub(super) fn command(host: &SshHost) -> Command {
    let mut command = Command::new("ssh");
    command.args(args(host));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

fn args(host: &SshHost) -> Vec<String> {
    let mut words: Vec<String> =
        ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30"].map(str::to_owned).into();
    for (option, value) in
        [("-l", host.user.clone()), ("-p", host.port.map(|port| port.to_string()))]
    {
        words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
    }
    words.extend(["--".to_owned(), host.host.clone()]);
    let socket =
        host.socket.as_ref().map(|path| shell_quote(&format!("unix://{}", path.display())));
    words.push(match socket {
        None => "docker system dial-stdio".to_owned(),
        Some(socket) => format!("docker --host {socket} system dial-stdio"),
    });
    words
}

/// Quotes a word for an unknown shell, relying only on `'`.
fn shell_quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str) -> String {
        args(&SshHost::parse(address).expect("an address")).join("|")
    }

    #[test]
    fn address_parts_are_never_options() {
        insta::assert_snapshot!(check("box"), @"-T|-o|BatchMode=yes|-o|ConnectTimeout=30|--|box|docker system dial-stdio");
        insta::assert_snapshot!(check("me@[::1]:2222/run/it's.sock"), @r"-T|-o|BatchMode=yes|-o|ConnectTimeout=30|-l|me|-p|2222|--|::1|docker --host 'unix:///run/it'\''s.sock' system dial-stdio");
    }
}
