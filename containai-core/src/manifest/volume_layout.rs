//! The layout of a data volume.

use super::{Manifest, ManifestEntry, ManifestEntryKind};

/// The files and directories of a data volume, the targets of all links of the home directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VolumeLayout {
    /// Directories, in the order of the manifests.
    pub directories: Vec<VolumePath>,
    /// Files; secret ones last.
    pub files: Vec<VolumePath>,
}

/// A path on the data volume.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VolumePath {
    /// The path relative to the root of the volume.
    pub path: String,
    /// Whether the file is JSON and starts as `{}` instead of empty.
    pub is_json: bool,
    /// Whether only the owner may read it.
    pub is_secret: bool,
    /// Whether it is not created before something is stored there.
    pub is_optional: bool,
}

impl VolumeLayout {
    /// Returns the layout of manifests. Patterns (flag `G`) and files without a link are created
    /// only by an import.
    #[must_use]
    pub fn from_manifests(manifests: &[Manifest]) -> Self {
        let is_placed = |entry: &&ManifestEntry| !entry.flags.contains('G');
        let entries = || manifests.iter().flat_map(|it| &it.entries).filter(is_placed);
        let of_kind = |kind| entries().filter(move |entry| entry.kind == kind);
        let directories =
            entries().filter(|entry| entry.flags.contains('d')).map(volume_path).collect();
        let in_order =
            of_kind(ManifestEntryKind::Import).chain(of_kind(ManifestEntryKind::Symlink));
        let is_file =
            |entry: &&ManifestEntry| entry.flags.contains('f') && !entry.container_link.is_empty();
        let (secret, open): (Vec<_>, Vec<_>) =
            in_order.filter(is_file).map(volume_path).partition(|path| path.is_secret);
        Self { directories, files: open.into_iter().chain(secret).collect() }
    }
}

fn volume_path(entry: &ManifestEntry) -> VolumePath {
    VolumePath {
        path: entry.target.clone(),
        is_json: entry.flags.contains('j'),
        is_secret: entry.flags.contains('s'),
        is_optional: entry.is_optional(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_target_is_in_the_layout() {
        let manifests = crate::manifest::shipped_manifests();
        let shape = VolumeLayout::from_manifests(&manifests);
        let made: Vec<_> =
            shape.directories.iter().chain(&shape.files).map(|it| it.path.as_str()).collect();
        for entry in manifests.iter().flat_map(|it| &it.entries) {
            if !entry.container_link.is_empty() && !entry.flags.contains('G') {
                assert!(made.contains(&entry.target.as_str()), "{}", entry.target);
            }
        }
    }
}
