//! The links of a home directory that lead to the volume.

use crate::catalog::{DirectoryLink, Manifest};

/// What has another name on a volume than it had in earlier versions.
pub const MOVED: [(&str, &str); 1] = [("claude/credentials.json", "claude/.credentials.json")];

/// A link in the container's home directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HomeLink {
    /// Its path in the home directory.
    pub path: String,
    /// What it leads to, a path on the volume.
    pub target: String,
    /// Whether it takes the place of what the image has there.
    pub replaces: Replaces,
}

/// What a link may take the place of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Replaces {
    /// Other links.
    Links,
    /// Whatever is there.
    Anything,
}

/// The links that manifests ask for, in order. A disabled entry is not
/// imported but has its link; a pattern has none, nor has what is below a link
/// of a whole directory.
#[must_use]
pub fn home_links(manifests: &[Manifest]) -> Vec<HomeLink> {
    let whole = DirectoryLink::all(manifests);
    let entries = manifests.iter().flat_map(|manifest| &manifest.entries);
    entries
        .filter(|entry| !entry.flags.contains('G') && !entry.container_link.is_empty())
        .filter(|entry| !whole.iter().any(|link| link.covers(entry)))
        .map(|entry| HomeLink {
            path: entry.container_link.clone(),
            target: entry.target.clone(),
            replaces: match entry.replaces_path() {
                true => Replaces::Anything,
                false => Replaces::Links,
            },
        })
        .collect()
}
