use std::fmt;

/// A range of `count` ids: from `disk` on the file system, from `mapped` on the mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdMapExtent {
    /// First id on disk.
    pub disk: u32,
    /// First id on the mount, as a host id.
    pub mapped: u32,
    /// Number of ids; at least one.
    pub count: u32,
}

/// The uid or gid map of an id-mapped mount (mount_setattr(2)).
///
/// Files cannot be written through the mount with an id outside of all extents. `Display` formats
/// the map for `/proc/<pid>/uid_map` (user_namespaces(7)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountIdMap(pub(super) Vec<IdMapExtent>);

impl MountIdMap {
    /// Returns the extents, in no particular order and without overlap on either side.
    pub fn extents(&self) -> &[IdMapExtent] {
        &self.0
    }

    /// Returns the id on the mount for an id on disk; `None` if it is not mapped.
    pub fn mapped_id(&self, disk: u32) -> Option<u32> {
        self.0.iter().find_map(|extent| {
            let offset = disk.checked_sub(extent.disk)?;
            (offset < extent.count).then(|| extent.mapped + offset)
        })
    }
}

impl fmt::Display for MountIdMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|IdMapExtent { disk, mapped: seen, count }| {
            writeln!(formatter, "{disk} {seen} {count}")
        })
    }
}
