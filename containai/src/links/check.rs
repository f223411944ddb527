//! Over SSH: checking and repairing of links to the data volume.

use containai_core::import::home_links;
use containai_ssh::transfer::LinkRepairMode;

use crate::import::manifests;
use crate::session::SessionRequest;

/// The state of a link that is missing or wrong.
#[derive(Debug)]
pub struct CheckedLink {
    /// The path below the home directory.
    pub path: String,
    /// The state that was found.
    pub state: String,
    /// Whether the link is right now.
    pub is_fixed: bool,
    /// Whether something else is in its place, which only adoption moves to the volume.
    pub is_blocked: bool,
}

/// Returns the links that are missing or wrong, or were until this call repaired them.
pub async fn check(
    request: SessionRequest,
    mode: LinkRepairMode,
) -> crate::Result<Vec<CheckedLink>> {
    let layout = &request.context.env.layout;
    let home = layout.home().to_string_lossy();
    let links = home_links(&manifests(layout, &request.import_paths(), &home)?);
    let reached = request.connect_existing().await?;
    let found = reached.connection.repair_home_links(&links, mode).await?;
    reached.connection.close().await;
    let checked = |(path, state): (String, String)| {
        let is_blocked = state.starts_with("in the way");
        let is_fixed = mode == LinkRepairMode::Repair && !is_blocked;
        CheckedLink { path, state, is_fixed, is_blocked }
    };
    Ok(found.into_iter().map(checked).collect())
}
