use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A container of runc, as identified on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContainerRef {
    /// The directory of runc's state: its global option `--root`.
    pub(super) root: PathBuf,
    /// The container's id in the engine.
    pub(super) id: String,
}

/// The state that runc stores for a container in `<root>/<id>/state.json` (libcontainer's `State`).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ContainerState {
    /// The container's init process, as a host pid.
    #[serde(rename = "init_process_pid")]
    pub(super) pid: u32,
    /// Start time of the init process, in clock ticks since boot.
    #[serde(rename = "init_process_start")]
    start_time: u64,
    /// The container's own directory in each hierarchy: by controller, and with an empty key on
    /// cgroup v2.
    #[serde(default)]
    pub(super) cgroup_paths: BTreeMap<String, PathBuf>,
}

impl ContainerState {
    /// Reads the state; `None` if it does not exist, in which case runc reports the better error.
    pub(super) fn read(container: &ContainerRef) -> Option<Self> {
        let path = container.root.join(&container.id).join("state.json");
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Returns whether the init process has exited. The kernel may have reused its pid since.
    pub(super) fn has_exited(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        !is_alive(&stat, self.start_time)
    }

    /// Returns whether a process, by its `/proc/<pid>/cgroup`, belongs to the container.
    pub(super) fn has_member(&self, membership: &str) -> bool {
        let name = self.cgroup_paths.values().find_map(|path| path.file_name()?.to_str());
        name.is_some_and(|name| {
            membership.lines().filter_map(|line| line.splitn(3, ':').nth(2)).any(|path| {
                Path::new(path).components().any(|component| component.as_os_str() == name)
            })
        })
    }
}

/// Parses proc_pid_stat(5). The state is the third field and the start time the 22nd; the second
/// field ends with the last parenthesis.
fn is_alive(stat: &str, started: u64) -> bool {
    let Some((_, rest)) = stat.rsplit_once(") ") else { return false };
    let fields: Vec<_> = rest.split(' ').collect();
    let state = fields.first().copied().unwrap_or("X");
    let same = fields.get(19).and_then(|field| field.parse().ok()) == Some(started);
    same && !matches!(state, "Z" | "X" | "x")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reused_pid_is_not_alive() {
        let stat = |state: &str| {
            format!("7 (a) b) {state} 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 170 0\n")
        };
        assert!(is_alive(&stat("S"), 4711));
        assert!(is_alive(&stat("D"), 4711));
        assert!(!is_alive(&stat("S"), 4712));
        assert!(!is_alive(&stat("Z"), 4711));
        assert!(!is_alive("", 4711));
    }

    #[test]
    fn has_member_matches_whole_cgroup_names() {
        let json = r#"{"init_process_pid": 7, "init_process_start": 9, "config": {},
            "cgroup_paths": {"freezer": "/sys/fs/cgroup/freezer/docker/abc", "": "/sys/fs/cgroup/unified/docker/abc"}}"#;
        let state: ContainerState = serde_json::from_str(json).expect("a state");
        assert!(state.has_member("3:freezer:/docker/abc\n0::/docker/abc/init.scope\n"));
        assert!(!state.has_member("3:freezer:/docker/abcd\n1:name=systemd:/user/x-abc\n0::/\n"));
    }
}
