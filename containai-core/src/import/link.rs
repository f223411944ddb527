//! The links from the home directory to the volume.

use crate::manifest::{DirectoryLink, Manifest};

/// Paths on the volume that earlier versions stored under another name.
pub const RENAMED_TARGETS: [(&str, &str); 1] =
    [("claude/credentials.json", "claude/.credentials.json")];

/// A link in the container's home directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HomeLink {
    /// Its path in the home directory.
    pub path: String,
    /// Its target, a path on the volume.
    pub target: String,
    /// The files in the image's home directory that the link may replace.
    pub replaces: Replaceable,
}

/// The files that a link may replace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Replaceable {
    /// Other links only.
    Links,
    /// Any file or directory.
    Anything,
}

/// Returns the links that the manifests define, in order. Disabled entries are not
/// imported but have a link. Patterns have none, nor have paths below a directory that is
/// linked as a whole.
#[must_use]
pub fn home_links(manifests: &[Manifest]) -> Vec<HomeLink> {
    let whole = DirectoryLink::from_manifests(manifests);
    let entries = manifests.iter().flat_map(|manifest| &manifest.entries);
    entries
        .filter(|entry| !entry.flags.contains('G') && !entry.container_link.is_empty())
        .filter(|entry| !whole.iter().any(|link| link.covers(entry)))
        .map(|entry| HomeLink {
            path: entry.container_link.clone(),
            target: entry.target.clone(),
            replaces: match entry.replaces_path() {
                true => Replaceable::Anything,
                false => Replaceable::Links,
            },
        })
        .collect()
}
