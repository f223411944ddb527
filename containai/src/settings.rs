//! The configuration, from all its sources.

use containai_core::config::{Config, ConfigLayers, FileText, Flags};
use containai_core::naming::WorkspacePath;
use containai_docker::EngineAddress;

use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::trust::{self, StoredApproval};
use crate::{user_config, workspace_records};

/// Resolves the configuration of a workspace, and reports ignored settings with the reason.
///
/// # Errors
///
/// A source is invalid or cannot be read.
pub fn resolve(
    env: &ProcessEnv,
    reporter: &Reporter,
    flags: Flags,
    workspace: Option<&WorkspacePath>,
) -> crate::Result<Config> {
    let layers = layers(env, reporter, flags, workspace)?;
    let mut config = Config::resolve(&layers)?;
    if let Some(workspace) = workspace {
        apply_remembered(&mut config, env, workspace)?;
    }
    for ignored in &config.ignored {
        reporter.warn(&ignored.to_string());
    }
    if let (Some(workspace), false) = (workspace, config.suggestions.is_empty()) {
        reporter.warn(&approval_notice(workspace, &config, layers.approved.is_some()));
    }
    Ok(config)
}

/// Adds the choices of earlier commands for the workspace on its engine.
fn apply_remembered(
    config: &mut Config,
    env: &ProcessEnv,
    workspace: &WorkspacePath,
) -> crate::Result<()> {
    let Some(record) = workspace_records::read(&env.layout, workspace)? else { return Ok(()) };
    let dedicated = || EngineAddress::unix(env.engine.socket());
    let engine = match &config.docker_host.value {
        None => dedicated().to_string(),
        // An invalid address is reported when the engine is needed.
        Some(text) => {
            text.parse().map_or_else(|_| text.clone(), |it: EngineAddress| it.to_string())
        }
    };
    if let Some(remembered) = record.on(&engine) {
        config.apply_remembered(remembered, &env.layout.workspace_record(workspace));
    }
    Ok(())
}

/// Reads all sources. A file of the workspace that cannot be read is reported and ignored.
///
/// # Errors
///
/// A file of the user cannot be read.
pub fn layers(
    env: &ProcessEnv,
    reporter: &Reporter,
    flags: Flags,
    workspace: Option<&WorkspacePath>,
) -> crate::Result<ConfigLayers> {
    let path = env.layout.config_file();
    let text = user_config::read(&path)?;
    let mut layers = ConfigLayers {
        flags,
        environment: env.config.clone(),
        workspace: workspace.cloned(),
        user_file: Some(FileText { path, text }),
        ..ConfigLayers::default()
    };
    let Some(workspace) = workspace else {
        return Ok(layers);
    };
    match trust::workspace_config(workspace) {
        Ok(file) => layers.workspace_file = file,
        Err(refused) => {
            let path = containai_core::layout::workspace_config(workspace);
            reporter.warn(&format!("ignored `{}`: {refused}", path.display()));
        }
    }
    if layers.workspace_file.is_some() {
        layers.approved =
            StoredApproval::load(&env.layout, workspace)?.map(|approval| approval.hash());
    }
    Ok(layers)
}

fn approval_notice(workspace: &WorkspacePath, config: &Config, was_approved: bool) -> String {
    let path = containai_core::layout::workspace_config(workspace);
    let keys: Vec<_> = config.suggestions.iter().map(|it| format!("`{}`", it.key)).collect();
    let since = if was_approved { " and has changed since you approved it" } else { "" };
    format!(
        "`{}` asks for {}{since}; none of it applies until `cai trust` approves it",
        path.display(),
        keys.join(", "),
    )
}
