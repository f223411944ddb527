use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, setresgid, setresuid};
use rustix::thread::{CapabilitiesSecureBits, set_capabilities_secure_bits};

use super::{IdMappings, MountIdMap};
use crate::runtime::invocation::{HOOK_COMMAND, PROGRAM, USER_NAMESPACE_HOOK};

/// An error from creating a user namespace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::runtime) enum NamespaceError {
    /// The holder process did not start or exited early; `user.max_user_namespaces` may be 0.
    #[error("cannot create a user namespace for the id map")]
    Holder(#[source] io::Error),
    /// The kernel rejected the map: it has more than 340 lines, or overlapping ones.
    #[error("cannot write the id map `{map}`")]
    Map {
        map: String,
        #[source]
        source: io::Error,
    },
}

/// The host user that creates a container's user namespace.
///
/// The kernel counts per-user resources of a namespace (inotify instances, pending signals,
/// processes) once more at each level above, for the creator of the namespace (user_namespaces(7),
/// `kernel/ucount.c`). If host root created the namespaces, as with runc, all containers would
/// share host root's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct NamespaceCreator {
    pub(in crate::runtime) uid: u32,
    pub(in crate::runtime) gid: u32,
}

impl NamespaceCreator {
    /// Parses the arguments of the holder; `None` if there are none.
    fn parse(words: &[String]) -> Option<Self> {
        let [uid, gid] = words else { return None };
        Some(Self { uid: uid.parse().ok()?, gid: gid.parse().ok()? })
    }
}

/// User namespaces without processes that define the maps of id-mapped mounts, one per pair of
/// maps.
#[derive(Debug, Default)]
pub(in crate::runtime) struct NamespaceCache(Vec<((MountIdMap, MountIdMap), File)>);

impl NamespaceCache {
    /// Returns the namespace with these uid and gid maps, and creates it if needed.
    pub(in crate::runtime) fn get_or_create(
        &mut self,
        maps: &(MountIdMap, MountIdMap),
    ) -> Result<&File, NamespaceError> {
        let index = match self.0.iter().position(|(made, _)| made == maps) {
            Some(index) => index,
            None => {
                let file = spawn_holder(None, &maps.0.to_string(), &maps.1.to_string())?;
                self.0.push((maps.clone(), file));
                self.0.len() - 1
            }
        };
        Ok(&self.0[index].1)
    }
}

/// Creates the user namespace of a container, as `creator`.
pub(in crate::runtime) fn create_namespace(
    creator: NamespaceCreator,
    uids: &IdMappings,
    gids: &IdMappings,
) -> Result<File, NamespaceError> {
    spawn_holder(Some(creator), &uids.to_string(), &gids.to_string())
}

/// Creates a user namespace in a child process, because a process that enters a new one cannot
/// return. The child is this program, and exits when its standard input is closed.
fn spawn_holder(
    creator: Option<NamespaceCreator>,
    uids: &str,
    gids: &str,
) -> Result<File, NamespaceError> {
    let words = creator.map(|creator| [creator.uid.to_string(), creator.gid.to_string()]);
    let mut child = Command::new("/proc/self/exe")
        .arg0(PROGRAM)
        .args([HOOK_COMMAND, USER_NAMESPACE_HOOK])
        .args(words.iter().flatten())
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

fn write_map(path: &str, map: &str) -> Result<(), NamespaceError> {
    // In one write: the kernel accepts the map as a whole or not at all.
    fs::write(path, map)
        .map_err(|source| NamespaceError::Map { map: map.trim_end().replace('\n', ", "), source })
}

/// Runs in the child: enters a new user namespace, confirms it on stdout, and waits until stdin is
/// closed. `words` are the uid and gid of the creator; if it is empty, the ids stay unchanged.
pub(in crate::runtime) fn hold_namespace(words: &[String]) -> io::Result<()> {
    if let Some(creator) = NamespaceCreator::parse(words) {
        set_user(creator)?;
    }
    unshare(CloneFlags::CLONE_NEWUSER)?;
    let mut stdout = io::stdout();
    stdout.write_all(b".")?;
    stdout.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Changes the ids and keeps the capabilities (capabilities(7), `SECBIT_NO_SETUID_FIXUP`): a host
/// may restrict user namespaces to privileged processes.
fn set_user(creator: NamespaceCreator) -> io::Result<()> {
    set_capabilities_secure_bits(CapabilitiesSecureBits::NO_SETUID_FIXUP)?;
    let (uid, gid) = (Uid::from_raw(creator.uid), Gid::from_raw(creator.gid));
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    Ok(())
}
