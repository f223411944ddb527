use std::path::Path;

use containai_core::layout::CONTAINER_PROGRAM;

use super::{Spec, mount};

/// Lends the container this very program, which is `cai` by that name: always
/// the version of the engine, and nothing is copied.
///
/// The file belongs to the host's root, who is nobody inside, so that it cannot
/// be written to even where the mount is made writable.
pub(in crate::runtime) fn lend(spec: &mut Spec, executable: &Path) {
    mount::add(spec, CONTAINER_PROGRAM, "bind", executable, &["bind", "ro", "nosuid", "nodev"]);
}
