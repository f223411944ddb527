use super::document::Spec;
use super::host_info::HostInfo;
use super::{
    capability, cgroup, environment, hook, lxcfs, masked_paths, mount, pids_limit, program,
    resource_limit, seccomp, tmpfs,
};

/// Applies all edits that require no mounts.
pub(in crate::runtime) fn edit(spec: &mut Spec, host: &HostInfo) {
    capability::grant(spec, host.bounding);
    cgroup::delegate(spec);
    masked_paths::unmask_paths(spec);
    mount::add_system_tmpfs(spec);
    tmpfs::size_shared_memory(spec);
    environment::set_container_variable(spec);
    seccomp::extend_profile(spec);
    lxcfs::mount_lxcfs_files(spec, &host.lxcfs);
    program::mount_program(spec, &host.executable);
    pids_limit::limit_pids(spec, host.max_tasks);
    resource_limit::raise_limits(spec, &host.limits, host.max_files, host.bounding);
    hook::add_cgroup_hook(spec, &host.executable);
}
