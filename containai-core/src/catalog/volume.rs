//! What has a place on a data volume.

use super::{Entry, EntryKind, Manifest};

/// What has a place on a data volume, so that every link of the home directory
/// is meant to lead somewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeShape {
    /// Directories, in the order of the manifests.
    pub directories: Vec<VolumePath>,
    /// Files; the secret ones last.
    pub files: Vec<VolumePath>,
}

/// A path on the data volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumePath {
    /// Relative to the top of the volume.
    pub path: String,
    /// Whether an empty file would be no document: it begins as `{}`.
    pub is_json: bool,
    /// Whether only its owner may read it.
    pub is_secret: bool,
    /// Whether nothing stands there until somebody brings it.
    pub is_optional: bool,
}

impl VolumeShape {
    /// The shape that manifests give a volume. What is a pattern (flag `G`) has
    /// no place before it is imported, nor has a file that no link leads to.
    #[must_use]
    pub fn of(manifests: &[Manifest]) -> Self {
        let is_placed = |entry: &&Entry| !entry.flags.contains('G');
        let entries = || manifests.iter().flat_map(|it| &it.entries).filter(is_placed);
        let of_kind = |kind| entries().filter(move |entry| entry.kind == kind);
        let directories = entries().filter(|entry| entry.flags.contains('d')).map(path).collect();
        let in_order = of_kind(EntryKind::Import).chain(of_kind(EntryKind::Symlink));
        let is_file =
            |entry: &&Entry| entry.flags.contains('f') && !entry.container_link.is_empty();
        let (secret, open): (Vec<_>, Vec<_>) =
            in_order.filter(is_file).map(path).partition(|path| path.is_secret);
        Self { directories, files: open.into_iter().chain(secret).collect() }
    }
}

fn path(entry: &Entry) -> VolumePath {
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
    fn every_link_leads_to_what_has_a_place() {
        let manifests = crate::catalog::shipped_manifests();
        let shape = VolumeShape::of(&manifests);
        let made: Vec<_> =
            shape.directories.iter().chain(&shape.files).map(|it| it.path.as_str()).collect();
        for entry in manifests.iter().flat_map(|it| &it.entries) {
            if !entry.container_link.is_empty() && !entry.flags.contains('G') {
                assert!(made.contains(&entry.target.as_str()), "{}", entry.target);
            }
        }
    }
}
