use std::path::Path;

use serde_json::json;

use super::Spec;
use crate::runtime::PROGRAM;
use crate::runtime::invocation::{CGROUP_HOOK, HOOK_VERB};

/// Has runc run this program after the control groups are created, after any existing hooks.
pub(super) fn call_back(spec: &mut Spec, executable: &Path) {
    let hook = json!({ "path": executable, "args": [PROGRAM, HOOK_VERB, CGROUP_HOOK] });
    spec.list_mut(&["hooks"], "createRuntime").push(hook);
}
