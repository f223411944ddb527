//! Signals win against whatever the container's root has done with its own control groups.

use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::cgroup_tree::Group;
use super::container::ContainerState;
use super::fuse;

/// How long the groups of a container may take that makes new ones all the time.
const WALK: Duration = Duration::from_secs(5);
/// How long processes may take that were killed.
const PATIENCE: Duration = Duration::from_secs(20);
/// After how long a process that was killed is taken for one that waits for a file system.
const STUCK: Duration = Duration::from_millis(500);
/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(10);

/// Throttles of cgroup v1: a line for each device, with a number, where 0 is none.
const THROTTLES: [&str; 4] = [
    "blkio.throttle.read_bps_device",
    "blkio.throttle.read_iops_device",
    "blkio.throttle.write_bps_device",
    "blkio.throttle.write_iops_device",
];

/// Thaws the groups that the container's root has made and lifts the limits that would keep a
/// process in them from ending, or the service manager from shutting down. The container's own group stays as it is: its limits are the
/// engine's, and so is a pause.
pub(super) fn lift(state: &ContainerState) {
    let deadline = Instant::now() + WALK;
    for (controller, path) in &state.cgroup_paths {
        let lift: fn(&Group) = match controller.as_str() {
            "" => |group| {
                group.set("cgroup.freeze", "0");
                for limit in ["cpu.max", "memory.high", "memory.max", "pids.max"] {
                    group.set(limit, "max");
                }
                unthrottle(group, "io.max", "rbps=max wbps=max riops=max wiops=max");
            },
            "freezer" => |group| group.set("freezer.state", "THAWED"),
            "memory" => |group| group.set("memory.limit_in_bytes", "-1"),
            "pids" => |group| group.set("pids.max", "max"),
            "cpu" => |group| group.set("cpu.cfs_quota_us", "-1"),
            "blkio" => |group| THROTTLES.iter().for_each(|file| unthrottle(group, file, "0")),
            _ => continue,
        };
        if let Ok(group) = Group::open(path) {
            // What cannot be walked to its end now is walked again with the next signal.
            let _ = group.visit_below(deadline, lift);
        }
    }
}

/// Thaws the container's own group, which the engine may have paused: cgroup v1 keeps even SIGKILL
/// from what is frozen.
fn thaw(state: &ContainerState) {
    for (controller, file, value) in
        [("freezer", "freezer.state", "THAWED"), ("", "cgroup.freeze", "0")]
    {
        if let Some(Ok(group)) = state.cgroup_paths.get(controller).map(|path| Group::open(path)) {
            group.set(file, value);
        }
    }
}

fn unthrottle(group: &Group, file: &str, none: &str) {
    for line in group.get(file).lines() {
        if let Some(device) = line.split(' ').next() {
            group.set(file, &format!("{device} {none}"));
        }
    }
}

/// Whether the container's first process has ended in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Killed {
    /// It has.
    Ended,
    /// It waits in the kernel for something that nobody here can give.
    Alive,
}

/// Kills every process of the container.
///
/// Those that run are killed before the frozen are thawed, so that none is left that could freeze
/// them again; then it is looked again, as a process may have been made meanwhile.
pub(super) fn kill(state: &ContainerState) -> Killed {
    let begin = Instant::now();
    loop {
        if let Some(Ok(own)) = state.cgroup_paths.get("").map(|path| Group::open(path)) {
            // Linux 5.14; frozen ones are killed as well.
            own.set("cgroup.kill", "1");
        }
        let pids = pids(state);
        pids.iter().for_each(|pid| kill_one(state, *pid));
        thaw(state);
        lift(state);
        if state.has_ended() {
            return Killed::Ended;
        }
        if begin.elapsed() > STUCK {
            // There may be none, and a kernel without FUSE.
            let _ = fuse::abort(&pids);
        }
        if begin.elapsed() > PATIENCE {
            return Killed::Alive;
        }
        thread::sleep(PAUSE);
    }
}

/// The processes of the container: each is in every hierarchy.
fn pids(state: &ContainerState) -> Vec<u32> {
    let hierarchies = ["freezer", "pids", "name=systemd", ""];
    let mut pids: Vec<u32> = Vec::new();
    let path = hierarchies.iter().find_map(|name| state.cgroup_paths.get(*name));
    if let Some(Ok(group)) = path.map(|path| Group::open(path)) {
        let read = |group: &Group| {
            pids.extend(
                group.get("cgroup.procs").lines().filter_map(|pid| pid.parse::<u32>().ok()),
            );
        };
        // What came later is found the next time.
        let _ = group.visit(Instant::now() + WALK, read);
    }
    pids.push(state.pid);
    pids
}

/// The descriptor stays that process's: it is asked whose it is before it is killed.
fn kill_one(state: &ContainerState, pid: u32) {
    let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    let Ok(process) = pidfd_open(number, PidfdFlags::empty()) else { return };
    let membership = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    if state.owns(&membership) {
        // It may have ended.
        let _ = pidfd_send_signal(process.as_fd(), Signal::KILL);
    }
}

/// Ends what is left of a container whose first process has ended, and removes the groups that its
/// root has made: runc goes by paths, which may be longer than the kernel takes.
pub(super) fn clear(state: &ContainerState) {
    let deadline = Instant::now() + PATIENCE;
    lift(state);
    for path in state.cgroup_paths.values() {
        if let Ok(group) = Group::open(path) {
            // runc reports what it cannot remove.
            let _ = group.remove_below(deadline);
        }
    }
}
