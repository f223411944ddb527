//! Signals that work regardless of how root in the container has configured its control groups.

use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::cgroup_tree::CgroupDir;
use super::container::ContainerState;
use super::fuse;

/// Time limit for walking the groups of a container that keeps creating new ones.
const WALK_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit for killed processes to exit.
const KILL_TIMEOUT: Duration = Duration::from_secs(20);
/// Time after which a killed process is assumed to wait for a FUSE file system.
const FUSE_ABORT_DELAY: Duration = Duration::from_millis(500);
/// Interval between checks.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// I/O throttles of cgroup v1: a line per device with a number, where 0 means none.
const BLKIO_THROTTLES: [&str; 4] = [
    "blkio.throttle.read_bps_device",
    "blkio.throttle.read_iops_device",
    "blkio.throttle.write_bps_device",
    "blkio.throttle.write_iops_device",
];

/// Unfreezes the groups that root in the container has created, and lifts the limits that would
/// keep their processes from exiting or the service manager from shutting down. The container's own
/// group stays unchanged: its limits, and a pause, belong to the engine.
pub(super) fn lift_limits(state: &ContainerState) {
    let deadline = Instant::now() + WALK_TIMEOUT;
    for (controller, path) in &state.cgroup_paths {
        let lift: fn(&CgroupDir) = match controller.as_str() {
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
            "blkio" => |group| BLKIO_THROTTLES.iter().for_each(|file| unthrottle(group, file, "0")),
            _ => continue,
        };
        if let Ok(group) = CgroupDir::open(path) {
            // Groups that are not reached in time are visited again with the next signal.
            let _ = group.visit_descendants(deadline, lift);
        }
    }
}

/// Unfreezes the container's own group, which the engine may have paused: on cgroup v1, even
/// SIGKILL has no effect on frozen processes.
fn unfreeze(state: &ContainerState) {
    for (controller, file, value) in
        [("freezer", "freezer.state", "THAWED"), ("", "cgroup.freeze", "0")]
    {
        if let Some(Ok(group)) =
            state.cgroup_paths.get(controller).map(|path| CgroupDir::open(path))
        {
            group.set(file, value);
        }
    }
}

fn unthrottle(group: &CgroupDir, file: &str, none: &str) {
    for line in group.get(file).lines() {
        if let Some(device) = line.split(' ').next() {
            group.set(file, &format!("{device} {none}"));
        }
    }
}

/// Whether the container's init process has exited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KillOutcome {
    /// It has exited.
    Exited,
    /// It is blocked in the kernel and cannot be killed.
    Alive,
}

/// Kills every process of the container.
///
/// Running processes are killed before frozen ones are unfrozen, so that none is left to freeze
/// them again. The loop repeats because new processes may have been created meanwhile.
pub(super) fn kill(state: &ContainerState) -> KillOutcome {
    let begin = Instant::now();
    loop {
        if let Some(Ok(own)) = state.cgroup_paths.get("").map(|path| CgroupDir::open(path)) {
            // Linux 5.14; also kills frozen processes.
            own.set("cgroup.kill", "1");
        }
        let pids = container_pids(state);
        pids.iter().for_each(|pid| kill_one(state, *pid));
        unfreeze(state);
        lift_limits(state);
        if state.has_exited() {
            return KillOutcome::Exited;
        }
        if begin.elapsed() > FUSE_ABORT_DELAY {
            // It fails on a kernel without FUSE, which has no connections.
            let _ = fuse::abort_connections(&pids);
        }
        if begin.elapsed() > KILL_TIMEOUT {
            return KillOutcome::Alive;
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Returns the processes of the container. Each process is in every hierarchy.
fn container_pids(state: &ContainerState) -> Vec<u32> {
    let hierarchies = ["freezer", "pids", "name=systemd", ""];
    let mut pids: Vec<u32> = Vec::new();
    let path = hierarchies.iter().find_map(|name| state.cgroup_paths.get(*name));
    if let Some(Ok(group)) = path.map(|path| CgroupDir::open(path)) {
        let read = |group: &CgroupDir| {
            pids.extend(
                group.get("cgroup.procs").lines().filter_map(|pid| pid.parse::<u32>().ok()),
            );
        };
        // Later processes are found in the next iteration.
        let _ = group.visit(Instant::now() + WALK_TIMEOUT, read);
    }
    pids.push(state.pid);
    pids
}

/// Kills one process. The descriptor keeps referring to it, so its membership is checked before the
/// signal.
fn kill_one(state: &ContainerState, pid: u32) {
    let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    let Ok(process) = pidfd_open(number, PidfdFlags::empty()) else { return };
    let membership = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    if state.has_member(&membership) {
        // It may have exited.
        let _ = pidfd_send_signal(process.as_fd(), Signal::KILL);
    }
}

/// Kills the remaining processes of a container whose init has exited, and removes the groups that
/// root in the container has created. runc works with paths, which may exceed the kernel's limit.
pub(super) fn clean_up(state: &ContainerState) {
    let deadline = Instant::now() + KILL_TIMEOUT;
    lift_limits(state);
    for path in state.cgroup_paths.values() {
        if let Ok(group) = CgroupDir::open(path) {
            // runc reports what cannot be removed.
            let _ = group.remove_descendants(deadline);
        }
    }
}
