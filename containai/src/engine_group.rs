//! Membership in the engine's group without a new login session.
//!
//! Processes keep the groups of their login session until it ends (credentials(7)), also after
//! set-up has added the user to the engine's group. `sg`(1) starts a program with one more group,
//! so a program can replace itself through it.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::process::Command;

use containai_docker::host::SYSTEM_USER;
use containai_ssh::quote;
use nix::unistd::{Group, User, getgroups, getuid};

/// Returns a command that runs `words` as a member of the engine's group; `None` if that would
/// change nothing. `user` is the user of the process.
///
/// # Errors
///
/// The user database (passwd(5), group(5)) cannot be read.
pub fn with_membership(
    user: Option<&str>,
    words: impl IntoIterator<Item = OsString>,
) -> io::Result<Option<Command>> {
    if !needs_group(user) {
        return Ok(None);
    }
    let mut line = quote::words(words.into_iter().map(|word| word.as_bytes().to_vec()));
    // `sg` replaces the primary group, which new files get, and which newuidmap(1) compares with that
    // of the user. A second one restores it.
    let user = User::from_uid(getuid())?;
    if let Some(primary) = user.map(|user| Group::from_gid(user.gid)).transpose()?.flatten() {
        let sg = ["sg", &primary.name, "-c"].map(|word| word.as_bytes().to_vec());
        line = quote::words(sg.into_iter().chain([[b"exec ".to_vec(), line].concat()]));
    }
    let line = OsString::from_vec([b"exec ".to_vec(), line].concat());
    let mut command = Command::new("sg");
    command.args([SYSTEM_USER, "-c"]).arg(line);
    Ok(Some(command))
}

fn needs_group(user: Option<&str>) -> bool {
    let Ok(Some(group)) = Group::from_name(SYSTEM_USER) else { return false };
    let is_listed = user.is_some_and(|user| group.mem.iter().any(|member| member == user));
    is_listed && getgroups().is_ok_and(|groups| !groups.contains(&group.gid))
}
