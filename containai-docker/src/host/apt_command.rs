//! The command lines of apt.

use super::command::HostCommand;

/// Time that apt waits for another package manager, in seconds.
const LOCK_TIMEOUT: &str = "DPkg::Lock::Timeout=300";

/// Returns the command that updates the package lists.
pub(super) fn update() -> HostCommand {
    HostCommand::new("apt-get", &["-q", "-o", LOCK_TIMEOUT, "-o", "APT::Status-Fd=1", "update"])
}

/// Returns the command that installs packages without their recommendations.
pub(super) fn install<S: AsRef<str>>(names: &[S]) -> HostCommand {
    let options = ["-q", "-y", "--no-install-recommends"];
    HostCommand::new("apt-get", &options)
        // The command's standard output is a pipe, so dpkg gets no terminal, and apt's status lines
        // (README.progress-reporting) appear between its output.
        .args(["-o", LOCK_TIMEOUT, "-o", "Dpkg::Use-Pty=0", "-o", "APT::Status-Fd=1"])
        .args(["install"])
        .args(names.iter().map(AsRef::as_ref))
}
