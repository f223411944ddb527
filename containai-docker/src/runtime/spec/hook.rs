use std::path::Path;

use serde_json::json;

use super::Spec;
use crate::runtime::invocation::{CGROUP_HOOK, HOOK_COMMAND, PROGRAM};

/// Has runc run this program after the control groups are created, after any existing hooks.
pub(super) fn add_cgroup_hook(spec: &mut Spec, executable: &Path) {
    let hook = json!({ "path": executable, "args": [PROGRAM, HOOK_COMMAND, CGROUP_HOOK] });
    spec.list_mut(&["hooks"], "createRuntime").push(hook);
}
