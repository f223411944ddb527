//! Settings that answer an agent's questions before they are asked, because the container answers
//! them.

use serde_json::{Map, Value};
use toml_edit::Item;

use super::ManifestErrorKind;
use super::section::wrong_type;
use crate::layout::CONTAINER_WORKSPACE;

/// The placeholder of the workspace's path in keys and values.
const WORKSPACE: &str = "{workspace}";
/// The lines around the text for agents in a file of the user.
const CONTEXT_START: &str = "<!-- ContainAI: begin -->";
const CONTEXT_END: &str = "<!-- ContainAI: end -->";

/// The text about the container for agents.
pub const AGENT_CONTEXT: &str = include_str!("context.md");

/// The first start of an agent, from the section `[agent.first_start]` of its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstStart {
    /// The settings.
    pub settings: Vec<FirstStartSetting>,
    /// The file of the user, below the home directory, that gets [`AGENT_CONTEXT`]; `None` if the
    /// image has a file for it, or if the agent reads none.
    pub context: Option<String>,
}

/// A value in a JSON file, which is set unless the file has the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstStartSetting {
    /// The file, below the home directory.
    pub file: String,
    /// The path of the key.
    pub key: Vec<String>,
    /// The value.
    pub value: Value,
}

impl FirstStart {
    pub(super) fn from_item(item: Option<&Item>) -> Self {
        let Some(table) = item.and_then(Item::as_table_like) else { return Self::default() };
        let settings = table.get("settings").and_then(Item::as_array);
        let setting = |value: &toml_edit::Value| {
            let table = value.as_inline_table()?;
            let key = table.get("key")?.as_array()?.iter().filter_map(|it| it.as_str());
            Some(FirstStartSetting {
                file: table.get("file")?.as_str()?.to_owned(),
                key: key.map(in_workspace).collect(),
                value: json_of(table.get("value")?)?,
            })
        };
        Self {
            settings: settings.into_iter().flatten().filter_map(setting).collect(),
            context: table.get("context").and_then(Item::as_str).map(str::to_owned),
        }
    }

    /// Validates the section. Files must be below the home directory.
    pub(super) fn check(item: &Item) -> Result<(), ManifestErrorKind> {
        let Some(table) = item.as_table_like() else {
            return Err(wrong_type("first_start", "a table"));
        };
        for (key, item) in table.iter() {
            match key {
                "settings" if item.as_array().is_none() => {
                    return Err(wrong_type(key, "an array of tables"));
                }
                "context" if !item.is_str() => return Err(wrong_type(key, "a string")),
                "settings" | "context" => {}
                _ => return Err(ManifestErrorKind::UnknownKey(key.to_owned())),
            }
        }
        let given = table.get("settings").and_then(Item::as_array).map_or(0, toml_edit::Array::len);
        let parsed = Self::from_item(Some(item));
        if parsed.settings.len() != given || parsed.settings.iter().any(|it| it.key.is_empty()) {
            let expected = "tables with `file`, `key` and a `value` that is a string, a boolean, an integer or an array of strings";
            return Err(wrong_type("settings", expected));
        }
        let files = parsed.settings.iter().map(|it| &it.file).chain(&parsed.context);
        let is_below_home = |path: &&String| {
            !path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        };
        match files.into_iter().find(|path| !is_below_home(path)) {
            None => Ok(()),
            Some(path) => Err(ManifestErrorKind::InvalidPath {
                key: "file",
                path: path.clone(),
                reason: "which is not a path below the home directory",
            }),
        }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.context.is_none()
    }

    /// Returns the files with settings, each once.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<_> = self.settings.iter().map(|it| it.file.as_str()).collect();
        files.dedup();
        files
    }

    /// Returns the new text of a file with settings; `None` if nothing is missing, or if the text is
    /// not a JSON object. An empty text is an empty object.
    #[must_use]
    pub fn complete(&self, file: &str, text: &str) -> Option<String> {
        let text = if text.trim().is_empty() { "{}" } else { text };
        let mut root: Map<String, Value> = serde_json::from_str(text).ok()?;
        let mut is_changed = false;
        for setting in self.settings.iter().filter(|it| it.file == file) {
            is_changed |= set_if_missing(&mut root, &setting.key, &setting.value);
        }
        is_changed.then(|| serde_json::to_string_pretty(&root).ok()).flatten().map(|it| it + "\n")
    }
}

