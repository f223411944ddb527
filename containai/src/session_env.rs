//! The session environment of a workspace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::ResultExt as _;
use containai_core::config::{Config, EnvEntry, EnvFile, Origin, select_session_env};
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_ssh::{Command, EnvVars};

use crate::error::OperationError;
use crate::private_file;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::workspace_file::{self, FollowLinks};

/// The longest accepted file of variables, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The variables that each session of a workspace gets.
///
/// On this machine, values exist in memory only. An empty marker file records that the container
/// has some.
#[derive(Clone, Debug)]
pub(crate) struct SessionEnv {
    variables: EnvVars,
    marker: PathBuf,
}

impl SessionEnv {
    /// Reads the configured variables, and adds those of `devcontainer.json`. `None` if there
    /// are none, and the container has none from before.
    pub(crate) fn read(
        config: &Config,
        devcontainer: &BTreeMap<String, String>,
        workspace: &WorkspacePath,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Option<Self>> {
        let mut variables = EnvVars::default();
        let names = &config.env_import.value;
        if !names.is_empty() {
            let file = read_file(config, workspace, reporter)?;
            let from_host = config.env_from_host.value;
            let host = |name: &str| env.variables.text(name).filter(|_| from_host);
            for EnvEntry { name, value } in select_session_env(names, host, &file) {
                let assigned = variables.assign(&format!("{name}={value}"), |_| None);
                assigned
                    .map_err(|error| OperationError::usage(format!("`env.import`: {error}")))?;
            }
        }
        for (name, value) in devcontainer {
            let assigned = variables.assign(&format!("{name}={value}"), |_| None);
            assigned
                .map_err(|error| OperationError::usage(format!("`devcontainer.json`: {error}")))?;
        }
        let marker = env.layout.session_env_marker(workspace);
        let is_known = marker.exists();
        for name in variables.multi_line_names().filter(|_| !is_known) {
            reporter.say(&format!(
                "`{name}` has several lines: sessions of `cai` get it, those of plain `ssh` do not"
            ));
        }
        let is_needed = !variables.is_empty() || is_known;
        Ok(is_needed.then_some(Self { variables, marker }))
    }

    /// Adds the variables to the command, which also stores them in the container.
    pub(crate) fn apply(&self, command: &Command) -> crate::Result<Command> {
        if !self.variables.is_empty() {
            private_file::write(&self.marker, "")
                .with_context(|| format!("cannot write `{}`", self.marker.display()))?;
        }
        let with_env = command.clone().persist_env(self.variables.clone());
        Ok(with_env.map_err(|error| OperationError::usage(format!("`env.import`: {error}")))?)
    }

    /// Removes the marker once the container has no variables any more.
    pub(crate) fn clear_empty_marker(&self) {
        if self.variables.is_empty() {
            // If it fails, the next session removes the variables once more.
            let _ = fs::remove_file(&self.marker);
        }
    }
}

fn read_file(
    config: &Config,
    workspace: &WorkspacePath,
    reporter: &Reporter,
) -> crate::Result<Vec<EnvEntry>> {
    let Some(path) = &config.env_file.value else {
        return Ok(Vec::new());
    };
    match workspace_file::read(workspace, Path::new(path), FollowLinks::WithinWorkspace, MAX_BYTES)
    {
        Ok(Some(text)) => {
            let EnvFile { entries, unclosed, .. } = EnvFile::parse(&text);
            let used = unclosed.iter().filter(|name| config.env_import.value.contains(name));
            for name in used {
                reporter.warn(&format!(
                    "`{name}` in `{path}` is ignored: its value opens a quote and never closes it"
                ));
            }
            Ok(entries)
        }
        Ok(None) => {
            let text = format!("`env.env_file`: there is no `{path}` in `{workspace}`");
            match config.env_file.origin {
                // The setting applies to all workspaces; some have no such file.
                Origin::User(_) => reporter.detail(&text),
                _ => reporter.warn(&text),
            }
            Ok(Vec::new())
        }
        Err(refused) => {
            let text = format!("cannot read `env.env_file`, `{path}` in `{workspace}`: {refused}");
            let hint = "name a regular file that stays within the workspace";
            Err(OperationError::usage(text).hint(Hint::new(hint)).into())
        }
    }
}
