//! Rewriting of host-specific files.

use serde_json::Value;

use crate::layout::{CONTAINER_HOME, CONTAINER_WORKSPACE};

/// A change to a file while it is imported.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rewriting {
    /// Replace the home directory at the beginning of JSON strings.
    Home,
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
            _ => None,
        }
    }

    /// Applies the change. Content in an unexpected format is returned unchanged.
    #[must_use]
    pub fn apply(self, text: Vec<u8>, home: &str) -> Vec<u8> {
        match self {
            Self::Home => replace_home(&text, home),
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
        assert_eq!(Rewriting::of("claude/settings.json"), None);
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
