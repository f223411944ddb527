//! Changes of settings.

use containai_core::config::{
    ChangeTarget, Config, ConfigFile, ConfigLayers, FileText, Flags, SettingChange,
};
use containai_core::hint::Hint;
use containai_core::layout::Layout;
use containai_core::manifest::shipped_agents;
use containai_core::naming::WorkspacePath;

use super::scope::ConfigScope;
use crate::error::OperationError;
use crate::import::user_agents;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::{user_config, workspace_store};

/// Sets a setting; comments and the order of the file are kept. Warns if a value of higher
/// precedence shadows the new one.
///
/// # Errors
///
/// The setting is unknown, the value is invalid, or the file cannot be written.
pub async fn set(
    key: &str,
    values: &[String],
    scope: &ConfigScope,
    flags: Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<()> {
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let target = scope.change_target(key, &flags, env, reporter).await?;
    let change = SettingChange::set(key, &values, &target)?;
    if let ("agent.default", [agent]) = (key, values.as_slice()) {
        check_agent(agent, &env.layout)?;
    }
    user_config::update(&env.layout, reporter, |file| {
        change.apply(file).map_err(crate::Error::other)?;
        validate(file)
    })
    .await?;
    if let Some(workspace) = data_volume_workspace(key, &target) {
        workspace_store::forget_volume(&env.layout, reporter, workspace).await?;
    }
    reporter.detail(&format!("set `{key}` in `{}`", env.layout.config_file().display()));
    let config = scope.config_after_change(flags, env, reporter).await?;
    if let Some(shadowed) = change.shadowed(&config) {
        reporter.warn(&shadowed.to_string());
    }
    Ok(())
}

/// Removes a setting; returns whether it was set.
///
/// # Errors
///
/// The file is invalid or cannot be written.
pub async fn unset(
    key: &str,
    scope: &ConfigScope,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<bool> {
    let target = scope.change_target(key, flags, env, reporter).await?;
    let was_set = user_config::update(&env.layout, reporter, |file| {
        let change = SettingChange::unset(key, &target, file)?;
        change.apply(file).map_err(crate::Error::other)
    })
    .await?;
    let was_remembered = match data_volume_workspace(key, &target) {
        Some(workspace) => workspace_store::forget_volume(&env.layout, reporter, workspace).await?,
        None => false,
    };
    Ok(was_set || was_remembered)
}

/// Refuses an agent that no manifest describes.
fn check_agent(name: &str, layout: &Layout) -> crate::Result<()> {
    let mut known = shipped_agents();
    known.extend(user_agents(layout)?);
    if known.iter().any(|agent| agent.has_name(name)) {
        return Ok(());
    }
    let names: Vec<_> = known.iter().map(|agent| format!("`{}`", agent.name)).collect();
    let directory = layout.manifest_dir();
    let hint = format!(
        "use one of {}, or describe the agent in `{}`",
        names.join(", "),
        directory.display()
    );
    let message = format!("no manifest describes the agent `{name}`");
    Err(OperationError::usage(message).hint(Hint::new(hint)).into())
}

/// The workspace whose remembered data volume a change replaces: an explicit setting takes
/// precedence over remembered choices.
fn data_volume_workspace<'a>(key: &str, target: &'a ChangeTarget) -> Option<&'a WorkspacePath> {
    match target {
        ChangeTarget::Section(workspace) if key == "data_volume" => Some(workspace),
        _ => None,
    }
}

/// Validates the settings of a file.
pub(super) fn validate(file: &ConfigFile) -> crate::Result<()> {
    let (path, text) = (file.path().to_owned(), file.text().to_owned());
    Config::resolve(&ConfigLayers {
        user_file: Some(FileText { path, text }),
        ..ConfigLayers::default()
    })?;
    Ok(())
}
