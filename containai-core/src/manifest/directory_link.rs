//! Symbolic links to whole directories.

use super::{Manifest, ManifestEntry};

/// A symbolic link from the home directory to a directory on the data volume. All files below it
/// are stored on the volume, whatever their names, even when a program replaces a file.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DirectoryLink {
    /// The path in the home directory.
    pub path: String,
    /// The target, a path on the volume.
    pub target: String,
}

impl DirectoryLink {
    /// Returns the directory links of manifests.
    #[must_use]
    pub fn from_manifests(manifests: &[Manifest]) -> Vec<Self> {
        let entries = manifests.iter().flat_map(|manifest| &manifest.entries);
        let directories =
            entries.filter(|it| it.flags.contains('d') && !it.container_link.is_empty());
        directories
            .map(|entry| Self {
                path: entry.container_link.clone(),
                target: entry.target.trim_end_matches('/').to_owned(),
            })
            .collect()
    }

    /// Returns the path on the volume for a path of the home directory below the link.
    #[must_use]
    pub fn target_of(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(&self.path)?.strip_prefix('/')?;
        Some(format!("{}/{rest}", self.target))
    }

    /// Whether the link makes the one of an entry redundant: the same path already resolves to its
    /// target.
    #[must_use]
    pub fn covers(&self, entry: &ManifestEntry) -> bool {
        self.target_of(&entry.container_link).is_some_and(|target| target == entry.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::shipped_manifests;

    /// Files that agents write in everyday use.
    const AGENT_FILES: &[&str] = &[
        ".claude/projects/-home-agent-workspace/0f8fad5b.jsonl",
        ".claude/history.jsonl",
        ".claude/todos/x.json",
        ".claude/tasks/x",
        ".claude/plans/x.md",
        ".claude/file-history/x",
        ".claude/agent-memory/x",
        ".claude/output-styles/x.md",
        ".claude/keybindings.json",
        ".claude/.credentials.json",
        ".codex/sessions/2026/01/01/rollout-x.jsonl",
        ".codex/archived_sessions/x",
        ".codex/history.jsonl",
        ".codex/session_index.jsonl",
        ".codex/state_5.sqlite-wal",
        ".codex/memories/x.md",
        ".codex/auth.json",
        ".gemini/tmp/x/chats/session-x.json",
        ".gemini/tmp/x/logs.json",
        ".gemini/history/x",
        ".copilot/session-state/x/events.jsonl",
        ".copilot/session-store.db",
        ".copilot/command-history-state.json",
        ".local/share/opencode/opencode.db-wal",
        ".local/share/opencode/storage/session/x.json",
        ".local/share/opencode/snapshot/x",
        ".local/state/opencode/prompt-history.jsonl",
        ".kimi/sessions/x/context.jsonl",
        ".kimi/user-history/x.jsonl",
        ".kimi-code/sessions/x",
        ".pi/agent/sessions/x/y.jsonl",
        ".pi/agent/auth.json",
        ".aider/oauth-keys.env",
        ".continue/sessions/x.json",
        ".cursor/chats/x/store.db",
        ".cursor/projects/x",
        ".config/cursor/auth.json",
    ];

    #[test]
    fn agent_files_are_on_the_volume() {
        let links = DirectoryLink::from_manifests(&shipped_manifests());
        for path in AGENT_FILES {
            assert!(links.iter().any(|link| link.target_of(path).is_some()), "{path}");
        }
        let link = DirectoryLink { path: ".x".into(), target: "y".into() };
        assert_eq!(link.target_of(".x/a/b"), Some("y/a/b".to_owned()));
        assert_eq!(link.target_of(".xa/b"), None);
        assert_eq!(link.target_of(".x"), None);
    }

    /// A link below another one would be on the volume and point to itself.
    #[test]
    fn no_link_is_below_another() {
        let manifests = shipped_manifests();
        let links = DirectoryLink::from_manifests(&manifests);
        for entry in manifests.iter().flat_map(|manifest| &manifest.entries) {
            let above = links.iter().find(|it| it.target_of(&entry.container_link).is_some());
            assert!(above.is_none_or(|link| link.covers(entry)), "{}", entry.container_link);
        }
    }
}
