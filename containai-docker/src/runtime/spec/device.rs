use std::path::Path;

use serde_json::json;

use super::{Spec, mount};

/// A device that is harmless in a user namespace and that tools inside expect.
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

/// Offers the device, bound from `node`, and lets the container's device group open it.
///
/// Not by `linux.devices`: in a user namespace runc binds the host's own node, and where udev does
/// not run that has mode 0600 and belongs to host root, so that nobody inside could open it.
pub(in crate::runtime) fn offer(spec: &mut Spec, device: &Device, node: &Path) {
    if spec.list("/linux/devices").iter().any(|asked| asked["path"] == device.path) {
        return;
    }
    mount::add(spec, device.path, "bind", node, &["bind", "nosuid", "noexec"]);
    spec.list_mut(&["linux", "resources"], "devices").push(json!({
        "allow": true, "type": "c", "major": device.major, "minor": device.minor, "access": "rwm",
    }));
}
