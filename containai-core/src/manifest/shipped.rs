//! The shipped manifests.

use super::{Agent, AgentLogin, Manifest};

/// File names and texts, in the order of import.
const SHIPPED: &[(&str, &str)] = &[
    ("00-shared.toml", include_str!("manifests/00-shared.toml")),
    ("01-shell.toml", include_str!("manifests/01-shell.toml")),
    ("02-git.toml", include_str!("manifests/02-git.toml")),
    ("03-gh.toml", include_str!("manifests/03-gh.toml")),
    ("04-editors.toml", include_str!("manifests/04-editors.toml")),
    ("05-vscode.toml", include_str!("manifests/05-vscode.toml")),
    ("06-ssh.toml", include_str!("manifests/06-ssh.toml")),
    ("07-tmux.toml", include_str!("manifests/07-tmux.toml")),
    ("08-prompt.toml", include_str!("manifests/08-prompt.toml")),
    ("09-claude.toml", include_str!("manifests/09-claude.toml")),
    ("10-codex.toml", include_str!("manifests/10-codex.toml")),
    ("11-gemini.toml", include_str!("manifests/11-gemini.toml")),
    ("12-copilot.toml", include_str!("manifests/12-copilot.toml")),
    ("13-opencode.toml", include_str!("manifests/13-opencode.toml")),
    ("14-kimi.toml", include_str!("manifests/14-kimi.toml")),
    ("15-pi.toml", include_str!("manifests/15-pi.toml")),
    ("16-aider.toml", include_str!("manifests/16-aider.toml")),
    ("17-continue.toml", include_str!("manifests/17-continue.toml")),
    ("18-cursor.toml", include_str!("manifests/18-cursor.toml")),
];

/// Returns the shipped manifests, in the order of import.
#[must_use]
pub fn shipped_manifests() -> Vec<Manifest> {
    SHIPPED.iter().map(|(file, text)| Manifest::parse(text).with_file_name(file)).collect()
}

/// Returns the agents of the shipped manifests.
#[must_use]
pub fn shipped_agents() -> Vec<Agent> {
    shipped_manifests().into_iter().filter_map(|manifest| manifest.agent).collect()
}

/// Returns the logins of the shipped manifests.
#[must_use]
pub fn shipped_logins() -> Vec<AgentLogin> {
    shipped_manifests().into_iter().filter_map(|manifest| manifest.login).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_entries_share_a_target() {
        let manifests = shipped_manifests();
        let targets: Vec<_> =
            manifests.iter().flat_map(|manifest| &manifest.entries).map(|e| &e.target).collect();
        assert_eq!(targets.iter().collect::<BTreeSet<_>>().len(), targets.len());
    }

    #[test]
    fn every_shipped_manifest_is_valid() {
        for (file, text) in SHIPPED {
            assert!(text.parse::<toml_edit::DocumentMut>().is_ok(), "{text}");
            let headers = text.matches("[[").count();
            assert_eq!(Manifest::parse(text).entries.len(), headers, "{text}");
            let read = Manifest::parse_strict(text);
            assert_eq!(read, Ok(Manifest::parse(text)), "{file}");
        }
    }
}
