//! The command lines of apt.

use super::command::HostCommand;

/// Time that apt waits for another package manager, in seconds.
const LOCK_TIMEOUT: &str = "DPkg::Lock::Timeout=300";

/// Returns the command that updates the package lists.
pub(super) fn update() -> HostCommand {
    HostCommand::new("apt-get", &["-q", "-o", LOCK_TIMEOUT, "update"])
}

/// Returns the command that installs packages without their recommendations. It fails if a package
/// of the user would have to be removed, keeps configuration files that the user has changed, and
/// gives dpkg no terminal.
pub(super) fn install<S: AsRef<str>>(names: &[S]) -> HostCommand {
    HostCommand::new("apt-get", &["-q", "-y", "--no-install-recommends", "--no-remove"])
        .args(["-o", LOCK_TIMEOUT, "-o", "Dpkg::Use-Pty=0"])
        .args(["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"])
        .args(["install"])
        .args(names.iter().map(AsRef::as_ref))
}