/// Returns the text with [`AGENT_CONTEXT`] between marks, after what the user wrote; `None` if it is
/// there already. An earlier version's text is replaced.
#[must_use]
pub fn with_agent_context(text: &str) -> Option<String> {
    let block = format!("{CONTEXT_START}\n{AGENT_CONTEXT}{CONTEXT_END}\n");
    if text.contains(&block) {
        return None;
    }
    let own = match (text.find(CONTEXT_START), text.find(CONTEXT_END)) {
        (Some(start), Some(end)) if start < end => {
            let after = text[end + CONTEXT_END.len()..].trim_start_matches('\n');
            format!("{}{after}", &text[..start])
        }
        _ => text.to_owned(),
    };
    let own = own.trim_end();
    let gap = if own.is_empty() { "" } else { "\n\n" };
    Some(format!("{own}{gap}{block}"))
}

fn set_if_missing(object: &mut Map<String, Value>, key: &[String], value: &Value) -> bool {
    match key {
        [] => false,
        [last] => match object.contains_key(last) {
            true => false,
            false => object.insert(last.clone(), value.clone()).is_none(),
        },
        [first, rest @ ..] => {
            let next = object.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
            next.as_object_mut().is_some_and(|next| set_if_missing(next, rest, value))
        }
    }
}

fn in_workspace(text: &str) -> String {
    text.replace(WORKSPACE, CONTAINER_WORKSPACE)
}

fn json_of(value: &toml_edit::Value) -> Option<Value> {
    if let Some(array) = value.as_array() {
        let texts: Option<Vec<_>> =
            array.iter().map(|it| it.as_str().map(|it| Value::from(in_workspace(it)))).collect();
        return texts.map(Value::from);
    }
    let text = value.as_str().map(|text| Value::from(in_workspace(text)));
    text.or_else(|| value.as_bool().map(Value::from))
        .or_else(|| value.as_integer().map(Value::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::shipped_agents;

    fn claude() -> FirstStart {
        let agent = shipped_agents().into_iter().find(|agent| agent.name == "claude");
        agent.map(|agent| agent.first_start).expect("an agent")
    }

    #[test]
    fn missing_settings_are_added() {
        let text = claude().complete(".claude.json", "").expect("settings");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let workspace = &value["projects"]["/home/agent/workspace"];
        assert_eq!(value["hasCompletedOnboarding"], true, "{text}");
        assert_eq!(workspace["hasTrustDialogAccepted"], true, "{text}");
        assert_eq!(claude().complete(".claude.json", &text), None);
    }

    #[test]
    fn settings_of_the_user_are_kept() {
        let own = r#"{"a": 1, "hasCompletedOnboarding": false, "projects": {"/home/agent/workspace": {"hasTrustDialogAccepted": false, "b": []}}}"#;
        assert_eq!(claude().complete(".claude.json", own), None);
        assert_eq!(claude().complete(".claude.json", "// not JSON"), None);
        assert_eq!(claude().complete(".claude.json", "[]"), None);
        let odd = r#"{"hasCompletedOnboarding": true, "projects": []}"#;
        assert_eq!(claude().complete(".claude.json", odd), None);
    }

    #[test]
    fn the_context_follows_the_text_of_the_user() {
        let text = with_agent_context("Be brief.\n").expect("a text");
        assert!(text.starts_with("Be brief.\n\n<!-- ContainAI: begin -->\n"), "{text}");
        assert!(text.contains(AGENT_CONTEXT) && text.ends_with("end -->\n"), "{text}");
        assert_eq!(with_agent_context(&text), None);
        let earlier = "Mine.\n<!-- ContainAI: begin -->\nold\n<!-- ContainAI: end -->\nMore.\n";
        let text = with_agent_context(earlier).expect("a text");
        assert!(text.starts_with("Mine.\nMore.\n\n<!--") && !text.contains("old"), "{text}");
    }
}
