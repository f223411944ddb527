//! How this process can do what only root may.

use nix::unistd::{Uid, User};

use super::command::{Invocation, find_program};

/// How this process can do what only root may.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Privilege {
    /// It is root.
    Root,
    /// sudo(8) works without a question.
    Sudo,
    /// sudo(8) is there and will ask for a password.
    SudoWithPassword,
    /// There is no sudo(8).
    None,
}

impl Privilege {
    /// Finds out. An unsuccessful try with sudo shows in the system's log.
    pub fn detect() -> Self {
        if nix::unistd::geteuid().is_root() {
            Self::Root
        } else if find_program("sudo").is_none() {
            Self::None
        } else if Invocation::new("sudo", &["-n", "true"]).succeeds() {
            Self::Sudo
        } else {
            Self::SudoWithPassword
        }
    }
}

/// The name of the user who is to use the engine: `sudo_user`, the value of
/// `SUDO_USER`, when root works on somebody's behalf, else whoever runs this
/// process; `None` for root itself.
pub fn invoking_user(sudo_user: Option<&str>) -> Option<String> {
    let uid = Uid::current();
    let name = if uid.is_root() {
        sudo_user.map(str::to_owned)
    } else {
        User::from_uid(uid).ok().flatten().map(|user| user.name)
    };
    name.filter(|name| !name.is_empty() && name != "root")
}
