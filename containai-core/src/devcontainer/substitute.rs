//! Variable substitution.

use serde_json::{Map, Value};

/// The values of variables in a `devcontainer.json`.
pub(super) struct SubstitutionVariables<'a> {
    /// `localWorkspaceFolder`.
    pub(super) local_folder: &'a str,
    /// `containerWorkspaceFolder`.
    pub(super) container_folder: &'a str,
    /// `devcontainerId`.
    pub(super) id: &'a str,
    /// `localEnv:NAME`.
    pub(super) local: &'a dyn Fn(&str) -> Option<String>,
}

/// Replaces variables in all strings of an object. Unknown variables are kept, including
/// `containerEnv:NAME`, which is known only in the container.
pub(super) fn substitute(
    object: &Map<String, Value>,
    variables: &SubstitutionVariables<'_>,
) -> Map<String, Value> {
    let pairs = object.iter().map(|(key, value)| (key.clone(), substitute_value(value, variables)));
    pairs.collect()
}

fn substitute_value(value: &Value, variables: &SubstitutionVariables<'_>) -> Value {
    match value {
        Value::String(text) => Value::String(substitute_text(text, variables)),
        Value::Array(items) => items.iter().map(|item| substitute_value(item, variables)).collect(),
        Value::Object(object) => Value::Object(substitute(object, variables)),
        other => other.clone(),
    }
}

/// Replaces the variables in a text.
pub(super) fn substitute_text(text: &str, variables: &SubstitutionVariables<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, variable, after)) = next_variable(rest) {
        out.push_str(before);
        match lookup(variable, variables) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&format!("${{{variable}}}")),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Returns the first variable with the text before and after it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (variable, after) = rest.split_once('}')?;
    Some((before, variable, after))
}

fn lookup(variable: &str, variables: &SubstitutionVariables<'_>) -> Option<String> {
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
pub(super) fn uses_host_variable(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, variable, after)) = next_variable(rest) {
                if matches!(variable.split(':').next(), Some("localEnv" | "env")) {
                    return true;
                }
                rest = after;
            }
            false
        }
        Value::Array(items) => items.iter().any(uses_host_variable),
        Value::Object(object) => object.values().any(uses_host_variable),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_variables_are_replaced_once() {
        let local = |name: &str| (name == "A").then(|| "${localEnv:A}".to_owned());
        let variables = SubstitutionVariables {
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
            assert_eq!(substitute_text(text, &variables), expected, "{text}");
        }
        assert!(uses_host_variable(&serde_json::json!({"a": ["x", "${localEnv:A}"]})));
        assert!(!uses_host_variable(
            &serde_json::json!({"${localEnv:A}": ["${containerEnv:A}", 1]})
        ));
    }
}
