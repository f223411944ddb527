use super::{Spec, mount};

/// Removes the masks over `/proc` and `/sys`.
///
/// While `/proc` is partially masked, the kernel rejects a new procfs mount in a nested container
/// (mount_namespaces(7), "restrictions on mount namespaces"). The masked files belong to host root,
/// which has no id in the container, so they stay read-only. `/sys` becomes writable for nested
/// containers, which get no more access than their parent.
///
/// The AppArmor profile is removed too: `docker-default` denies every mount(2), and a profile per
/// engine would have to be loaded into the host's kernel. The user namespace and the seccomp
/// profile stay.
pub(super) fn unmask_paths(spec: &mut Spec) {
    let linux = spec.object(&["linux"]);
    linux.remove("maskedPaths");
    linux.remove("readonlyPaths");
    spec.object(&["process"]).remove("apparmorProfile");
    for entry in spec.list_mut(&[], "mounts") {
        if entry["type"] == "sysfs" {
            mount::make_writable(entry);
        }
    }
}
