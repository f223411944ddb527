use std::path::Path;

use super::{Spec, mount};

/// The mount point of lxcfs in distribution packages.
pub(in crate::runtime) const ROOT: &str = "/var/lib/lxcfs";

/// The files of `/proc` for which lxcfs returns the limits of the container (lxcfs(1)). runc allows
/// bind mounts over these files only.
pub(in crate::runtime) const FILES: [&str; 7] =
    ["cpuinfo", "diskstats", "loadavg", "meminfo", "stat", "swaps", "uptime"];

/// A procfs without masks. Without one the kernel rejects new procfs mounts in nested user
/// namespaces; LXD has the same at `/dev/.lxc/proc`.
const UNMASKED_PROC: &str = "/dev/.containai/proc";

/// Mounts these files of lxcfs over the kernel's.
pub(super) fn mount_lxcfs_files(spec: &mut Spec, files: &[&str]) {
    if files.is_empty() {
        return;
    }
    let proc_options = ["nosuid", "noexec", "nodev"];
    mount::add(spec, UNMASKED_PROC, "proc", Path::new("proc"), &proc_options);
    let file_options = ["bind", "nosuid", "nodev", "noexec"];
    for file in files {
        let source = Path::new(ROOT).join("proc").join(file);
        mount::add(spec, &format!("/proc/{file}"), "bind", &source, &file_options);
    }
}
