//! One file, held by a descriptor: a path could lead elsewhere a moment later.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Stat, Uid, XattrFlags, chmod,
    chownat, fstat, getxattr, listxattr, openat, openat2, removexattr, setxattr, statat,
};
use rustix::io::Errno;

use super::acl::Acl;

/// The access control list that counts for the file itself.
pub(super) const ACCESS: &CStr = c"system.posix_acl_access";
/// The one that new files in a directory get.
pub(super) const DEFAULT: &CStr = c"system.posix_acl_default";
/// The group that a file had before it was lent, where that was not root's or the directory hands
/// its group on. Only host root can read and write `trusted` attributes, xattr(7).
pub(super) const GROUP: &CStr = c"trusted.containai.group";
/// The access control list that a file had before the agent's entry was added.
pub(super) const LIST: &CStr = c"trusted.containai.acl";
/// What running the file gives.
pub(super) const CAPABILITY: &CStr = c"security.capability";

/// Room for the names of attributes; what does not fit is no ordinary file.
const MAX_NAMES: usize = 4096;
/// Room for a list of more than a hundred entries.
const MAX_VALUE: usize = 1024;
/// Set-user-id and set-group-id.
pub(super) const SET_ID: u32 = 0o6000;
/// The whole mode but the type.
const MODE: u32 = 0o7777;

/// Which file it is, as long as it is open.
pub(super) type FileId = (u64, u64);

/// A file and what fstat(2) says of it.
pub(super) struct Node {
    fd: OwnedFd,
    status: Stat,
}

impl Node {
    /// Opens the top of a tree. No symbolic link is followed anywhere in its path.
    pub(super) fn top(path: &Path) -> io::Result<Self> {
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        Ok(Self::of(openat2(CWD, path, flags(), Mode::empty(), resolve)?)?)
    }

    /// Opens an entry of this directory: a symbolic link itself, and nothing that is mounted there.
    pub(super) fn child(&self, name: &CStr) -> rustix::io::Result<Self> {
        let resolve = ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV;
        Self::of(openat2(&self.fd, name, flags(), Mode::empty(), resolve)?)
    }

    /// Opens the directory above if it is still that one.
    pub(super) fn parent(&self, id: FileId) -> Option<Self> {
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
        let parent = openat2(&self.fd, c"..", flags(), Mode::empty(), resolve).ok()?;
        Self::of(parent).ok().filter(|parent| parent.id() == id)
    }

    fn of(fd: OwnedFd) -> rustix::io::Result<Self> {
        let status = fstat(&fd)?;
        Ok(Self { fd, status })
    }

    /// What an entry of this directory is, without opening it: not to be relied on.
    pub(super) fn glance(&self, name: &CStr) -> rustix::io::Result<Stat> {
        statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Reads the names in this directory.
    pub(super) fn entries(&self) -> rustix::io::Result<Dir> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Dir::new(openat(&self.fd, c".", flags, Mode::empty())?)
    }

    pub(super) fn status(&self) -> &Stat {
        &self.status
    }

    pub(super) fn id(&self) -> FileId {
        file_id(&self.status)
    }

    pub(super) fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.status.st_mode)
    }

    pub(super) fn is_directory(&self) -> bool {
        self.kind() == FileType::Directory
    }

    /// Gives the file to others. From files that are no directories the kernel takes the
    /// set-user-id bit and capabilities, in the same step, chown(2).
    pub(super) fn chown(&self, uid: u32, gid: u32) -> rustix::io::Result<()> {
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        chownat(&self.fd, c"", Some(uid), Some(gid), AtFlags::EMPTY_PATH)
    }

    /// Takes the set-id bits away; whether there were any.
    pub(super) fn clear_set_id(&self) -> rustix::io::Result<bool> {
        let mode = fstat(&self.fd)?.st_mode;
        if self.kind() == FileType::Symlink || mode & SET_ID == 0 {
            return Ok(false);
        }
        chmod(self.path(), Mode::from_raw_mode(mode & MODE & !SET_ID))?;
        Ok(true)
    }

    /// The names of the extended attributes.
    pub(super) fn attributes(&self) -> rustix::io::Result<Attributes> {
        let mut names = vec![0_u8; MAX_NAMES];
        let length = match listxattr(self.path(), &mut names[..]) {
            Ok(length) => length,
            // A file system without attributes.
            Err(Errno::OPNOTSUPP) => 0,
            Err(error) => return Err(error),
        };
        names.truncate(length);
        Ok(Attributes(names))
    }

    pub(super) fn value(&self, name: &CStr) -> rustix::io::Result<Vec<u8>> {
        let mut value = vec![0_u8; MAX_VALUE];
        let length = getxattr(self.path(), name, &mut value[..])?;
        value.truncate(length);
        Ok(value)
    }

    pub(super) fn set_value(&self, name: &CStr, value: &[u8]) -> rustix::io::Result<()> {
        setxattr(self.path(), name, value, XattrFlags::empty())
    }

    pub(super) fn remove_value(&self, name: &CStr) -> rustix::io::Result<()> {
        removexattr(self.path(), name)
    }

    /// Its access control list; `None` where there is none, or one that nobody understands.
    pub(super) fn acl(&self, name: &CStr) -> rustix::io::Result<Option<Acl>> {
        Ok(Acl::decode(&self.value(name)?))
    }

    /// Makes the mode bits say no more than the list without names; one step for the kernel.
    pub(super) fn set_acl(&self, name: &CStr, acl: &Acl) -> rustix::io::Result<()> {
        self.set_value(name, &acl.encode())
    }

    /// A descriptor of a path cannot be given to fchmod(2) or fsetxattr(2); its name in
    /// `/proc/self/fd` leads to the same file whatever happened to the path.
    fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.fd.as_fd().as_raw_fd())
    }
}

/// The names of the extended attributes of a file, each ended by a zero.
pub(super) struct Attributes(Vec<u8>);

impl Attributes {
    pub(super) fn has(&self, name: &CStr) -> bool {
        self.0.split_inclusive(|byte| *byte == 0).any(|it| it == name.to_bytes_with_nul())
    }

    pub(super) fn has_capability(&self) -> bool {
        self.has(CAPABILITY)
    }
}

pub(super) fn file_id(status: &Stat) -> FileId {
    (status.st_dev, status.st_ino)
}

fn flags() -> OFlags {
    OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC
}
