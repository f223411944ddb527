//! What a workspace asks for beside what was approved of it.

use std::path::PathBuf;

use containai_core::config::{
    Config, ConfigLayers, ContentHash, DevcontainerChoice, FileText, Flags, diff, escape_control,
};
use containai_core::devcontainer::DevcontainerError;
use containai_core::hint::Hint;
use containai_core::layout;
use containai_core::naming::WorkspacePath;

use crate::app::App;
use crate::env::Env;
use containai::OperationError;
use containai::devcontainer_file::DevcontainerFile;
use containai::settings;
use containai::trust::{self, StoredApproval};

/// A workspace's file beside what was approved of it.
pub(super) struct TrustReview {
    /// The text as it was read: what is approved is this and nothing else.
    pub(super) file: FileText,
    /// Where the approval is kept.
    pub(super) approval_path: PathBuf,
    approved: Option<StoredApproval>,
    /// What it asks for, a line each.
    requests: Vec<String>,
}

impl TrustReview {
    /// Reads everything of a workspace that waits for approval or has it.
    pub(super) fn all(workspace: &WorkspacePath, app: &App) -> anyhow::Result<Vec<Self>> {
        let own = Self::review_workspace_config(workspace, &app.env)?;
        let devcontainer = Self::review_devcontainer(workspace, app)?;
        Ok(own.into_iter().chain(devcontainer).collect())
    }

    /// The workspace's own file; `None` where it has none.
    fn review_workspace_config(
        workspace: &WorkspacePath,
        env: &Env,
    ) -> anyhow::Result<Option<Self>> {
        let path = layout::workspace_config(workspace);
        let file = trust::workspace_config(workspace).map_err(|refused| {
            OperationError::usage(format!("cannot read `{}`: {refused}", path.display()))
                .hint(Hint::new("see what stands there; only a regular file can be approved"))
        })?;
        let Some(file) = file else { return Ok(None) };
        let layers = ConfigLayers {
            flags: Flags::default(),
            workspace: Some(workspace.clone()),
            workspace_file: Some(file.clone()),
            ..ConfigLayers::default()
        };
        let config = Config::resolve(&layers)?;
        let suggested = config.suggestions.iter().map(|it| format!("asks for `{}`", it.key));
        let asks = suggested.chain(config.ignored.iter().map(ToString::to_string)).collect();
        let approved = StoredApproval::load(&env.layout, workspace)?;
        Ok(Some(Self {
            file,
            approval_path: env.layout.trust_file(workspace),
            approved,
            requests: asks,
        }))
    }

    /// The `devcontainer.json` that counts, else the one that is found; `None`
    /// where nothing in it waits for a person.
    fn review_devcontainer(workspace: &WorkspacePath, app: &App) -> anyhow::Result<Option<Self>> {
        let layers = settings::layers(&app.env, &app.reporter, Flags::default(), Some(workspace))?;
        let choice = match Config::resolve(&layers)?.devcontainer.value {
            DevcontainerChoice::Off => DevcontainerChoice::Discovered,
            choice => choice,
        };
        let Some(file) = DevcontainerFile::find(&app.env, workspace, &choice)? else {
            return Ok(None);
        };
        let mut asks = Vec::new();
        match file.without_approval().parse(workspace) {
            Err(DevcontainerError::Untrusted { demands }) => {
                asks.extend(demands.into_iter().map(|demand| format!("asks for {demand}")));
            }
            Ok(read) if !read.forward_ports.is_empty() => {
                let ports: Vec<_> = read.forward_ports.iter().map(u16::to_string).collect();
                asks.push(format!("asks for ports of this machine ({})", ports.join(", ")));
            }
            Ok(_) => return Ok(None),
            Err(error) => asks.push(format!("cannot be followed: {error}")),
        }
        Ok(Some(Self {
            file: file.file_text(workspace),
            approval_path: app.env.layout.devcontainer_trust_file(workspace),
            approved: StoredApproval::load_devcontainer(&app.env.layout, workspace)?,
            requests: asks,
        }))
    }

    /// Whether this very text is approved.
    pub(super) fn is_approved(&self) -> bool {
        let hash = ContentHash::of(&self.file.text);
        self.approved.as_ref().is_some_and(|approved| approved.hash() == hash)
    }

    /// What a person should see: the text, or what has changed of it, and what
    /// that means. Nothing in it drives the terminal.
    pub(super) fn text(&self) -> String {
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
        for line in &self.requests {
            shown.push_str(&format!("\n{line}"));
        }
        escape_control(&shown)
    }
}
