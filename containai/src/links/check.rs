//! Over SSH: checking and repairing of links to the data volume.

use std::fmt;

use containai_core::import::home_links;
use containai_ssh::transfer::{HomeLinkState, LinkRepairMode};

use crate::import::manifests;
use crate::session::SessionRequest;

/// The state of a link that is missing or wrong.
#[derive(Debug)]
pub struct CheckedLink {
    /// The path below the home directory.
    pub path: String,
    /// The state that was found.
    pub state: HomeLinkState,
    /// Whether the link is right now.
    pub is_fixed: bool,
}

impl fmt::Display for CheckedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = if self.is_fixed { ", fixed" } else { "" };
        write!(f, "~/{}: {}{after}", self.path, self.state)
    }
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
    let checked = |(path, state): (String, HomeLinkState)| {
        let is_fixed = mode == LinkRepairMode::Repair && !state.is_blocked();
        CheckedLink { path, state, is_fixed }
    };
    Ok(found.into_iter().map(checked).collect())
}
