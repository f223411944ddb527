//! Variable substitution.

use serde_json::{Map, Value};

/// The values of variables in a `devcontainer.json`.
pub(super) struct Variables<'a> {
    /// `localWorkspaceFolder`.
    pub(super) local_folder: &'a str,
    /// `containerWorkspaceFolder`.
    pub(super) container_folder: &'a str,
    /// `devcontainerId`.
    pub(super) id: &'a str,
    /// `localEnv:NAME`; called only for approved files.
    pub(super) local: &'a dyn Fn(&str) -> Option<String>,
}

/// Replaces variables in all strings of an object. Unknown variables are kept, including
/// `containerEnv:NAME`, which is known only in the container.
pub(super) fn substitute(
    object: &Map<String, Value>,
    variables: &Variables<'_>,
) -> Map<String, Value> {
    let pairs = object.iter().map(|(key, value)| (key.clone(), value_of(value, variables)));
    pairs.collect()
}

fn value_of(value: &Value, variables: &Variables<'_>) -> Value {
    match value {
        Value::String(text) => Value::String(text_of(text, variables)),
        Value::Array(items) => items.iter().map(|item| value_of(item, variables)).collect(),
        Value::Object(object) => Value::Object(substitute(object, variables)),
        other => other.clone(),
    }
}

fn text_of(text: &str, variables: &Variables<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, variable, after)) = next(rest) {
        out.push_str(before);
        match known(variable, variables) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&format!("${{{variable}}}")),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Returns the first variable with the text before and after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (variable, after) = rest.split_once('}')?;
    Some((before, variable, after))
}

fn known(variable: &str, variables: &Variables<'_>) -> Option<String> {
    let mut parts = variable.split(':');
    let name = parts.next().unwrap_or_default();
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    match name {
        "localEnv" | "env" => {
            let value = (variables.local)(parts.next()?);
            Some(value.unwrap_or_else(|| parts.next().unwrap_or_default().to_owned()))
        }
        "localWorkspaceFolder" => Some(variables.local_folder.to_owned()),
        "localWorkspaceFolderBasename" => Some(base(variables.local_folder)),
        "containerWorkspaceFolder" => Some(variables.container_folder.to_owned()),
        "containerWorkspaceFolderBasename" => Some(base(variables.container_folder)),
        "devcontainerId" => Some(variables.id.to_owned()),
        _ => None,
    }
}

/// Whether a string in the value contains a variable of the host.
pub(super) fn asks_host(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, variable, after)) = next(rest) {
                if matches!(variable.split(':').next(), Some("localEnv" | "env")) {
                    return true;
                }
                rest = after;
            }
            false
        }
        Value::Array(items) => items.iter().any(asks_host),
        Value::Object(object) => object.values().any(asks_host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_put_in_once() {
        let local = |name: &str| (name == "A").then(|| "${localEnv:A}".to_owned());
        let variables = Variables {
            local_folder: "/ws/x",
            container_folder: "/home/agent/workspace",
            id: "id",
            local: &local,
        };
        for (text, expected) in [
            ("a ${localWorkspaceFolder} b", "a /ws/x b"),
            ("${localWorkspaceFolderBasename}${containerWorkspaceFolderBasename}", "xworkspace"),
            ("${localEnv:A}", "${localEnv:A}"),
            ("${env:B}${localEnv:B:d:e}.", "d."),
            ("${containerEnv:PATH}:${devcontainerId}", "${containerEnv:PATH}:id"),
            ("${localEnv}$x${", "${localEnv}$x${"),
            ("", ""),
        ] {
            assert_eq!(text_of(text, &variables), expected, "{text}");
        }
        assert!(asks_host(&serde_json::json!({"a": ["x", "${localEnv:A}"]})));
        assert!(!asks_host(&serde_json::json!({"${localEnv:A}": ["${containerEnv:A}", 1]})));
    }
}
