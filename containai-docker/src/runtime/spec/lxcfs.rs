use std::path::Path;

use super::{Spec, mount};

/// Where the distributions' lxcfs mounts itself.
pub(in crate::runtime) const ROOT: &str = "/var/lib/lxcfs";

/// The files of `/proc` that lxcfs answers with the limits of the container
/// (lxcfs(1)). runc allows binds over these and no others.
pub(in crate::runtime) const FILES: [&str; 7] =
    ["cpuinfo", "diskstats", "loadavg", "meminfo", "stat", "swaps", "uptime"];

/// A procfs that nothing covers. Without one the kernel refuses a fresh procfs
/// to user namespaces made inside; LXD has the same at `/dev/.lxc/proc`.
const UNCOVERED: &str = "/dev/.containai/proc";

/// Puts these files of lxcfs over the kernel's.
pub(super) fn virtualise(spec: &mut Spec, files: &[&str]) {
    if files.is_empty() {
        return;
    }
    let proc_options = ["nosuid", "noexec", "nodev"];
    mount::add(spec, UNCOVERED, "proc", Path::new("proc"), &proc_options);
    let file_options = ["bind", "nosuid", "nodev", "noexec"];
    for file in files {
        let source = Path::new(ROOT).join("proc").join(file);
        mount::add(spec, &format!("/proc/{file}"), "bind", &source, &file_options);
    }
}
