//! For which workspaces a setting is meant.

use std::path::PathBuf;

use clap::Args;
use containai_core::config::{Area, Config, ConfigFile, FileText, Flags, Layers};
use containai_core::naming::WorkspacePath;

use crate::app::Global;
use crate::env::Env;
use crate::settings;
use crate::ui::Ui;
use crate::workspace::{self, Caution};

/// For which workspaces a setting is meant.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct AreaArgs {
    /// For all workspaces
    #[arg(short, long, conflicts_with = "workspace")]
    global: bool,
    /// For this workspace [default: the repository around the current directory, for settings of one workspace]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
}

impl AreaArgs {
    /// Where a change belongs.
    pub(super) fn area(&self, env: &Env) -> anyhow::Result<Area> {
        Ok(match (self.find(env)?, &self.workspace) {
            (None, _) => Area::Global,
            (Some(workspace), Some(_)) => Area::Section(workspace),
            (Some(workspace), None) => Area::Usual(workspace),
        })
    }

    /// What counts where a change was made: in the workspace that was named,
    /// else around the current directory.
    pub(super) fn config_after(
        &self,
        global: &Global,
        env: &Env,
        ui: &Ui,
    ) -> anyhow::Result<Config> {
        Self { global: false, workspace: self.workspace.clone() }.config(global, env, ui)
    }

    /// What counts there.
    pub(super) fn config(&self, global: &Global, env: &Env, ui: &Ui) -> anyhow::Result<Config> {
        let workspace = self.find(env)?;
        let (docker_host, mux) = (global.docker_host.clone(), global.mux());
        let flags = Flags { docker_host, mux, ..Flags::default() };
        settings::resolve(env, ui, flags, workspace.as_ref())
    }

    /// The workspace that is meant; `None` where it is all of them.
    fn find(&self, env: &Env) -> anyhow::Result<Option<WorkspacePath>> {
        let find = || workspace::find(self.workspace.as_deref(), env, Caution::Forced);
        Ok(if self.global { None } else { Some(find()?) })
    }
}

/// Refuses a file that no command could use, and says where it is wrong.
pub(super) fn check(file: &ConfigFile) -> anyhow::Result<()> {
    let (path, text) = (file.path().to_owned(), file.text().to_owned());
    Config::resolve(&Layers { user_file: Some(FileText { path, text }), ..Layers::default() })?;
    Ok(())
}
