use serde_json::json;

use super::{Spec, mount};

/// Lets the container create control groups below its own, as systemd and the inner engine require.
///
/// On cgroup v2, a writable mount in a user namespace also makes runc delegate the files; on v1 the
/// hook does that.
pub(super) fn delegate(spec: &mut Spec) {
    let namespaces = spec.list_mut(&["linux"], "namespaces");
    namespaces.retain(|namespace| namespace["type"] != "cgroup");
    namespaces.push(json!({ "type": "cgroup" }));

    for entry in spec.list_mut(&[], "mounts") {
        if matches!(entry["type"].as_str(), Some("cgroup" | "cgroup2")) {
            mount::make_writable(entry);
        }
    }
}
