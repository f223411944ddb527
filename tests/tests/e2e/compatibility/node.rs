//! npm's `ssh2`, which editors and CI tools embed.

use super::container::{Container, outcome, output};
use super::installed::{node, script};
use super::table::Client;

#[test]
fn ssh2_connects() {
    let container = Container::start("compat-ssh2");
    let show = "console.log(require('ssh2/package.json').version)";
    let client = Client::new("ssh2 (npm)", output(node().args(["-e", show])).trim());
    let call = |feature: &str, pins: &std::path::Path| {
        let mut command = node();
        command.arg(script("ssh2_client.js")).args([feature, &container.alias]);
        command.arg(container.fragment()).arg(pins);
        outcome(command, b"")
    };
    for (feature, title) in [
        ("exec", "output, binary stdin and exit status"),
        ("shell", "shell on a terminal"),
        ("sftp", "SFTP both ways"),
        ("forward", "forwarded connection"),
    ] {
        client.can(title, || {
            call(feature, &container.known_hosts()).success().prints("ok\n");
        });
    }
    client.can("refuses any other host key", || {
        call("exec", &container.other_known_hosts()).code(114);
    });
}
