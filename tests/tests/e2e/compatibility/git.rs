//! git over SSH.

use std::fs;
use std::process::Command;

use super::container::{Container, output, rejects_host_key};
use super::table::Client;

#[test]
fn git_clones_and_pushes() {
    let container = Container::start("compat-git");
    let version = output(Command::new("git").arg("--version"));
    let client = Client::new("git", version.split_whitespace().nth(2).unwrap_or_default());
    container.ssh("git clone --quiet --bare ~/workspace /tmp/bare.git");
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Test", "-c", "user.email=test@localhost"]).args(args);
        git.env("GIT_SSH_COMMAND", container.shell()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        output(&mut git)
    };
    let clone = container.person.beside("clone");
    let path = clone.display().to_string();
    client.can("clone, by scp-like address", || {
        git(&["clone", "--quiet", &format!("{}:/tmp/bare.git", container.alias), &path]);
        assert_eq!(fs::read_to_string(clone.join("README")).expect("it exists"), "hello\n");
    });
    client.can("refuses any other host key", || {
        let mut git = Command::new("git");
        git.args(["-C", &path, "fetch"]).env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_SSH_COMMAND", container.shell_with_other_pins());
        rejects_host_key(git);
    });
    client.can("push and fetch, by `ssh://`", || {
        let address = format!("ssh://{}/tmp/bare.git", container.alias);
        git(&["-C", &path, "remote", "set-url", "origin", &address]);
        git(&["-C", &path, "commit", "--quiet", "--allow-empty", "--message=pushed"]);
        git(&["-C", &path, "push", "--quiet"]);
        git(&["-C", &path, "fetch", "--quiet"]);
        assert_eq!(container.ssh("git -C /tmp/bare.git log --format=%s -1"), "pushed\n");
    });
}
