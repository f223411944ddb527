//! The edits of `config.json` (OCI runtime specification, `config.md` and `config-linux.md`), one
//! per file. All edits are pure functions of JSON and facts. Unknown fields stay unchanged.

mod bind;
mod capability;
mod cgroup;
mod device;
mod document;
mod environment;
mod exposure;
mod hook;
mod lxcfs;
mod mount;
mod processes;
mod program;
mod root;
mod seccomp;
mod socket_family;
#[cfg(test)]
mod tests;
mod user_namespace;

pub(super) use bind::{Bind, engine_binds, foreign_binds, outside_binds, redirect};
pub(super) use capability::BoundingSet;
pub(super) use device::{DEVICES, Device, offer as offer_device};
pub(super) use document::Spec;
pub(super) use lxcfs::{FILES as LXCFS_FILES, ROOT as LXCFS};
pub(super) use program::lend as lend_program;
pub(super) use root::{move_root, root};
pub(super) use seccomp::{Keyrings, settle_keyrings};
pub(super) use user_namespace::{SpecError, UserNamespace, join};

use super::host::Host;

/// Applies all edits that require no mounts.
pub(super) fn edit(spec: &mut Spec, host: &Host) {
    capability::grant(spec, host.bounding);
    cgroup::delegate(spec);
    exposure::uncover(spec);
    mount::add_system_tmpfs(spec);
    environment::announce_container(spec);
    seccomp::widen(spec);
    lxcfs::virtualise(spec, &host.lxcfs);
    program::lend(spec, &host.executable);
    processes::leave_some(spec, host.tasks);
    hook::call_back(spec, &host.executable);
}
