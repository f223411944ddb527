//! Settings of editors, which `cai` keeps for them.

use serde_json::{Map, Value};

use super::error::DevcontainerError;
use super::fields::JsonFields;
use super::keys::is_empty;
use super::plan::DevcontainerPlan;
use super::substitute::uses_host_variable;

/// The properties that other programs read from the label `devcontainer.metadata`.
const KEPT: [&str; 3] = ["customizations", "portsAttributes", "otherPortsAttributes"];

/// Settings of editors.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct EditorSettings {
    /// The value of the label `devcontainer.metadata`: a JSON array; `None` without settings.
    ///
    /// Source: <https://containers.dev/implementors/spec/#image-metadata>.
    pub metadata: Option<String>,
    /// The settings of VS Code in the container, a JSON object; `None` without settings.
    pub machine: Option<String>,
}

impl EditorSettings {
    /// Reads `customizations` and the attributes of ports from the document before substitution:
    /// values of the host must not be part of an image.
    pub(super) fn read(
        raw: JsonFields<'_>,
        plan: &mut DevcontainerPlan,
    ) -> Result<Self, DevcontainerError> {
        let is_kept = |key: &&str| raw.get(key).is_some_and(|value| !is_empty(value));
        let kept = KEPT.into_iter().filter(is_kept);
        let mut metadata: Map<String, Value> =
            kept.filter_map(|key| Some((key.to_owned(), raw.get(key)?.clone()))).collect();
        let mut code = raw
            .object("customizations")?
            .and_then(|all| all.get("vscode")?.as_object().cloned())
            .unwrap_or_default();
        // Their place before `customizations` existed.
        for key in ["extensions", "settings", "devPort"] {
            if let Some(value) = raw.get(key) {
                code.entry(key).or_insert_with(|| value.clone());
            }
        }
        let mut machine =
            code.get("settings").and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, _) in machine.iter().filter(|(_, value)| uses_host_variable(value)) {
            let property = format!("customizations.vscode.settings.{name}");
            plan.left_out(property, "it has a variable of this machine");
        }
        machine.retain(|_, value| !uses_host_variable(value));
        if !code.is_empty() {
            let all = metadata.entry("customizations").or_insert_with(|| Map::new().into());
            if let Some(all) = all.as_object_mut() {
                all.insert("vscode".to_owned(), code.into());
            }
            plan.satisfied(
                "customizations.vscode",
                "its settings are those of VS Code inside; the label `devcontainer.metadata` names the extensions",
            );
        }
        let some = |object: Map<String, Value>| (!object.is_empty()).then(|| Value::from(object));
        Ok(Self {
            metadata: some(metadata).map(|entry| Value::Array(vec![entry]).to_string()),
            machine: some(machine).map(|settings| settings.to_string()),
        })
    }
}

/// Returns the label `devcontainer.metadata` of an image that is built on another one: the entries
/// of the other one come first, and the later of two has precedence. An invalid label of the other
/// image is dropped.
///
/// Source: <https://containers.dev/implementors/spec/#image-metadata>.
pub fn merge_metadata(base: Option<&str>, own: &str) -> String {
    let entries = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Array(entries)) => entries,
        Ok(Value::Object(entry)) => vec![Value::Object(entry)],
        _ => Vec::new(),
    };
    let mut all = base.map(entries).unwrap_or_default();
    for entry in entries(own) {
        // A base image that was built from the same file has its entry already.
        all.retain(|it| *it != entry);
        all.push(entry);
    }
    Value::Array(all).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::jsonc;

    #[test]
    fn metadata_of_the_base_image_comes_first() {
        let check = |base: Option<&str>, expected: &str| {
            assert_eq!(merge_metadata(base, r#"[{"own":1}]"#), expected, "{base:?}");
        };
        check(None, r#"[{"own":1}]"#);
        check(
            Some(r#"[{"id":"x"},{"remoteUser":"v"}]"#),
            r#"[{"id":"x"},{"remoteUser":"v"},{"own":1}]"#,
        );
        check(Some(r#"{"remoteUser":"v"}"#), r#"[{"remoteUser":"v"},{"own":1}]"#);
        check(Some(r#"[{"own":1},{"id":"x"}]"#), r#"[{"id":"x"},{"own":1}]"#);
        check(Some("nonsense"), r#"[{"own":1}]"#);
    }

    #[test]
    fn settings_of_editors_are_kept_without_values_of_the_host() {
        let text = r#"{"customizations": {"vscode": {"extensions": ["a.b"], "settings": {"x": 1, "y": "${localEnv:TOKEN}"}}, "other": {}},
            "settings": {"z": 2}, "portsAttributes": {"3000": {"label": "web"}}, "otherPortsAttributes": {}}"#;
        let object = jsonc::parse(text).expect("JSON");
        let mut plan = DevcontainerPlan::default();
        let read = EditorSettings::read(JsonFields(&object), &mut plan).expect("settings");
        insta::assert_snapshot!(read.metadata.unwrap_or_default(), @r#"[{"customizations":{"other":{},"vscode":{"extensions":["a.b"],"settings":{"x":1,"y":"${localEnv:TOKEN}"}}},"portsAttributes":{"3000":{"label":"web"}}}]"#);
        insta::assert_snapshot!(read.machine.unwrap_or_default(), @r#"{"x":1}"#);
        assert_eq!(plan.entries().len(), 2);
        let old = jsonc::parse(r#"{"settings": {"z": 2}, "extensions": ["a.b"]}"#).expect("JSON");
        let read = EditorSettings::read(JsonFields(&old), &mut plan).expect("settings");
        assert_eq!(read.machine.as_deref(), Some("{\"z\":2}"));
        assert!(read.metadata.is_some_and(|it| it.contains("a.b")));
        let none = EditorSettings::read(JsonFields(&Map::new()), &mut plan);
        assert_eq!(none, Ok(EditorSettings::default()));
    }
}
