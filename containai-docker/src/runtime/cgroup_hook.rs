//! A `createRuntime` hook (OCI runtime spec, "POSIX-platform Hooks") that delegates the container's
//! own control groups to its root where runc does not: on cgroup v1, and on v2 without systemd.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use super::idmap::{IdMapping, IdMappings};
use super::mountinfo::{self, MountInfo};

/// Only these files: the limits of the container stay under the host's control.
const V1_FILES: [&str; 2] = ["cgroup.procs", "tasks"];
/// Maximum number of control groups below the container's own on cgroup v2, a few per service and
/// inner container. With memory control, the kernel supports 65,535 on the whole machine. cgroup v1
/// has no such limit.
const MAX_DESCENDANTS: &str = "4096";
/// Used if `/sys/kernel/cgroup/delegate` (Linux 4.15) does not exist.
const V2_FILES: &str = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n";

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CgroupHookError {
    /// runc passed no state on stdin, for example because the hook was run manually.
    #[error("cannot read the container's state from stdin")]
    State(#[source] io::Error),
    #[error("cannot parse the container's state from stdin")]
    Parse(#[from] serde_json::Error),
    /// The container exited before its hook ran.
    #[error("cannot read `{path}`")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("container root is host root in `{path}`")]
    HostRoot { path: PathBuf },
    #[error("cannot limit control groups in `{path}`")]
    Limit {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot change the owner of `{path}` to the container's root")]
    Chown {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

#[derive(serde::Deserialize)]
struct HookState {
    pid: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CgroupVersion {
    V1,
    V2,
}

/// Gives the container's own directory of each hierarchy to the container's root.
pub(super) fn run() -> Result<(), CgroupHookError> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(CgroupHookError::State)?;
    let HookState { pid } = serde_json::from_str(&text)?;
    let process = PathBuf::from(format!("/proc/{pid}"));
    let uid = mapped_root(&process.join("uid_map"))?;
    let gid = mapped_root(&process.join("gid_map"))?;
    let mounts = mountinfo::parse(&read(Path::new("/proc/self/mountinfo"))?);
    let v2_files =
        fs::read_to_string("/sys/kernel/cgroup/delegate").unwrap_or_else(|_| V2_FILES.to_owned());
    for (version, dir) in container_dirs(&read(&process.join("cgroup"))?, &mounts) {
        if version == CgroupVersion::V2 {
            limit_descendants(&dir)?;
        }
        for path in delegated_paths(version, &dir, &v2_files) {
            change_owner(&path, uid, gid)?;
        }
    }
    Ok(())
}

/// Returns the directory and its existing files that the container's root may write. `v2_files` are
/// the names of those files on cgroup v2, one per line; the kernel lists them in
/// `/sys/kernel/cgroup/delegate`.
fn delegated_paths(version: CgroupVersion, dir: &Path, v2_files: &str) -> Vec<PathBuf> {
    let names: Vec<_> = match version {
        CgroupVersion::V1 => V1_FILES.into(),
        CgroupVersion::V2 => v2_files.lines().filter(|name| !name.contains('/')).collect(),
    };
    let files = names.into_iter().map(|name| dir.join(name)).filter(|file| file.is_file());
    std::iter::once(dir.to_owned()).chain(files).collect()
}

/// Limits the number of descendants. The file is not delegated, so root in the container cannot
/// change the limit. Linux before 4.14 does not have it.
fn limit_descendants(dir: &Path) -> Result<(), CgroupHookError> {
    let path = dir.join("cgroup.max.descendants");
    if !path.exists() {
        return Ok(());
    }
    fs::write(&path, MAX_DESCENDANTS).map_err(|source| CgroupHookError::Limit { path, source })
}

fn read(path: &Path) -> Result<String, CgroupHookError> {
    fs::read_to_string(path)
        .map_err(|source| CgroupHookError::Read { path: path.to_owned(), source })
}

fn change_owner(path: &Path, uid: u32, gid: u32) -> Result<(), CgroupHookError> {
    chown(path, Some(uid), Some(gid))
        .map_err(|source| CgroupHookError::Chown { path: path.to_owned(), source })
}

fn mapped_root(path: &Path) -> Result<u32, CgroupHookError> {
    parse_id_map(&read(path)?)
        .host_id(0)
        .filter(|id| *id != 0)
        .ok_or_else(|| CgroupHookError::HostRoot { path: path.to_owned() })
}

fn parse_id_map(text: &str) -> IdMappings {
    let range = |line: &str| {
        let mut fields = line.split_whitespace().map(|field| field.parse().ok());
        Some(IdMapping {
            container: fields.next()??,
            host: fields.next()??,
            count: fields.next()??,
        })
    };
    IdMappings(text.lines().filter_map(range).collect())
}

/// Returns the directory of a process in each mounted hierarchy, from its `/proc/<pid>/cgroup`
/// (cgroups(7)).
///
/// The root of a hierarchy is never included: a process there has no control group of its own.
fn container_dirs(membership: &str, mounts: &[MountInfo]) -> Vec<(CgroupVersion, PathBuf)> {
    let dir = |line: &str| {
        let mut fields = line.splitn(3, ':');
        let (_id, controllers, path) = (fields.next()?, fields.next()?, Path::new(fields.next()?));
        let (version, mount) = if controllers.is_empty() {
            (CgroupVersion::V2, mounts.iter().find(|mount| mount.fs_type == "cgroup2")?)
        } else {
            let has_all = |mount: &&MountInfo| {
                mount.fs_type == "cgroup"
                    && controllers.split(',').all(|one| mount.options.split(',').any(|o| o == one))
            };
            (CgroupVersion::V1, mounts.iter().find(has_all)?)
        };
        let below = path.strip_prefix(&mount.root).ok()?;
        (below != Path::new("")).then(|| (version, mount.target.join(below)))
    };
    membership.lines().filter_map(dir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
";

    fn check(membership: &str, expected: &[(CgroupVersion, &str)]) {
        let found = container_dirs(membership, &mountinfo::parse(MOUNTS));
        let found: Vec<_> =
            found.iter().map(|(version, path)| (version, path.to_str().unwrap_or(""))).collect();
        let expected: Vec<_> = expected.iter().map(|(version, path)| (version, *path)).collect();
        assert_eq!(found, expected, "of `{membership}`");
    }

    #[test]
    fn finds_container_dirs_in_hybrid_hierarchies() {
        check(
            "4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n1:name=systemd:/docker/abc\n0::/docker/abc\n",
            &[
                (CgroupVersion::V1, "/sys/fs/cgroup/cpu,cpuacct/docker/abc"),
                (CgroupVersion::V1, "/sys/fs/cgroup/memory/docker/abc"),
                (CgroupVersion::V1, "/sys/fs/cgroup/systemd/docker/abc"),
                (CgroupVersion::V2, "/sys/fs/cgroup/unified/docker/abc"),
            ],
        );
    }

    /// A host without systemd and with cgroup v2 only; runc's cgroupfs driver delegates nothing.
    #[test]
    fn finds_container_dir_in_unified_hierarchy() {
        let mounts = mountinfo::parse(
            "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
        );
        let found = container_dirs("0::/docker/abc\n", &mounts);
        assert_eq!(found, [(CgroupVersion::V2, "/sys/fs/cgroup/docker/abc".into())]);
        // The engine runs in a container that sees its own part of the hierarchy as the root.
        let nested =
            mountinfo::parse("30 25 0:26 /outer /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
        let found = container_dirs("0::/outer/docker/abc\n", &nested);
        assert_eq!(found, [(CgroupVersion::V2, "/sys/fs/cgroup/docker/abc".into())]);
    }

    #[test]
    fn delegates_no_limits() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = [
            "cgroup.procs",
            "cgroup.threads",
            "cgroup.subtree_control",
            "cgroup.max.descendants",
            "memory.max",
            "memory.oom.group",
            "cpu.max",
            "tasks",
            "memory.limit_in_bytes",
        ];
        for file in files {
            fs::write(dir.path().join(file), "").expect("written");
        }
        fs::create_dir(dir.path().join("cgroup.pressure")).expect("made");
        let names = |version, list| {
            let paths = delegated_paths(version, dir.path(), list);
            let name = |path: &PathBuf| {
                path.strip_prefix(dir.path()).expect("inside").to_string_lossy().into_owned()
            };
            paths.iter().map(name).collect::<Vec<_>>().join(" ")
        };
        // The list of Linux 6.18, and names that do not occur.
        let list = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\nmemory.oom.group\n\
            memory.reclaim\ncgroup.pressure\n../memory.max\n";
        insta::assert_snapshot!(names(CgroupVersion::V2, list), @" cgroup.procs cgroup.threads cgroup.subtree_control memory.oom.group");
        insta::assert_snapshot!(names(CgroupVersion::V2, V2_FILES), @" cgroup.procs cgroup.threads cgroup.subtree_control");
        insta::assert_snapshot!(names(CgroupVersion::V1, list), @" cgroup.procs tasks");
    }

    #[test]
    fn hierarchy_root_is_never_delegated() {
        check("3:memory:/\n0::/\n", &[]);
    }

    #[test]
    fn skips_unmounted_hierarchies() {
        check("9:rdma:/docker/abc\n3:memory,rdma:/docker/abc\nnonsense\n", &[]);
    }

    #[test]
    fn parses_id_maps() {
        let ranges =
            parse_id_map("         0    1000000      65536\n     65536    2000000          1\n");
        assert_eq!(ranges.host_id(0), Some(1_000_000));
        assert_eq!(ranges.host_id(65_536), Some(2_000_000));
        assert_eq!(ranges.host_id(65_537), None);
    }
}
