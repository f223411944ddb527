use super::{Spec, mount};

/// Takes away what covers `/proc` and `/sys`.
///
/// While something covers them, the kernel refuses a fresh procfs to a nested container
/// (mount_namespaces(7), "restrictions on mount namespaces"). What they protect belongs to host
/// root, who is nobody inside: it stays unwritable. `/sys` becomes writable for the same nested
/// containers, which get no more than their parent has.
///
/// The AppArmor profile goes too: `docker-default` denies every mount(2), and a profile for each
/// engine would have to be loaded into the host's kernel. The user namespace and the seccomp
/// profile stay.
pub(super) fn uncover(spec: &mut Spec) {
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
