use std::path::Path;

use serde_json::json;

use super::{Spec, mount};

/// A device that is harmless in a user namespace and expected by tools in the container.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::runtime) struct Device {
    pub(in crate::runtime) path: &'static str,
    pub(in crate::runtime) major: u32,
    pub(in crate::runtime) minor: u32,
}

/// Numbers from the kernel's `Documentation/admin-guide/devices.txt`.
pub(in crate::runtime) const DEVICES: [Device; 2] = [
    Device { path: "/dev/fuse", major: 10, minor: 229 },
    Device { path: "/dev/net/tun", major: 10, minor: 200 },
];

/// Adds the device, bind-mounted from `node`, and allows it in the container's device cgroup.
///
/// `linux.devices` does not work: in a user namespace runc bind-mounts the host's own node, which
/// without udev has mode 0600 and belongs to host root, so that no user in the container could open
/// it.
pub(in crate::runtime) fn add_device(spec: &mut Spec, device: &Device, node: &Path) {
    if spec.list("/linux/devices").iter().any(|requested| requested["path"] == device.path) {
        return;
    }
    mount::add(spec, device.path, "bind", node, &["bind", "nosuid", "noexec"]);
    spec.list_mut(&["linux", "resources"], "devices").push(json!({
        "allow": true, "type": "c", "major": device.major, "minor": device.minor, "access": "rwm",
    }));
}
