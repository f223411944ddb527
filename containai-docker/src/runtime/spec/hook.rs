use std::path::Path;

use serde_json::json;

use super::Spec;
use crate::runtime::PROGRAM;
use crate::runtime::invocation::{CGROUP_HOOK, HOOK_VERB};

/// Asks runc to call this program back when the control groups are made, after the hooks that are
/// there.
pub(super) fn call_back(spec: &mut Spec, executable: &Path) {
    let hook = json!({ "path": executable, "args": [PROGRAM, HOOK_VERB, CGROUP_HOOK] });
    spec.list_mut(&["hooks"], "createRuntime").push(hook);
}
