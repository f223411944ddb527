//! The control groups below a container's own, which root in the container creates. Their number,
//! depth and names are chosen by the container, so they are walked by descriptor and one level at a
//! time: no path becomes too long, and the descriptors do not run out.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Instant;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, open, openat, unlinkat};
use rustix::io::{read, write};

const DIRECTORY: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::RDONLY).union(OFlags::CLOEXEC);

/// An open control group.
pub(super) struct CgroupDir(OwnedFd);

impl CgroupDir {
    /// Opens the container's own control group in a hierarchy.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(open(path, DIRECTORY, Mode::empty())?))
    }

    /// Writes to a file of the control group; a file that the hierarchy lacks is ignored.
    pub(super) fn set(&self, file: &str, value: &str) {
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        if let Ok(file) = openat(&self.0, file, flags, Mode::empty()) {
            // The kernel rejects values that do not apply to this group.
            let _ = write(file, value.as_bytes());
        }
    }

    /// Reads a file of the control group; empty if it does not exist.
    pub(super) fn get(&self, file: &str) -> String {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Ok(file) = openat(&self.0, file, flags, Mode::empty()) else { return String::new() };
        let mut text = Vec::new();
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = read(&file, &mut buffer) {
            text.extend_from_slice(&buffer[..length]);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Visits this group and its descendants, parents first, until `deadline`: a running container
    /// may create groups faster than they are visited.
    pub(super) fn visit(&self, deadline: Instant, mut visit: impl FnMut(&Self)) -> io::Result<()> {
        visit(self);
        self.walk(deadline, &mut visit, &mut |_, _| ())
    }

    /// Visits only the descendants of this group.
    pub(super) fn visit_descendants(
        &self,
        deadline: Instant,
        mut visit: impl FnMut(&Self),
    ) -> io::Result<()> {
        self.walk(deadline, &mut visit, &mut |_, _| ())
    }

    /// Removes the descendants that have no processes.
    pub(super) fn remove_descendants(&self, deadline: Instant) -> io::Result<()> {
        self.walk(deadline, &mut |_| (), &mut |parent, name| {
            // runc retries busy groups and reports them.
            let _ = unlinkat(parent, name, AtFlags::REMOVEDIR);
        })
    }

    fn walk(
        &self,
        deadline: Instant,
        enter: &mut dyn FnMut(&Self),
        leave: &mut dyn FnMut(BorrowedFd<'_>, &CString),
    ) -> io::Result<()> {
        let mut current = Self(self.0.try_clone()?);
        let mut path: Vec<CString> = Vec::new();
        let mut left = vec![current.children()?];
        while let Some(names) = left.last_mut() {
            if Instant::now() > deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if let Some(name) = names.pop() {
                // A group removed meanwhile is skipped.
                let Ok(group) = openat(&current.0, &name, DIRECTORY, Mode::empty()) else {
                    continue;
                };
                current = Self(group);
                enter(&current);
                left.push(current.children().unwrap_or_default());
                path.push(name);
            } else {
                left.pop();
                let Some(name) = path.pop() else { break };
                current = Self(openat(&current.0, "..", DIRECTORY, Mode::empty())?);
                leave(current.0.as_fd(), &name);
            }
        }
        Ok(())
    }

    fn children(&self) -> io::Result<Vec<CString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type() == FileType::Directory && name != c"." && name != c".." {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    fn deadline() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn visits_and_removes_deep_trees() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut current = openat(
            open(directory.path(), DIRECTORY, Mode::empty()).expect("opened"),
            ".",
            DIRECTORY,
            Mode::empty(),
        )
        .expect("opened");
        let name = "n".repeat(200);
        for _ in 0..100 {
            rustix::fs::mkdirat(&current, &name, Mode::RWXU).expect("made");
            rustix::fs::mkdirat(&current, "beside", Mode::RWXU).expect("made");
            current = openat(&current, &name, DIRECTORY, Mode::empty()).expect("opened");
        }
        let group = CgroupDir::open(directory.path()).expect("opened");
        let mut count = 0;
        group.visit(deadline(), |_| count += 1).expect("visited");
        assert_eq!(count, 201);
        group.remove_descendants(deadline()).expect("removed");
        assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 0);
    }

    #[test]
    fn reads_and_writes_existing_files_only() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("freezer.state"), "FROZEN").expect("written");
        let group = CgroupDir::open(directory.path()).expect("opened");
        group.set("freezer.state", "THAWED");
        group.set("cgroup.freeze", "0");
        assert_eq!(group.get("freezer.state"), "THAWED");
        assert_eq!(group.get("cgroup.freeze"), "", "no file is created");
        assert!(group.visit(Instant::now() - Duration::from_secs(1), |_| ()).is_err());
    }
}
