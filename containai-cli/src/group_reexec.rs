//! Membership in the engine's group without a new login session.
//!
//! Processes keep the groups of their login session until it ends (credentials(7)), also after
//! set-up has added the user to the engine's group. `sg`(1) starts a program with one more group,
//! so `cai` restarts itself through it, once.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use containai_docker::host::SYSTEM_USER;
use containai_ssh::quote;
use nix::unistd::{Group, User, getgroups, getuid};

use crate::env::{Env, GROUP_REEXEC_VARIABLE};

/// Restarts `cai` as a member of the engine's group; returns if that would change nothing.
pub(crate) fn reexec_with_group(env: &Env) -> io::Result<()> {
    if env.is_group_reexec || !needs_group(env) {
        return Ok(());
    }
    let program = std::env::current_exe()?;
    let words = std::env::args_os().skip(1).map(|word| word.as_bytes().to_vec());
    let words = std::iter::once(program.as_os_str().as_bytes().to_vec()).chain(words);
    let mut line = quote::words(words);
    // `sg` replaces the primary group, which new files get, and which newuidmap(1) compares with that
    // of the user. A second one restores it.
    let user = User::from_uid(getuid())?;
    if let Some(primary) = user.map(|user| Group::from_gid(user.gid)).transpose()?.flatten() {
        let sg = ["sg", &primary.name, "-c"].map(|word| word.as_bytes().to_vec());
        line = quote::words(sg.into_iter().chain([[b"exec ".to_vec(), line].concat()]));
    }
    let line = OsString::from_vec([b"exec ".to_vec(), line].concat());
    let error = Command::new("sg")
        .args([SYSTEM_USER, "-c"])
        .arg(line)
        .env(GROUP_REEXEC_VARIABLE, "1")
        .exec();
    let message = "cannot run `sg` to use the new group; open a new login session instead";
    Err(io::Error::new(error.kind(), format!("{message}: {error}")))
}

fn needs_group(env: &Env) -> bool {
    let Ok(Some(group)) = Group::from_name(SYSTEM_USER) else { return false };
    let is_listed = env.user.as_ref().is_some_and(|user| group.mem.contains(user));
    is_listed && getgroups().is_ok_and(|groups| !groups.contains(&group.gid))
}
