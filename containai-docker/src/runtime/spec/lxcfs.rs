use std::path::Path;

use super::{Spec, mount};

/// Where the distributions' lxcfs mounts itself.
pub(in crate::runtime) const ROOT: &str = "/var/lib/lxcfs";

/// The files of `/proc` that lxcfs answers with the limits of the container (lxcfs(1)). runc allows binds over these
/// and no others.
pub(in crate::runtime) const FILES: [&str; 7] =
    ["cpuinfo", "diskstats", "loadavg", "meminfo", "stat", "swaps", "uptime"];

/// Puts these files of lxcfs over the kernel's.
pub(super) fn virtualise(spec: &mut Spec, files: &[&str]) {
    for file in files {
        let source = Path::new(ROOT).join("proc").join(file);
        mount::add(
            spec,
            &format!("/proc/{file}"),
            "bind",
            &source,
            &["bind", "nosuid", "nodev", "noexec"],
        );
    }
}
