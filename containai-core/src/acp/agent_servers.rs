//! The setting `agent_servers` of editors.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};

/// An agent in the settings of an editor, an entry of the object `agent_servers`.
///
/// Sources: <https://zed.dev/docs/ai/external-agents>, <https://www.jetbrains.com/help/ai-assistant/acp.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentServer {
    /// The name that the editor shows.
    pub name: String,
    /// The program, an absolute path.
    pub command: String,
    /// The arguments.
    pub args: Vec<String>,
}

/// The error for settings that cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgentServersError {
    /// The text is not JSON with comments.
    #[error("the settings are not valid: {0}")]
    Syntax(String),
    /// A value has another type than the editor documents.
    #[error("`{0}` is not an object")]
    NotAnObject(&'static str),
}

const KEY: &str = "agent_servers";

impl AgentServer {
    /// Returns the settings with these agents; comments and everything else are kept. Empty settings
    /// become an object.
    ///
    /// # Errors
    ///
    /// The text is not JSON with comments, or has values of other types.
    pub fn add_to(servers: &[Self], settings: &str) -> Result<String, AgentServersError> {
        let mark = settings.starts_with('\u{feff}').then_some('\u{feff}');
        let text = settings.trim_start_matches('\u{feff}');
        let root = CstRootNode::parse(text, &ParseOptions::default())
            .map_err(|error| AgentServersError::Syntax(error.to_string()))?;
        let object = root.object_value_or_create();
        let object = object.ok_or(AgentServersError::NotAnObject("the file"))?;
        let all = object.object_value_or_create(KEY);
        let all = all.ok_or(AgentServersError::NotAnObject(KEY))?;
        for server in servers {
            server.set_in(&all);
        }
        let mut text: String = mark.into_iter().chain(root.to_string().chars()).collect();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }

    fn set_in(&self, all: &CstObject) {
        let text = |text: &str| CstInputValue::String(text.to_owned());
        let args = self.args.iter().map(|arg| text(arg)).collect();
        let value = CstInputValue::Object(vec![
            ("type".to_owned(), text("custom")),
            ("command".to_owned(), text(&self.command)),
            ("args".to_owned(), CstInputValue::Array(args)),
        ]);
        match all.get(&self.name) {
            Some(entry) => entry.set_value(value),
            None => drop(all.append(&self.name, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(settings: &str) -> Result<String, AgentServersError> {
        let server = |agent: &str| AgentServer {
            name: format!("{agent} (ContainAI)"),
            command: "/usr/bin/cai".into(),
            args: ["acp", "proxy", agent].map(str::to_owned).into(),
        };
        AgentServer::add_to(&[server("claude"), server("gemini")], settings)
    }

    fn entry(agent: &str) -> serde_json::Value {
        serde_json::json!({"type": "custom", "command": "/usr/bin/cai", "args": ["acp", "proxy", agent]})
    }

    #[test]
    fn comments_and_other_settings_are_kept() {
        let text = "// mine\n{\n  \"theme\": \"One\", // dark\n  \"agent_servers\": {\n    // local\n    \"x\": {\"command\": \"x\"},\n    \"claude (ContainAI)\": {\"command\": \"old\"},\n  },\n}\n";
        let added = add(text).expect("valid settings");
        for kept in [
            "// mine\n{\n  \"theme\": \"One\", // dark\n",
            "    // local\n    \"x\": {\"command\": \"x\"},\n",
        ] {
            assert!(added.contains(kept), "{added}");
        }
        let root = CstRootNode::parse(&added, &ParseOptions::default()).expect("valid");
        let servers = root.object_value_or_set().object_value("agent_servers").expect("an object");
        assert_eq!(servers.properties().len(), 3, "{added}");
        assert!(!added.contains("old"), "{added}");
        assert_eq!(add(&added).expect("valid settings"), added);
    }

    #[test]
    fn empty_settings_become_an_object() {
        let expected = serde_json::json!({"agent_servers": {
            "claude (ContainAI)": entry("claude"), "gemini (ContainAI)": entry("gemini")}});
        for text in ["", "{}", "\n"] {
            let added = add(text).expect("valid settings");
            let value: serde_json::Value = serde_json::from_str(&added).expect("JSON");
            assert_eq!(value, expected, "{added}");
        }
    }

    #[test]
    fn other_types_are_errors() {
        assert_eq!(add("[]"), Err(AgentServersError::NotAnObject("the file")));
        assert_eq!(add("{\"agent_servers\": []}"), Err(AgentServersError::NotAnObject(KEY)));
        assert!(matches!(add("{"), Err(AgentServersError::Syntax(_))));
    }
}
