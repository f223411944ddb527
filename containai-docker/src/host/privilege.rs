//! Access of this process to root privileges.

use nix::unistd::{Uid, User};

use super::command::{HostCommand, find_program};

/// Access of this process to root privileges.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Privilege {
    /// The process runs as root.
    Root,
    /// sudo(8) works without a password.
    Sudo,
    /// sudo(8) is installed and asks for a password.
    SudoWithPassword,
    /// sudo(8) is not installed.
    None,
}

impl Privilege {
    /// Detects the access. A failed attempt with sudo appears in the system's log.
    pub fn detect() -> Self {
        if nix::unistd::geteuid().is_root() {
            Self::Root
        } else if find_program("sudo").is_none() {
            Self::None
        } else if HostCommand::new("sudo", &["-n", "true"]).succeeds() {
            Self::Sudo
        } else {
            Self::SudoWithPassword
        }
    }
}

/// Returns the name of the user who gets access to the engine: `sudo_user` (the value of
/// `SUDO_USER`) if this process is root, otherwise its own user; `None` for root.
pub fn invoking_user(sudo_user: Option<&str>) -> Option<String> {
    let uid = Uid::current();
    let name = if uid.is_root() {
        sudo_user.map(str::to_owned)
    } else {
        User::from_uid(uid).ok().flatten().map(|user| user.name)
    };
    name.filter(|name| !name.is_empty() && name != "root")
}
