//! What the tests need of the machine.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

/// A program that a test runs, and Debian's package of it. What `cai` itself
/// needs is not here: `cai setup` installs that, and the tests see it do so.
const NEEDS: [(&str, &str); 20] = [
    ("git", "git"),
    ("ssh", "openssh-client"),
    ("sshd", "openssh-server"),
    ("rsync", "rsync"),
    ("openssl", "openssl"),
    ("ip", "iproute2"),
    ("iptables", "iptables"),
    ("busybox", "busybox-static"),
    ("setpriv", "util-linux"),
    ("ps", "procps"),
    ("tar", "tar"),
    ("curl", "curl"),
    ("zsh", "zsh"),
    ("fish", "fish"),
    ("pip3", "python3-pip"),
    ("sshfs", "sshfs"),
    ("python3", "python3-venv"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("jq", "jq"),
];

/// Where administration's programs are, whatever `PATH` says.
const SYSTEM: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Installing an SSH server is not meant to open a port of this machine: while
/// the file says 101, packages start nothing (invoke-rc.d(8)).
const INSTALL: &str = "\
set -e
export DEBIAN_FRONTEND=noninteractive
if ! [ -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
install() { apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 \"$@\"; }
install \"$@\" || { apt-get update -q; install \"$@\"; }
";

/// Where the tests find clients that come from PyPI and npm; below the tests'
/// place, as `containai_tests::Place` has it.
const PLACE: &str = "/var/tmp/containai-tests-0/clients";

/// What is below it when all of it is there.
const CLIENTS: [&str; 5] = [
    "python/bin/ansible",
    "python/lib/python3/paramiko",
    "python/lib/python3/asyncssh",
    "node/node_modules/ssh2",
    "node/node_modules/@devcontainers/cli",
];

/// The link gives the libraries a path without Python's version in it.
const INSTALL_CLIENTS: &str = "\
set -e
umask 022
mkdir -p \"$1/node\"
/usr/bin/python3 -m venv --clear \"$1/python\"
\"$1/python/bin/python\" -m pip install --quiet paramiko asyncssh ansible-core
for packages in \"$1\"/python/lib/python3.*/site-packages; do
    ln -sfn \"$packages\" \"$1/python/lib/python3\"
done
npm install --prefix \"$1/node\" --omit=optional --ignore-scripts --no-audit --no-fund --silent ssh2 @devcontainers/cli
";

/// Installs what is missing; does nothing when nothing is.
pub(crate) fn provision() -> anyhow::Result<()> {
    let is_missing = |program: &str| {
        let found = |directory: &&str| Path::new(directory).join(program).exists();
        !SYSTEM.iter().any(found)
    };
    let mut packages: Vec<_> =
        NEEDS.into_iter().filter(|(program, _)| is_missing(program)).map(|need| need.1).collect();
    packages.dedup();
    if !packages.is_empty() {
        println!("==> provision: {}", packages.join(", "));
        as_root(INSTALL, &packages)?;
    }
    if !CLIENTS.iter().all(|path| Path::new(PLACE).join(path).exists()) {
        println!("==> provision: clients of Python and Node below `{PLACE}`");
        as_root(INSTALL_CLIENTS, &[PLACE])?;
    }
    Ok(())
}

/// Runs a script of the shell, as root by sudo if need be.
fn as_root(script: &str, args: &[&str]) -> anyhow::Result<()> {
    let mut command = match nix::unistd::geteuid().is_root() {
        true => Command::new("sh"),
        false => {
            let mut sudo = Command::new("sudo");
            sudo.arg("sh");
            sudo
        }
    };
    let command = command.args(["-c", script, "provision"]).args(args);
    let status = command.status().with_context(|| format!("cannot install {}", args.join(", ")))?;
    anyhow::ensure!(status.success(), "cannot install {} ({status})", args.join(", "));
    Ok(())
}
