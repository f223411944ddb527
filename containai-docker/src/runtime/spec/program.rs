use std::path::Path;

use containai_core::layout::CONTAINER_CAI;

use super::{Spec, mount};

/// Mounts this program, which acts as `cai` under that name, into the container. It always has the
/// version of the engine, and is not copied.
///
/// The file belongs to host root, which has no id in the container, so it cannot be written even if
/// the mount is made writable.
pub(in crate::runtime) fn mount_program(spec: &mut Spec, executable: &Path) {
    mount::add(spec, CONTAINER_CAI, "bind", executable, &["bind", "ro", "nosuid", "nodev"]);
}
