//! Settings of a service that are arguments of `docker run`.

use serde_json::{Map, Value};

use crate::devcontainer::fields::{JsonFields, scalar_text};
use crate::devcontainer::plan::DevcontainerPlan;

/// Settings with one value, and their arguments.
const VALUES: [(&str, &str); 16] = [
    ("shm_size", "--shm-size"),
    ("ipc", "--ipc"),
    ("pid", "--pid"),
    ("uts", "--uts"),
    ("userns_mode", "--userns"),
    ("hostname", "--hostname"),
    ("container_name", "--name"),
    ("platform", "--platform"),
    ("runtime", "--runtime"),
    ("mem_limit", "--memory"),
    ("mem_reservation", "--memory-reservation"),
    ("memswap_limit", "--memory-swap"),
    ("cpus", "--cpus"),
    ("cpuset", "--cpuset-cpus"),
    ("pids_limit", "--pids-limit"),
    ("mac_address", "--mac-address"),
];
/// Settings with a list of values.
const LISTS: [(&str, &str); 7] = [
    ("cap_add", "--cap-add"),
    ("cap_drop", "--cap-drop"),
    ("security_opt", "--security-opt"),
    ("devices", "--device"),
    ("group_add", "--group-add"),
    ("dns", "--dns"),
    ("tmpfs", "--tmpfs"),
];
/// Settings with names and values, and what separates these.
const PAIRS: [(&str, &str, char); 3] = [
    ("extra_hosts", "--add-host", ':'),
    ("sysctls", "--sysctl", '='),
    ("ulimits", "--ulimit", '='),
];
/// Switches.
const SWITCHES: [(&str, &str); 3] =
    [("privileged", "--privileged"), ("init", "--init"), ("read_only", "--read-only")];
/// Settings that other modules read.
const READ: [&str; 10] = [
    "build",
    "command",
    "depends_on",
    "entrypoint",
    "env_file",
    "environment",
    "image",
    "ports",
    "user",
    "volumes",
];
/// Settings that describe how a service runs beside others, which the container does anyway.
const PLAIN: [&str; 19] = [
    "annotations",
    "attach",
    "cgroup",
    "deploy",
    "develop",
    "expose",
    "external_links",
    "healthcheck",
    "labels",
    "links",
    "logging",
    "networks",
    "profiles",
    "pull_policy",
    "restart",
    "scale",
    "stdin_open",
    "tty",
    "working_dir",
];

/// Returns the arguments, and adds an entry for each setting that has none.
pub(super) fn of_service(
    service: &str,
    fields: JsonFields<'_>,
    plan: &mut DevcontainerPlan,
) -> Vec<Value> {
    let mut arguments = Vec::new();
    for (key, argument) in VALUES {
        arguments.extend(text(fields, key).map(|value| format!("{argument}={value}")));
    }
    for (key, argument) in LISTS {
        let items = fields.get(key).and_then(Value::as_array).into_iter().flatten();
        let values = items.filter_map(|item| match item {
            Value::Object(device) => device.get("source").and_then(scalar_text),
            item => scalar_text(item),
        });
        arguments.extend(values.map(|value| format!("{argument}={value}")));
    }
    for (key, argument, separator) in PAIRS {
        for (name, value) in fields.get(key).and_then(Value::as_object).into_iter().flatten() {
            let value = pair_value(value);
            arguments.push(format!("{argument}={name}{separator}{value}"));
        }
    }
    for (key, argument) in SWITCHES {
        if fields.get(key) == Some(&Value::Bool(true)) {
            arguments.push(argument.to_owned());
        }
    }
    if fields.get("gpus").is_some() || reserves_devices(fields) {
        arguments.push("--gpus=all".to_owned());
    }
    match text(fields, "network_mode") {
        // The others share the container's network, see `compose.sh`.
        Some(mode) if mode.starts_with("service:") => {}
        Some(mode) => arguments.push(format!("--network={mode}")),
        None => {}
    }
    left_out(service, fields.0, plan);
    arguments.into_iter().map(Value::String).collect()
}

fn left_out(service: &str, fields: &Map<String, Value>, plan: &mut DevcontainerPlan) {
    let keys = VALUES.iter().chain(&LISTS).chain(&SWITCHES).map(|(key, _)| *key);
    let known: Vec<&str> = keys
        .chain(PAIRS.iter().map(|(key, ..)| *key))
        .chain(READ)
        .chain(PLAIN)
        .chain(["gpus", "network_mode"])
        .collect();
    let unknown =
        fields.keys().filter(|key| !known.contains(&key.as_str()) && !key.starts_with("x-"));
    for key in unknown {
        plan.left_out(
            format!("services.{service}.{key}"),
            "the setting does not apply to the container",
        );
    }
}

fn text(fields: JsonFields<'_>, key: &str) -> Option<String> {
    fields.get(key).and_then(scalar_text)
}

/// Returns a value, or the two limits of `ulimits`.
fn pair_value(value: &Value) -> String {
    let limit = |key: &str| value.get(key).and_then(scalar_text);
    match (limit("soft"), limit("hard")) {
        (Some(soft), Some(hard)) => format!("{soft}:{hard}"),
        _ => scalar_text(value).unwrap_or_default(),
    }
}

fn reserves_devices(fields: JsonFields<'_>) -> bool {
    let deploy = fields.get("deploy").unwrap_or(&Value::Null);
    deploy["resources"]["reservations"]["devices"].as_array().is_some_and(|list| !list.is_empty())
}
