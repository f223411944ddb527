//! A workspace's file beside what was approved of it.

use containai_core::config::{Config, ContentHash, FileText, Flags, Layers, diff, visible};
use containai_core::hint::Hint;
use containai_core::layout;
use containai_core::naming::WorkspacePath;

use crate::env::Env;
use crate::error::CliError;
use crate::trust::{self, Approval};

/// A workspace's file beside what was approved of it.
pub(super) struct Review {
    /// The text as it was read: what is approved is this and nothing else.
    pub(super) file: FileText,
    approved: Option<Approval>,
}

impl Review {
    /// Reads both; `None` where the workspace has no file.
    pub(super) fn of(workspace: &WorkspacePath, env: &Env) -> anyhow::Result<Option<Self>> {
        let path = layout::workspace_config(workspace);
        let file = trust::suggested(workspace).map_err(|refused| {
            CliError::usage(format!("cannot read `{}`: {refused}", path.display()))
                .hint(Hint::new("see what stands there; only a regular file can be approved"))
        })?;
        let approved = Approval::of(&env.layout, workspace)?;
        Ok(file.map(|file| Self { file, approved }))
    }

    /// Whether this very text is approved.
    pub(super) fn is_approved(&self) -> bool {
        let hash = ContentHash::of(&self.file.text);
        self.approved.as_ref().is_some_and(|approved| approved.hash() == hash)
    }

    /// What a person should see: the text, or what has changed of it, and what
    /// that means. Nothing in it drives the terminal.
    pub(super) fn text(&self, workspace: &WorkspacePath) -> anyhow::Result<String> {
        let (path, text) = (self.file.path.display(), &self.file.text);
        let body = match &self.approved {
            Some(approved) if !self.is_approved() => diff(&approved.text, text),
            _ => text.trim_end().to_owned(),
        };
        let state = match (&self.approved, self.is_approved()) {
            (None, _) => "not approved",
            (Some(_), true) => "approved",
            (Some(_), false) => "changed since it was approved",
        };
        let mut shown = format!("{path} ({state})\n\n{body}\n\nsha256 {}", ContentHash::of(text));
        let layers = Layers {
            flags: Flags::default(),
            workspace: Some(workspace.clone()),
            workspace_file: Some(self.file.clone()),
            ..Layers::default()
        };
        let config = Config::resolve(&layers)?;
        for suggestion in &config.suggested {
            shown.push_str(&format!("\nasks for `{}`", suggestion.key));
        }
        for ignored in &config.ignored {
            shown.push_str(&format!("\n{ignored}"));
        }
        Ok(visible(&shown))
    }
}
