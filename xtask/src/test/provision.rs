//! Prerequisites of the tests on the machine.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

/// A program that a test runs, and its Debian package. Dependencies of `cai` itself are not listed:
/// `cai setup` installs them, and the tests check that.
const REQUIRED_PROGRAMS: [(&str, &str); 22] = [
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
    ("docker-registry", "docker-registry"),
    ("tinyproxy", "tinyproxy-bin"),
];

/// The directories of administrative programs, whatever `PATH` contains.
const SYSTEM_DIRECTORIES: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The installation of an SSH server must not open a port of this machine: while the file contains
/// 101, packages start nothing (invoke-rc.d(8)).
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

/// The directory where the tests find clients from PyPI and npm, below the root of the tests, see
/// `containai_tests::TestRoot`.
const CLIENTS_DIRECTORY: &str = "/var/tmp/containai-tests-0/clients";

/// The files below it when the installation is complete.
const CLIENT_FILES: [&str; 6] = [
    "python/bin/ansible",
    "python/lib/python3/paramiko",
    "python/lib/python3/asyncssh",
    "node/node_modules/ssh2",
    "node/node_modules/@devcontainers/cli",
    "node/node_modules/@agentclientprotocol/sdk",
];

/// The link gives the libraries a path without Python's version.
const INSTALL_CLIENTS: &str = "\
set -e
umask 022
mkdir -p \"$1/node\"
/usr/bin/python3 -m venv --clear \"$1/python\"
\"$1/python/bin/python\" -m pip install --quiet paramiko asyncssh ansible-core
for packages in \"$1\"/python/lib/python3.*/site-packages; do
    ln -sfn \"$packages\" \"$1/python/lib/python3\"
done
npm install --prefix \"$1/node\" --omit=optional --ignore-scripts --no-audit --no-fund --silent ssh2 @devcontainers/cli @agentclientprotocol/sdk zod
";

/// Installs what is missing.
pub(crate) fn provision() -> anyhow::Result<()> {
    let is_missing = |program: &str| {
        let found = |directory: &&str| Path::new(directory).join(program).exists();
        !SYSTEM_DIRECTORIES.iter().any(found)
    };
    let mut packages: Vec<_> = REQUIRED_PROGRAMS
        .into_iter()
        .filter(|(program, _)| is_missing(program))
        .map(|need| need.1)
        .collect();
    packages.dedup();
    if !packages.is_empty() {
        println!("==> provision: {}", packages.join(", "));
        as_root(INSTALL, &packages)?;
    }
    if !CLIENT_FILES.iter().all(|path| Path::new(CLIENTS_DIRECTORY).join(path).exists()) {
        println!("==> provision: clients of Python and Node below `{CLIENTS_DIRECTORY}`");
        as_root(INSTALL_CLIENTS, &[CLIENTS_DIRECTORY])?;
    }
    Ok(())
}

/// Runs a shell script as root, by sudo if necessary.
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
