use std::fmt;

/// `count` ids from `disk` on, as the file system stores them, which appear on the mount as those
/// from `seen` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// First id on disk.
    pub disk: u32,
    /// First id on the mount, counted on the host.
    pub seen: u32,
    /// How many; at least one.
    pub count: u32,
}

/// The uid or gid map of an id-mapped mount (mount_setattr(2)).
///
/// An id that no extent names cannot be written by anybody through the mount. `Display` gives the
/// text that `/proc/<pid>/uid_map` takes (user_namespaces(7)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdMap(pub(super) Vec<Extent>);

impl IdMap {
    /// The extents, in no particular order; neither side overlaps.
    pub fn extents(&self) -> &[Extent] {
        &self.0
    }

    /// The id on the mount of an id on disk; `None` when it is not mapped.
    pub fn seen(&self, disk: u32) -> Option<u32> {
        self.0.iter().find_map(|extent| {
            let offset = disk.checked_sub(extent.disk)?;
            (offset < extent.count).then(|| extent.seen + offset)
        })
    }
}

impl fmt::Display for IdMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|Extent { disk, seen, count }| {
            writeln!(formatter, "{disk} {seen} {count}")
        })
    }
}
