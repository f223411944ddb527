//! The edits of `config.json` (OCI runtime specification, `config.md` and `config-linux.md`), one
//! per file. All edits are pure functions of JSON and facts. Unknown fields stay unchanged.

mod bind_mount;
mod capability;
mod cgroup;
mod device;
mod document;
mod environment;
mod hook;
mod lxcfs;
mod masked_paths;
mod mount;
mod pids_limit;
mod program;
mod root;
mod seccomp;
mod socket_family;
#[cfg(test)]
mod tests;
mod user_namespace;

pub(super) use bind_mount::{BindMount, engine_binds, external_binds, set_source, user_binds};
pub(super) use capability::BoundingSet;
pub(super) use device::{DEVICES, Device, add_device};
pub(super) use document::Spec;
pub(super) use lxcfs::{FILES as LXCFS_FILES, ROOT as LXCFS};
pub(super) use program::mount_program;
pub(super) use root::{root_path, set_root_path};
pub(super) use seccomp::{Keyrings, set_keyring_rules};
pub(super) use user_namespace::{SpecError, UserNamespace, join_namespace};

use super::host_info::HostInfo;

/// Applies all edits that require no mounts.
pub(super) fn edit(spec: &mut Spec, host: &HostInfo) {
    capability::grant(spec, host.bounding);
    cgroup::delegate(spec);
    masked_paths::unmask_paths(spec);
    mount::add_system_tmpfs(spec);
    environment::set_container_variable(spec);
    seccomp::extend_profile(spec);
    lxcfs::mount_lxcfs_files(spec, &host.lxcfs);
    mount_program(spec, &host.executable);
    pids_limit::limit_pids(spec, host.max_tasks);
    hook::add_cgroup_hook(spec, &host.executable);
}
