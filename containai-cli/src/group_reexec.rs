//! Membership in the engine's group: `cai` restarts itself with it, once.

use std::io;
use std::os::unix::process::CommandExt as _;

use containai::engine_group;

use crate::env::{Env, GROUP_REEXEC_VARIABLE};

/// Restarts `cai` as a member of the engine's group; returns if that would change nothing.
pub(crate) fn reexec_with_group(env: &Env) -> io::Result<()> {
    if env.is_group_reexec {
        return Ok(());
    }
    let program = std::env::current_exe()?.into_os_string();
    let words = std::iter::once(program).chain(std::env::args_os().skip(1));
    let Some(mut sg) = engine_group::with_membership(env.user.as_deref(), words)? else {
        return Ok(());
    };
    let error = sg.env(GROUP_REEXEC_VARIABLE, "1").exec();
    let message = "cannot run `sg` to use the new group; open a new login session instead";
    Err(io::Error::new(error.kind(), format!("{message}: {error}")))
}
