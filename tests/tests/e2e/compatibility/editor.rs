//! The start of VS Code's Remote-SSH: `ssh -T -D PORT HOST bash` with a script on stdin, and marker
//! lines on stdout that it waits for. A banner, a prompt or an echo between them would be read as
//! an answer.

use std::time::Duration;

use containai_tests::{Running, wait_until};

use super::container::Container;
use super::forwards::{banner_through_socks, free_port};
use super::table::Client;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The editor's script: it prints a start marker and a description of the machine, unpacks a server
/// from stdin and prints the address where it listens.
const SCRIPT: &str = "\
echo \"6bf1d4: running\"
mkdir -p \"$HOME/.vscode-server/bin\" && cd \"$HOME/.vscode-server\"
printf '#!/bin/sh\\nwhile :; do sleep 1; done\\n' > bin/server && chmod 755 bin/server
nohup bin/server > log 2>&1 < /dev/null &
SERVER=$!
kill -0 $SERVER && STARTED=yes
echo \"6bf1d4: start\"
echo \"platform==$(uname -s)==\"
echo \"SSH_AUTH_SOCK==$SSH_AUTH_SOCK==\"
echo \"started==$STARTED==\"
echo \"listeningOn==22==\"
echo \"6bf1d4: end\"
";

const MARKED: &str = "\
6bf1d4: running
6bf1d4: start
platform==Linux==
SSH_AUTH_SOCK==/run/containai/agent.sock==
started==yes==
listeningOn==22==
6bf1d4: end
";

#[test]
fn editor_starts_its_server() {
    let container = Container::start("compat-editor");
    let client = Client::new("VS Code Remote-SSH", "its way of starting `ssh`");
    for shell in ["bash", "sh"] {
        client.can(&format!("script on stdin of `{shell}`, marker lines, `-D`"), || {
            let port = free_port();
            let mut command = container.person.openssh("ssh");
            command.args(["-T", "-D", &port.to_string(), "-oConnectTimeout=15"]);
            command.args([&container.alias, shell]);
            let mut running = Running::start(command, TIMEOUT);
            running.write_stdin(SCRIPT);
            wait_until(TIMEOUT, "the end is marked", || {
                running.stdout().contains(": end\n").then_some(())
            });
            assert_eq!(banner_through_socks(port).as_deref(), Some("SSH-2.0-"));
            running.outcome().success().prints(MARKED);
            // The server runs on after the session.
            let count = container.ssh("pgrep -fc 'bin/server$'");
            assert_eq!(count.trim(), "1");
            container.ssh("pkill -f 'bin/server$'; true");
        });
    }
}
