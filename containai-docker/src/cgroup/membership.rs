//! The control groups of a container.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use containai_core::engine::ContainerId;

use crate::runtime::mountinfo::{self, MountInfo};

/// The control groups of one container in the relevant hierarchies.
///
/// The first process of a container may move to a child of its container's group (systemd does),
/// and may name that group freely. So the directory is the topmost one of the process's path that
/// contains the container's id: the engine created everything above it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Cgroup {
    /// The group that accounts processor time.
    pub(super) cpu: CgroupDirectory,
    /// The group that accounts and limits memory.
    pub(super) memory: CgroupDirectory,
    /// The group that accounts processes and threads.
    pub(super) pids: Option<CgroupDirectory>,
    /// The group whose subtree has every process of the container.
    pub(super) members: CgroupDirectory,
}

/// One directory of a hierarchy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CgroupDirectory {
    pub(super) version: HierarchyVersion,
    pub(super) path: PathBuf,
}

/// The control group version of a hierarchy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum HierarchyVersion {
    V1,
    V2,
}

impl Cgroup {
    /// Finds the control groups of the container whose first process is `pid`.
    ///
    /// # Errors
    ///
    /// `NotFound` if no process of this machine with that id is in a group of the container: the
    /// container has ended, or the engine runs on another machine.
    pub(crate) fn for_process(pid: u32, id: &ContainerId) -> io::Result<Self> {
        let membership = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let found = Self::find(&membership, &mountinfo::parse(&mounts), id.as_ref());
        found.ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn find(membership: &str, mounts: &[MountInfo], id: &str) -> Option<Self> {
        let group = |controller: &str| group(membership, mounts, id, controller);
        // systemd creates no groups in the first two, so fewer have to be walked.
        let members = ["freezer", "devices", "pids"].into_iter().find_map(group)?;
        Some(Self {
            cpu: group("cpuacct")?,
            memory: group("memory")?,
            pids: group("pids"),
            members,
        })
    }
}

/// Returns the container's directory in the hierarchy of a controller: a version 1 hierarchy if it
/// is mounted, otherwise version 2.
fn group(
    membership: &str,
    mounts: &[MountInfo],
    id: &str,
    controller: &str,
) -> Option<CgroupDirectory> {
    let has = |list: &str| list.split(',').any(|it| it == controller);
    let lines = || {
        membership.lines().filter_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            Some((fields.next()?, fields.next()?))
        })
    };
    let first = lines().find(|(controllers, _)| has(controllers)).and_then(|(_, path)| {
        let mut mounts = mounts.iter().filter(|it| it.fs_type == "cgroup" && has(&it.options));
        Some(CgroupDirectory {
            version: HierarchyVersion::V1,
            path: mounts.find_map(|it| container_directory(it, path, id))?,
        })
    });
    let second = || {
        let (_, path) = lines().find(|(controllers, _)| controllers.is_empty())?;
        let mut mounts = mounts.iter().filter(|it| it.fs_type == "cgroup2");
        Some(CgroupDirectory {
            version: HierarchyVersion::V2,
            path: mounts.find_map(|it| container_directory(it, path, id))?,
        })
    };
    first.or_else(second)
}

/// Returns the container's directory above `path`; `None` if the mount does not show it or the path
/// does not contain the container's id.
fn container_directory(mount: &MountInfo, path: &str, id: &str) -> Option<PathBuf> {
    let scope = format!("docker-{id}.scope");
    let below = Path::new(path).strip_prefix(&mount.root).ok()?;
    let mut directory = mount.target.clone();
    for component in below.components() {
        // A path outside our own cgroup namespace begins with `..`.
        let Component::Normal(name) = component else { return None };
        directory.push(name);
        if name == id || name == scope.as_str() {
            return Some(directory);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "\
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
34 30 0:30 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer
35 30 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
36 30 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
";
    const V2: &str = "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";

    #[track_caller]
    fn check(mounts: &str, membership: &str, expected: Option<[&str; 4]>) {
        let found = Cgroup::find(membership, &mountinfo::parse(mounts), "abc");
        let paths = found.map(|it| {
            let pids = it.pids.map(|group| group.path).unwrap_or_default();
            [it.cpu.path, it.memory.path, pids, it.members.path]
        });
        assert_eq!(paths, expected.map(|paths| paths.map(PathBuf::from)), "{membership}");
    }

    #[test]
    fn hierarchies_of_both_versions_are_found() {
        let all = |path: &str| {
            format!(
                "5:pids:{path}\n4:cpu,cpuacct:{path}\n3:memory:{path}\n2:freezer:{path}\n0::{path}\n"
            )
        };
        let v1 = [
            "/sys/fs/cgroup/cpu,cpuacct/docker/abc",
            "/sys/fs/cgroup/memory/docker/abc",
            "/sys/fs/cgroup/pids/docker/abc",
            "/sys/fs/cgroup/freezer/docker/abc",
        ];
        check(V1, &all("/docker/abc"), Some(v1));
        check(V1, &all("/docker/abc/init.scope"), Some(v1));
        let v2 = ["/sys/fs/cgroup/system.slice/docker-abc.scope"; 4];
        check(V2, "0::/system.slice/docker-abc.scope/init.scope\n", Some(v2));
        let nested = ["/sys/fs/cgroup/docker/outer/docker/abc"; 4];
        check(V2, "0::/docker/outer/docker/abc\n", Some(nested));
    }

    #[test]
    fn names_chosen_by_a_container_stay_below_its_cgroup() {
        // The container may repeat its own id, but the topmost one is used.
        let own = ["/sys/fs/cgroup/docker/abc"; 4];
        check(V2, "0::/docker/abc/docker/abc/x\n", Some(own));
        check(V2, "0::/docker/abc/..evil/docker-abc.scope\n", Some(own));
    }

    #[test]
    fn paths_without_the_container_id_are_ignored() {
        check(V2, "0::/\n", None);
        check(V2, "0::/docker/abcd\n", None);
        check(V2, "0::/../docker/abc\n", None);
        check(V2, "0::/user.slice\n", None);
        check("", "0::/docker/abc\n", None);
        check(V2, "", None);
        // The mount shows another subtree.
        check(
            "30 25 0:26 /other /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            "0::/docker/abc\n",
            None,
        );
    }
}
