//! A file, referenced by a descriptor: a path could refer to another file a moment later.

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

/// The access ACL of a file, acl(5).
pub(super) const ACCESS_ACL: &CStr = c"system.posix_acl_access";
/// The default ACL of a directory.
pub(super) const DEFAULT_ACL: &CStr = c"system.posix_acl_default";
/// The attribute with the group of a file before it was lent, if that was not root's or the
/// directory has the set-group-id bit. Only host root can read and write `trusted` attributes,
/// xattr(7).
pub(super) const SAVED_GROUP: &CStr = c"trusted.containai.group";
/// The attribute with the ACL of a file before the agent's entry was added.
pub(super) const SAVED_ACL: &CStr = c"trusted.containai.acl";
/// The file's capabilities.
pub(super) const CAPABILITY: &CStr = c"security.capability";

/// Maximum size of the attribute names; ordinary files have less.
const MAX_NAMES_SIZE: usize = 4096;
/// Maximum size of an attribute value; fits an ACL with more than a hundred entries.
const MAX_VALUE_SIZE: usize = 1024;
/// The set-user-id and set-group-id bits.
pub(super) const SET_ID: u32 = 0o6000;
/// All mode bits but the type.
const MODE_BITS: u32 = 0o7777;

/// Device and inode number, which identify an open file.
pub(crate) type FileId = (u64, u64);

/// An open file and its fstat(2) result.
pub(super) struct Node {
    fd: OwnedFd,
    status: Stat,
}

impl Node {
    /// Opens the top of a tree. No symbolic link is followed anywhere in its path.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        Ok(Self::from_fd(openat2(CWD, path, flags(), Mode::empty(), resolve)?)?)
    }

    /// Opens an entry of this directory, without following a link or entering a mount.
    pub(super) fn open_child(&self, name: &CStr) -> rustix::io::Result<Self> {
        let resolve = ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV;
        Self::from_fd(openat2(&self.fd, name, flags(), Mode::empty(), resolve)?)
    }

    /// Opens the parent directory if it still has this id.
    pub(super) fn open_parent(&self, id: FileId) -> Option<Self> {
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
        let parent = openat2(&self.fd, c"..", flags(), Mode::empty(), resolve).ok()?;
        Self::from_fd(parent).ok().filter(|parent| parent.id() == id)
    }

    fn from_fd(fd: OwnedFd) -> rustix::io::Result<Self> {
        let status = fstat(&fd)?;
        Ok(Self { fd, status })
    }

    /// Returns the status of an entry without opening it; the entry may be replaced at any time.
    pub(super) fn stat_entry(&self, name: &CStr) -> rustix::io::Result<Stat> {
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

    /// Changes owner and group. Except for directories, the kernel clears the set-user-id bit and
    /// capabilities in the same step, chown(2).
    pub(super) fn chown(&self, uid: u32, gid: u32) -> rustix::io::Result<()> {
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        chownat(&self.fd, c"", Some(uid), Some(gid), AtFlags::EMPTY_PATH)
    }

    /// Clears the set-id bits and returns whether there were any.
    pub(super) fn clear_set_id(&self) -> rustix::io::Result<bool> {
        let mode = fstat(&self.fd)?.st_mode;
        if self.kind() == FileType::Symlink || mode & SET_ID == 0 {
            return Ok(false);
        }
        chmod(self.proc_path(), Mode::from_raw_mode(mode & MODE_BITS & !SET_ID))?;
        Ok(true)
    }

    /// Returns the names of the extended attributes.
    pub(super) fn xattr_names(&self) -> rustix::io::Result<XattrNames> {
        let mut names = vec![0_u8; MAX_NAMES_SIZE];
        let length = match listxattr(self.proc_path(), &mut names[..]) {
            Ok(length) => length,
            // The file system has no extended attributes.
            Err(Errno::OPNOTSUPP) => 0,
            Err(error) => return Err(error),
        };
        names.truncate(length);
        Ok(XattrNames(names))
    }

    pub(super) fn xattr(&self, name: &CStr) -> rustix::io::Result<Vec<u8>> {
        let mut value = vec![0_u8; MAX_VALUE_SIZE];
        let length = getxattr(self.proc_path(), name, &mut value[..])?;
        value.truncate(length);
        Ok(value)
    }

    pub(super) fn set_xattr(&self, name: &CStr, value: &[u8]) -> rustix::io::Result<()> {
        setxattr(self.proc_path(), name, value, XattrFlags::empty())
    }

    pub(super) fn remove_xattr(&self, name: &CStr) -> rustix::io::Result<()> {
        removexattr(self.proc_path(), name)
    }

    /// Returns an ACL; `None` if it is invalid.
    pub(super) fn acl(&self, name: &CStr) -> rustix::io::Result<Option<Acl>> {
        Ok(Acl::decode(&self.xattr(name)?))
    }

    /// Sets an ACL. With a minimal ACL, the kernel sets the mode bits and removes the list in one
    /// step.
    pub(super) fn set_acl(&self, name: &CStr, acl: &Acl) -> rustix::io::Result<()> {
        self.set_xattr(name, &acl.encode())
    }

    /// A path for calls such as fchmod(2) and fsetxattr(2), which refuse an `O_PATH` descriptor;
    /// the name in `/proc/self/fd` refers to the same file even if its path has changed.
    fn proc_path(&self) -> String {
        format!("/proc/self/fd/{}", self.fd.as_fd().as_raw_fd())
    }
}

/// The names of a file's extended attributes, each terminated by a NUL.
pub(super) struct XattrNames(Vec<u8>);

impl XattrNames {
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
