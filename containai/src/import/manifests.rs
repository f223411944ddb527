//! The manifests of an import: built-in, of the user, and of additional paths.

use std::fs;
use std::io::ErrorKind;

use crate::error::ResultExt as _;
use containai_core::hint::Hint;
use containai_core::import::{OutsideHomeError, additional_manifest};
use containai_core::layout::Layout;
use containai_core::manifest::{Agent, Manifest, shipped_agents, shipped_manifests};
use containai_core::naming::HomePath;

use crate::error::OperationError;

/// Loads all manifests: the built-in ones, the user's ordered by file name, and one for
/// `import.additional_paths`, which must be in the directory `home`.
///
/// # Errors
///
/// A manifest cannot be read or is invalid, or a path is outside `home`.
pub fn load(layout: &Layout, paths: &[HomePath], home: &str) -> crate::Result<Vec<Manifest>> {
    let mut manifests = all_manifests(layout)?;
    manifests.push(additional_manifest(paths, home).map_err(|error| outside_home_error(&error))?);
    Ok(manifests)
}

fn outside_home_error(error: &OutsideHomeError) -> OperationError {
    let hint = "only files in your home directory are imported; copy others with `cai cp`";
    OperationError::usage(error.to_string()).hint(Hint::new(hint))
}

/// Returns the agents of the user's manifests, without agents and aliases whose names are built in.
///
/// # Errors
///
/// A manifest cannot be read or is invalid.
pub fn user_agents(layout: &Layout) -> crate::Result<Vec<Agent>> {
    let mut agents: Vec<_> =
        user_manifests(layout)?.into_iter().filter_map(|it| it.agent).collect();
    if agents.is_empty() {
        return Ok(agents);
    }
    let shipped = shipped_agents();
    let is_free = |name: &str| !shipped.iter().any(|it| it.has_name(name));
    agents.retain(|agent| is_free(&agent.name));
    for agent in &mut agents {
        agent.aliases.retain(|alias| is_free(alias));
    }
    Ok(agents)
}

/// Returns the built-in manifests and the user's, ordered by file name.
pub(crate) fn all_manifests(layout: &Layout) -> crate::Result<Vec<Manifest>> {
    let mut manifests = shipped_manifests();
    manifests.extend(user_manifests(layout)?);
    Ok(manifests)
}

fn user_manifests(layout: &Layout) -> crate::Result<Vec<Manifest>> {
    let mut manifests = Vec::new();
    let directory = layout.manifest_dir();
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(manifests),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", directory.display()));
        }
    };
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.with_context(|| format!("cannot read `{}`", directory.display()))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    for path in paths {
        let shown = path.display();
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{shown}`"))?;
        let manifest = Manifest::parse_strict(&text).map_err(|error| {
            OperationError::usage(format!("`{shown}`, {error}"))
                .hint(Hint::new("correct the manifest, or move it out of the directory"))
        })?;
        let file = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        manifests.push(manifest.with_file_name(&file));
    }
    Ok(manifests)
}
