//! The edits of `config.json` (OCI runtime specification, `config.md` and `config-linux.md`), one
//! per file. All edits are pure functions of JSON and facts. Unknown fields stay unchanged.

mod bind_mount;
mod capability;
mod cgroup;
mod device;
mod document;
mod edit;
mod environment;
mod hook;
mod host_info;
mod lxcfs;
mod masked_paths;
mod mount;
mod pids_limit;
mod program;
mod resource_limit;
mod root;
mod seccomp;
mod seccomp_action;
mod socket_family;
#[cfg(test)]
mod tests;
mod tmpfs;
mod user_namespace;

pub(super) use bind_mount::{BindMount, engine_binds, external_binds, set_source, user_binds};
pub(super) use device::{Device, add_device};
pub(super) use document::Spec;
pub(super) use edit::edit;
pub(super) use host_info::{HostInfo, HostInfoError};
pub(super) use program::mount_program;
pub(super) use resource_limit::ResourceLimit;
pub(super) use root::{root_path, set_root_path};
pub(super) use seccomp::{Keyrings, set_keyring_rules};
pub(super) use tmpfs::{remountable_tmpfs, set_tmpfs_source, size_shared_memory};
pub(super) use user_namespace::{SpecError, UserNamespace, join_namespace};
