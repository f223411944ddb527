//! FUSE file systems that a program in the container serves or has stopped serving.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::write;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

/// Aborts the connections of all FUSE file systems that are mounted for these processes and not on
/// the host (kernel documentation, "FUSE", "Aborting a filesystem connection").
///
/// A process that waits for the answer to a request already read by the server cannot be killed,
/// and the server may be the same process.
pub(super) fn abort_connections(pids: &[u32]) -> io::Result<()> {
    let own = fuse_connections(&fs::read_to_string("/proc/self/mountinfo")?);
    let mut theirs = BTreeSet::new();
    for pid in pids {
        // A thread may be blocked after the first thread has exited and released its mounts.
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for thread in threads.flatten() {
            let table = fs::read_to_string(thread.path().join("mountinfo")).unwrap_or_default();
            theirs.extend(fuse_connections(&table));
        }
    }
    let theirs: Vec<_> = theirs.difference(&own).collect();
    if theirs.is_empty() {
        return Ok(());
    }
    let control = fsopen("fusectl", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(&control)?;
    let control = fsmount(&control, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())?;
    for connection in theirs {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        if let Ok(file) = openat(&control, format!("{connection}/abort"), flags, Mode::empty()) {
            // It may have ended meanwhile.
            let _ = write(file, b"1");
        }
    }
    Ok(())
}

/// Returns the connection numbers in a proc_pid_mountinfo(5). The third field is the device, the
/// type follows the separator, and the connection number is the device number.
fn fuse_connections(table: &str) -> BTreeSet<u64> {
    let connection = |line: &str| {
        let (fields, kind) = line.split_once(" - ")?;
        let kind = kind.split(' ').next()?;
        let is_fuse = kind == "fuse" || kind == "fuseblk" || kind.starts_with("fuse.");
        let (major, minor) = fields.split(' ').nth(2)?.split_once(':')?;
        let (major, minor): (u64, u64) = (major.parse().ok()?, minor.parse().ok()?);
        // `new_encode_dev` of the kernel's `include/linux/kdev_t.h`.
        is_fuse.then_some((minor & 0xff) | (major << 8) | ((minor & !0xff) << 12))
    };
    table.lines().filter_map(connection).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_fuse_connections() {
        let table = "\
36 35 0:45 / /mnt rw - fuse /dev/fuse rw,user_id=0
37 35 0:300 / /mnt/b rw,relatime shared:1 - fuse.sshfs a:b rw
38 35 0:46 / /proc/meminfo rw - fuse.lxcfs lxcfs rw
39 35 0:47 / /tmp rw - tmpfs fuse rw
";
        let found: Vec<_> = fuse_connections(table).into_iter().collect();
        assert_eq!(found, [45, 46, (300 & 0xff) | (256 << 12)]);
    }
}
