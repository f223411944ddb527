//! Properties whose treatment does not depend on the rest of the file.

use serde_json::Value;

use super::fields::JsonFields;
use super::plan::DevcontainerPlan;

/// Properties that other modules read, and those that only describe the file.
const READ: [&str; 43] = [
    "$schema",
    "appPort",
    "build",
    "containerEnv",
    "containerUser",
    "context",
    "customizations",
    "devPort",
    "dockerComposeFile",
    "dockerFile",
    "extensions",
    "features",
    "forwardPorts",
    "hostRequirements",
    "image",
    "initializeCommand",
    "mounts",
    "name",
    "onCreateCommand",
    "otherPortsAttributes",
    "overrideCommand",
    "overrideFeatureInstallOrder",
    "portsAttributes",
    "postAttachCommand",
    "postCreateCommand",
    "postStartCommand",
    "remoteEnv",
    "remoteUser",
    "runArgs",
    "runServices",
    "service",
    "settings",
    "shutdownAction",
    "updateContentCommand",
    "waitFor",
    "workspaceFolder",
    "workspaceMount",
    // Treated below.
    "capAdd",
    "init",
    "privileged",
    "secrets",
    "securityOpt",
    "updateRemoteUserUID",
];

/// The reason why capabilities and security options are satisfied.
pub(super) const CAPABILITIES: &str =
    "root has all capabilities inside the container, and none on this machine";
/// The reason why a requested init process is satisfied.
pub(super) const INIT: &str = "systemd is the first process of every container";
/// The reason why a requested GPU is left out.
pub(super) const GPU: &str = "containers have no access to the GPUs of this machine";
/// The reason why devices are left out.
pub(super) const DEVICES: &str = "containers have no access to the devices of this machine";
/// The reason why users' ids are satisfied.
const USER_IDS: &str = "the files of the workspace belong to `agent` inside the container";
/// The reason why the end of an editor does not stop the container.
const SHUTDOWN: &str = "a container runs until `cai stop`";

/// Adds entries for the properties that every container satisfies, for those without effect, and
/// for unknown ones.
pub(super) fn plan_keys(fields: JsonFields<'_>, plan: &mut DevcontainerPlan) {
    let is_set = |key: &str| fields.get(key).is_some_and(|value| !is_empty(value));
    for (key, reason) in [
        ("privileged", CAPABILITIES),
        ("capAdd", CAPABILITIES),
        ("securityOpt", CAPABILITIES),
        ("init", INIT),
        ("updateRemoteUserUID", USER_IDS),
    ] {
        if is_set(key) {
            plan.satisfied(key, reason);
        }
    }
    match fields.get("overrideCommand") {
        Some(Value::Bool(false)) => plan.left_out(
            "overrideCommand",
            "systemd is the first process, and the image's own command does not run: start it with `postStartCommand`",
        ),
        Some(_) => plan.satisfied("overrideCommand", INIT),
        None => {}
    }
    match fields.get("shutdownAction").and_then(Value::as_str) {
        Some("none") => plan.satisfied("shutdownAction", SHUTDOWN),
        Some(_) => plan.left_out("shutdownAction", SHUTDOWN),
        None => {}
    }
    if is_set("userEnvProbe") {
        let reason = "commands get the image's variables, and shells also read their profiles";
        plan.left_out("userEnvProbe", reason);
    }
    if is_set("secrets") {
        plan.left_out("secrets", "pass variables with `--env` or the setting `env.import`");
    }
    let known = |key: &str| READ.contains(&key) || key == "userEnvProbe";
    for key in fields.0.keys().filter(|key| !known(key)) {
        plan.left_out(key, "it is not a known property of devcontainer.json");
    }
}

/// Whether a value asks for nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::jsonc;

    #[test]
    fn satisfied_ignored_and_unknown_keys_are_named() {
        let text = r#"{"name": "x", "privileged": true, "capAdd": [], "init": false, "securityOpt": ["seccomp=unconfined"],
            "overrideCommand": false, "shutdownAction": "none", "userEnvProbe": "loginShell", "postCreateComand": "x",
            "secrets": {"A": {}}, "image": "x"}"#;
        let object = jsonc::parse(text).expect("JSON");
        let mut plan = DevcontainerPlan::default();
        plan_keys(JsonFields(&object), &mut plan);
        let lines: Vec<_> = plan.entries().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
