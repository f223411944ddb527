use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, unshare};

use super::IdMap;
use crate::runtime::PROGRAM;
use crate::runtime::invocation::{HOOK_VERB, USER_NAMESPACE_HOOK};

/// The user namespace that describes an id-mapped mount could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::runtime) enum NamespaceError {
    /// The holder did not start, or ended before its time: `user.max_user_namespaces` may be 0.
    #[error("cannot make a user namespace for the id map")]
    Holder(#[source] io::Error),
    /// The kernel refused the map: more than 340 lines, or overlapping.
    #[error("cannot write the id map `{map}`")]
    Map {
        map: String,
        #[source]
        source: io::Error,
    },
}

/// Makes a user namespace with these maps and returns it; nobody lives in it.
///
/// A namespace is made by a process that moves into it, and a process cannot come back: hence a
/// child, which is this program again and ends when it is let go.
pub(in crate::runtime) fn with_maps(uids: &IdMap, gids: &IdMap) -> Result<File, NamespaceError> {
    let mut child = Command::new("/proc/self/exe")
        .arg0(PROGRAM)
        .args([HOOK_VERB, USER_NAMESPACE_HOOK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(NamespaceError::Holder)?;
    let ready = match child.stdout.as_mut() {
        Some(stdout) => stdout.read_exact(&mut [0]),
        None => Err(io::ErrorKind::BrokenPipe.into()),
    };
    let namespace = ready.map_err(NamespaceError::Holder).and_then(|()| {
        let process = format!("/proc/{}", child.id());
        write_map(&format!("{process}/uid_map"), uids)?;
        write_map(&format!("{process}/gid_map"), gids)?;
        File::open(format!("{process}/ns/user")).map_err(NamespaceError::Holder)
    });
    drop(child.stdin.take());
    child.wait().map_err(NamespaceError::Holder)?;
    namespace
}

fn write_map(path: &str, map: &IdMap) -> Result<(), NamespaceError> {
    // One write: the kernel takes the whole map at once or not at all.
    let text = map.to_string();
    fs::write(path, &text)
        .map_err(|source| NamespaceError::Map { map: text.trim_end().replace('\n', ", "), source })
}

/// The child's side: moves into a new user namespace, says so, and stays until its stdin is closed.
pub(in crate::runtime) fn hold() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    let mut stdout = io::stdout();
    stdout.write_all(b".")?;
    stdout.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
