//! What the tests need of the machine.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

/// A program that a test runs, and Debian's package of it. What `cai` itself
/// needs is not here: `cai setup` installs that, and the tests see it do so.
const NEEDS: [(&str, &str); 14] = [
    ("git", "git"),
    ("ssh", "openssh-client"),
    ("sshd", "openssh-server"),
    ("rsync", "rsync"),
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

/// Installs what is missing; does nothing when nothing is.
pub(super) fn provision() -> anyhow::Result<()> {
    let is_missing = |program: &str| {
        let found = |directory: &&str| Path::new(directory).join(program).exists();
        !SYSTEM.iter().any(found)
    };
    let mut packages: Vec<_> =
        NEEDS.into_iter().filter(|(program, _)| is_missing(program)).map(|need| need.1).collect();
    packages.dedup();
    if packages.is_empty() {
        return Ok(());
    }
    println!("==> provision: {}", packages.join(", "));
    let mut command = match nix::unistd::geteuid().is_root() {
        true => Command::new("sh"),
        false => {
            let mut sudo = Command::new("sudo");
            sudo.arg("sh");
            sudo
        }
    };
    let command = command.args(["-c", INSTALL, "install"]).args(&packages);
    let status = command.status().context("cannot start the package manager")?;
    anyhow::ensure!(status.success(), "cannot install {} ({status})", packages.join(", "));
    Ok(())
}
