//! The known logins.

use containai_core::hint::Hint;
use containai_core::layout::Layout;
use containai_core::manifest::{AgentLogin, Manifest};

use crate::error::OperationError;
use crate::import;

/// Returns the logins of the shipped manifests and of the user's.
///
/// # Errors
///
/// A manifest cannot be read or is invalid.
pub fn logins(layout: &Layout) -> crate::Result<Vec<AgentLogin>> {
    Ok(import::all_manifests(layout)?.into_iter().filter_map(|manifest| manifest.login).collect())
}

/// Finds the login of an agent or a tool by its name, or by another name of the agent.
///
/// # Errors
///
/// There is no such login, or as [`logins`].
pub fn find_login(name: &str, layout: &Layout) -> crate::Result<AgentLogin> {
    let manifests = import::all_manifests(layout)?;
    let has_name = |it: &&Manifest| {
        it.login.as_ref().is_some_and(|login| login.name == name) || it.has_name(name)
    };
    if let Some(login) = manifests.iter().find(has_name).and_then(|it| it.login.clone()) {
        return Ok(login);
    }
    let names: Vec<_> = manifests.into_iter().filter_map(|it| it.login).map(|it| it.name).collect();
    let hint =
        format!("use one of `{}`, or add `[login]` to the agent's manifest", names.join("`, `"));
    Err(OperationError::usage(format!("there is no login for `{}`", name.escape_debug()))
        .hint(Hint::new(hint))
        .into())
}
