//! Tmpfs mounts that root in a container may remount.
//!
//! The kernel lists the owner of a tmpfs among its mount options, as a host id, unless it is host
//! root (`shmem_show_options`). mount(8) repeats these options to remount, and the kernel rejects an
//! id that does not exist in the container. Here, a child process mounts the tmpfs as host root in
//! the container's user namespace: it belongs to that namespace, but no owner is listed. Afterwards
//! its root directory is given to root of the container.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, setns, unshare};
use rustix::fs::{AtFlags, Gid, Uid, chownat};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount,
    fsopen,
};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::invocation::{HOOK_COMMAND, PROGRAM, TMPFS_HOOK};

/// Maximum number of mounts per call.
const MAX_MOUNTS: usize = 8;

/// Mounts one detached tmpfs per entry of `options` in the user namespace, owned by `root` (uid and
/// gid of container root on the host). The options are those of tmpfs(5) with values, separated by
/// commas.
pub(super) fn mount_in(
    namespace: &File,
    options: &[String],
    (uid, gid): (u32, u32),
) -> io::Result<Vec<OwnedFd>> {
    let (ours, theirs) = UnixStream::pair()?;
    let child = Command::new("/proc/self/exe")
        .arg0(PROGRAM)
        .args([HOOK_COMMAND, TMPFS_HOOK])
        .args(options)
        .stdin(namespace.try_clone()?)
        .stdout(OwnedFd::from(theirs))
        .stderr(Stdio::piped())
        .spawn()?;
    let mounts = receive(&ours);
    let output = child.wait_with_output()?;
    let mounts = mounts?;
    if !output.status.success() || mounts.len() != options.len() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(io::Error::other(reason));
    }
    for mount in &mounts {
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        chownat(mount, "", Some(uid), Some(gid), AtFlags::EMPTY_PATH)?;
    }
    Ok(mounts)
}

/// Runs in the child: enters the user namespace on stdin, mounts a tmpfs for each word, and sends
/// the mounts to stdout. The user and group ids stay those of host root.
pub(super) fn mount_all(options: &[String]) -> io::Result<()> {
    setns(io::stdin(), CloneFlags::CLONE_NEWUSER)?;
    // Capabilities in the user namespace suffice only in a mount namespace that belongs to it.
    unshare(CloneFlags::CLONE_NEWNS)?;
    let mounts = options.iter().map(|options| mount(options)).collect::<io::Result<Vec<_>>>()?;
    send(io::stdout().as_fd(), &mounts)
}

fn mount(options: &str) -> io::Result<OwnedFd> {
    let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in options.split(',').filter_map(|option| option.split_once('=')) {
        fsconfig_set_string(&context, key, value)?;
    }
    fsconfig_create(&context)?;
    // Runc sets the flags in the container's mount namespace. Flags that are set here would be
    // locked there (mount_namespaces(7), "Restrictions").
    Ok(fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())?)
}

fn send(socket: BorrowedFd<'_>, mounts: &[OwnedFd]) -> io::Result<()> {
    let mounts: Vec<_> = mounts.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_MOUNTS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&mounts)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    sendmsg(socket, &[IoSlice::new(b".")], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives the mounts; none if the child has exited without sending them.
fn receive(socket: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_MOUNTS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let slices = &mut [IoSliceMut::new(&mut byte)];
    recvmsg(socket, slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let rights = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mounts) => Some(mounts),
        _ => None,
    });
    Ok(rights.flatten().collect())
}
