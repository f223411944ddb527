use serde_json::Value;

use super::Spec;

/// Sets the variable by which systemd detects a container (systemd.exec(5), "container interface"),
/// unless it is already set.
pub(super) fn set_container_variable(spec: &mut Spec) {
    let environment = spec.list_mut(&["process"], "env");
    let is_container_variable =
        |entry: &Value| entry.as_str().is_some_and(|entry| entry.starts_with("container="));
    if !environment.iter().any(is_container_variable) {
        environment.push("container=docker".into());
    }
}
