//! Rewriting of host-specific files.

use serde_json::Value;

use crate::layout::{CONTAINER_HOME, CONTAINER_WORKSPACE};

/// Settings of agents with commands.
const AGENT_SETTINGS: [&str; 13] = [
    "claude/claude.json",
    "claude/settings.json",
    "claude/settings.local.json",
    "codex/config.toml",
    "copilot/mcp-config.json",
    "cursor/mcp.json",
    "gemini/settings.json",
    "config/opencode/opencode.json",
    "kimi-code/config.toml",
    "kimi-code/mcp.json",
    "kimi/config.toml",
    "kimi/mcp.json",
    "pi/settings.json",
];

/// A change to a file while it is imported.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rewriting {
    /// Replace the home directory at the beginning of JSON strings.
    Home,
    /// Replace the home directory before hidden files and directories, wherever it is in the text:
    /// hooks, status lines and MCP servers of agents are commands with paths.
    HiddenPaths,
    /// Add the workspace to the trusted folders of the agent.
    Trust,
}

impl Rewriting {
    /// Returns the change for the file with this path on the volume.
    #[must_use]
    pub fn of(target: &str) -> Option<Self> {
        match target {
            "claude/plugins/installed_plugins.json" | "claude/plugins/known_marketplaces.json" => {
                Some(Self::Home)
            }
            "copilot/config.json" => Some(Self::Trust),
            _ if AGENT_SETTINGS.contains(&target) => Some(Self::HiddenPaths),
            _ => None,
        }
    }

    /// Applies the change. Content in an unexpected format is returned unchanged.
    #[must_use]
    pub fn apply(self, text: Vec<u8>, home: &str) -> Vec<u8> {
        match self {
            Self::Home => replace_home(&text, home),
            Self::HiddenPaths => replace_hidden_paths(&text, home),
            Self::Trust => add_trusted_folder(&text),
        }
        .unwrap_or(text)
    }
}

/// Only whole path components match, so that `/home/me2` is not taken for `/home/me`. The
/// text is replaced instead of the parsed value to preserve the formatting.
fn replace_home(text: &[u8], home: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let quoted = Value::from(home).to_string();
    let begin = quoted.strip_suffix('"')?;
    Some(text.replace(&format!("{begin}/"), &format!("\"{CONTAINER_HOME}/")).into_bytes())
}

/// Replaces `HOME/.` where a word begins. Other paths of the home directory are projects, which are
/// elsewhere in the container.
fn replace_hidden_paths(text: &[u8], home: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let (hidden, replacement) = (format!("{home}/."), format!("{CONTAINER_HOME}/."));
    let mut replaced = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&hidden) {
        replaced.push_str(before);
        let is_word = |c: char| c.is_alphanumeric() || "_.-/~".contains(c);
        let is_inside = replaced.chars().next_back().is_some_and(is_word);
        replaced.push_str(if is_inside { &hidden } else { &replacement });
        rest = after;
    }
    Some((replaced + rest).into_bytes())
}

fn add_trusted_folder(text: &[u8]) -> Option<Vec<u8>> {
    let mut config: Value = serde_json::from_slice(text).ok()?;
    let dirs = config.as_object_mut()?.entry("trusted_folders").or_insert(Value::Array(vec![]));
    let dirs = dirs.as_array_mut()?;
    if dirs.iter().any(|folder| folder == CONTAINER_WORKSPACE) {
        return None;
    }
    dirs.push(CONTAINER_WORKSPACE.into());
    serde_json::to_vec_pretty(&config).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(what: Rewriting, text: &str, expected: &str) {
        let changed = what.apply(text.into(), "/home/me");
        assert_eq!(String::from_utf8_lossy(&changed), expected, "{text}");
    }

    #[test]
    fn plugin_paths_use_the_container_home() {
        let check = |text: &str, expected: &str| check(Rewriting::Home, text, expected);
        check(
            r#"{"b": {"installPath": "/home/me/.claude/plugins/x"}, "a": "/home/me"}"#,
            r#"{"b": {"installPath": "/home/agent/.claude/plugins/x"}, "a": "/home/me"}"#,
        );
        check(r#"["/home/me2/x", "see /home/me/x"]"#, r#"["/home/me2/x", "see /home/me/x"]"#);
        check("no JSON \"/home/me/x", "no JSON \"/home/agent/x");
    }

    #[test]
    fn hidden_paths_of_commands_use_the_container_home() {
        let check = |text: &str, expected: &str| check(Rewriting::HiddenPaths, text, expected);
        check(
            r#"{"command": "bash /home/me/.claude/hooks/x.sh --log=/home/me/.cache/y"}"#,
            r#"{"command": "bash /home/agent/.claude/hooks/x.sh --log=/home/agent/.cache/y"}"#,
        );
        check("x = '/home/me/.codex/n'\n", "x = '/home/agent/.codex/n'\n");
        let kept = r#"["/home/me/src/x", "/mnt/home/me/.x", "/home/me2/.x", "/home/me"]"#;
        check(kept, kept);
    }

    #[test]
    fn workspace_is_added_to_trusted_folders() {
        let check = |text: &str, expected: &str| check(Rewriting::Trust, text, expected);
        let trusted = "{\n  \"trusted_folders\": [\n    \"/home/agent/workspace\"\n  ]\n}";
        check("{}", trusted);
        check(trusted, trusted);
        check("{\"trusted_folders\":1}", "{\"trusted_folders\":1}");
        check("// c\n{}", "// c\n{}");
        check("[]", "[]");
    }

    #[test]
    fn only_known_files_are_rewritten() {
        assert_eq!(Rewriting::of("claude/CLAUDE.md"), None);
        let plugins = Rewriting::of("claude/plugins/installed_plugins.json");
        assert_eq!(plugins, Some(Rewriting::Home));
    }

    proptest! {
        #[test]
        fn json_stays_json(name in ".{0,8}", path in ".{0,8}") {
            let home = format!("/home/{name}");
            let value = serde_json::json!({ "x": format!("{home}/{path}"), "y": path });
            let changed = Rewriting::Home.apply(value.to_string().into_bytes(), &home);
            let changed: Value = serde_json::from_slice(&changed).expect("it is JSON still");
            prop_assert_eq!(&changed["x"], &Value::from(format!("/home/agent/{path}")));
        }
    }
}
