use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, getrlimit};

use super::ResourceLimit;
use super::capability::BoundingSet;
use super::device::{DEVICES, Device};
use super::lxcfs::{FILES as LXCFS_FILES, ROOT as LXCFS};
use crate::runtime::mountinfo::{self, MountInfo};

/// The facts about the host that the edits need.
#[derive(Debug, Clone)]
pub(in crate::runtime) struct HostInfo {
    /// The capabilities that this process may grant.
    pub(in crate::runtime) bounding: BoundingSet,
    /// Maximum number of tasks on the whole machine; `None` if the control groups cannot limit
    /// tasks, because runc fails on a limit then.
    pub(in crate::runtime) max_tasks: Option<u64>,
    /// Maximum number of open files of a process.
    pub(in crate::runtime) max_files: u64,
    /// The resource limits that the container inherits.
    pub(in crate::runtime) limits: Vec<ResourceLimit>,
    /// This program, for the hook that runc runs.
    pub(in crate::runtime) executable: PathBuf,
    /// The files that a running lxcfs serves.
    pub(in crate::runtime) lxcfs: Vec<&'static str>,
    /// The devices that the kernel supports.
    pub(in crate::runtime) devices: Vec<&'static Device>,
}

/// An error from reading facts about the host.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`")]
pub(in crate::runtime) struct HostInfoError {
    path: &'static str,
    #[source]
    source: io::Error,
}

impl HostInfoError {
    pub(in crate::runtime) fn unreadable(path: &'static str, source: io::Error) -> Self {
        Self { path, source }
    }
}

impl HostInfo {
    /// Reads the facts.
    pub(in crate::runtime) fn read() -> Result<Self, HostInfoError> {
        let text = |path| {
            fs::read_to_string(path).map_err(|source| HostInfoError::unreadable(path, source))
        };
        let mounts = mountinfo::parse(&text("/proc/self/mountinfo")?);
        let executable = fs::read_link("/proc/self/exe")
            .map_err(|source| HostInfoError::unreadable("/proc/self/exe", source))?;
        Ok(Self {
            bounding: BoundingSet::from_status(&text("/proc/self/status")?),
            max_tasks: has_pids_controller(&mounts).then(|| {
                read_limit("/proc/sys/kernel/pid_max")
                    .min(read_limit("/proc/sys/kernel/threads-max"))
            }),
            max_files: read_limit("/proc/sys/fs/nr_open"),
            limits: inherited_limits(),
            executable,
            lxcfs: served_by_lxcfs(&mounts),
            devices: DEVICES
                .iter()
                .filter(|device| is_character_device(Path::new(device.path)))
                .collect(),
        })
    }
}

/// Returns the files that lxcfs serves. The file system stays mounted after its daemon exits, so
/// each file is checked.
fn served_by_lxcfs(mounts: &[MountInfo]) -> Vec<&'static str> {
    if !mounts.iter().any(|mount| mount.target == Path::new(LXCFS)) {
        return Vec::new();
    }
    LXCFS_FILES
        .iter()
        .copied()
        .filter(|name| Path::new(LXCFS).join("proc").join(name).is_file())
        .collect()
}

/// Returns whether a mounted hierarchy of control groups has the controller `pids`.
fn has_pids_controller(mounts: &[MountInfo]) -> bool {
    let has = |list: &str, separator| list.split(separator).any(|name| name.trim() == "pids");
    mounts.iter().any(|mount| match mount.fs_type.as_str() {
        "cgroup" => has(&mount.options, ','),
        "cgroup2" => {
            let list = fs::read_to_string(mount.target.join("cgroup.controllers"));
            has(&list.unwrap_or_default(), ' ')
        }
        _ => false,
    })
}

/// Returns the resource limits of this process, which runc and the container inherit.
fn inherited_limits() -> Vec<ResourceLimit> {
    let kinds = [
        ("RLIMIT_AS", Resource::RLIMIT_AS),
        ("RLIMIT_CORE", Resource::RLIMIT_CORE),
        ("RLIMIT_DATA", Resource::RLIMIT_DATA),
        ("RLIMIT_FSIZE", Resource::RLIMIT_FSIZE),
        ("RLIMIT_MEMLOCK", Resource::RLIMIT_MEMLOCK),
        ("RLIMIT_NOFILE", Resource::RLIMIT_NOFILE),
        ("RLIMIT_NPROC", Resource::RLIMIT_NPROC),
        ("RLIMIT_STACK", Resource::RLIMIT_STACK),
    ];
    let limit = |(kind, resource)| {
        let (soft, hard) = getrlimit(resource).ok()?;
        Some(ResourceLimit { kind, soft, hard })
    };
    kinds.into_iter().filter_map(limit).collect()
}

/// Reads a number from the kernel; unlimited if it cannot be read.
fn read_limit(path: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.trim().parse().unwrap_or(u64::MAX)
}

fn is_character_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_char_device())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_pids_controller() {
        let dir = tempfile::tempdir().expect("a directory");
        let v2 = |controllers: &str| {
            fs::write(dir.path().join("cgroup.controllers"), controllers).expect("written");
            let line = format!("30 25 0:26 / {} rw - cgroup2 cgroup2 rw\n", dir.path().display());
            has_pids_controller(&mountinfo::parse(&line))
        };
        assert!(v2("cpuset cpu io memory pids\n"));
        assert!(!v2("cpuset cpu io memory\n") && !v2(""));
        let v1 = |options: &str| {
            let line = format!("30 25 0:26 / /sys/fs/cgroup/x rw - cgroup cgroup {options}\n");
            has_pids_controller(&mountinfo::parse(&line))
        };
        assert!(v1("rw,pids"));
        assert!(!v1("rw,memory"));
    }
}
