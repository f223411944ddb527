use super::{IdMapExtent, MountIdMap};

/// A shift of `count` ids, from `disk` in files to `host` in processes of the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct IdShift {
    pub(in crate::runtime) disk: u32,
    pub(in crate::runtime) host: u32,
    pub(in crate::runtime) count: u32,
}

impl IdShift {
    /// Returns the map for files of containers only: no other id can be written through it.
    pub(in crate::runtime) fn shifted_only(self) -> MountIdMap {
        MountIdMap(vec![self.extent()])
    }

    /// Returns the map that swaps the two ranges and keeps every other id, as a plain bind mount
    /// does. The map is one-to-one: files of host root keep their owner, which has no id in the
    /// container.
    pub(in crate::runtime) fn swapped(self) -> MountIdMap {
        let Self { disk, host: running, count } = self;
        if disk == running {
            return MountIdMap(vec![IdMapExtent { disk: 0, mapped: 0, count: u32::MAX }]);
        }
        let back = IdMapExtent { disk: running, mapped: disk, count };
        let (low, high) =
            if disk < running { (self.extent(), back) } else { (back, self.extent()) };
        let same =
            |start: u32, end: u32| IdMapExtent { disk: start, mapped: start, count: end - start };
        let mut extents = vec![
            same(0, low.disk),
            low,
            same(low.disk + count, high.disk),
            high,
            same(high.disk + count, u32::MAX),
        ];
        extents.retain(|extent| extent.count > 0);
        MountIdMap(extents)
    }

    /// Converts a map for containers with the shared range into one for a container with its own
    /// range: ids on disk stay, ids on the mount are shifted.
    pub(in crate::runtime) fn shift_map(self, map: &MountIdMap) -> MountIdMap {
        let moved = |extent: &IdMapExtent| {
            let seen = match extent.mapped.checked_sub(self.disk) {
                Some(offset) if offset < self.count => self.host + offset,
                _ => extent.mapped,
            };
            IdMapExtent { mapped: seen, ..*extent }
        };
        MountIdMap(map.extents().iter().map(moved).collect())
    }

    fn extent(self) -> IdMapExtent {
        IdMapExtent { disk: self.disk, mapped: self.host, count: self.count }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BindOwner, IdMapping, IdMappings, owner_maps};
    use super::*;

    const SHIFT: IdShift = IdShift { disk: 100_000, host: 2_000_000, count: 65_536 };

    #[test]
    fn builds_mount_maps() {
        assert_eq!(SHIFT.shifted_only().to_string(), "100000 2000000 65536\n");
        assert_eq!(
            SHIFT.swapped().to_string(),
            "0 0 100000\n100000 2000000 65536\n165536 165536 1834464\n2000000 100000 65536\n2065536 2065536 4292901759\n"
        );
        let above = IdShift { disk: 2_000_000, host: 100_000, count: 65_536 };
        assert_eq!(above.swapped().mapped_id(2_000_005), Some(100_005));
        assert_eq!(above.swapped().mapped_id(100_005), Some(2_000_005));
        assert_eq!(above.swapped().mapped_id(0), Some(0));
    }

    #[test]
    fn shifted_workspace_map_keeps_disk_ids() {
        let ranges = IdMappings(vec![IdMapping { container: 0, host: 100_000, count: 65_536 }]);
        for uid in [1, 1234, 100_000, 100_005, 101_000, 2_000_007] {
            let owner = BindOwner { uid, gid: 0 };
            let Some((shared, parked)) = owner_maps(owner, &ranges, &ranges) else { continue };
            let own = SHIFT.shift_map(&shared);
            assert_eq!(own.mapped_id(uid), Some(2_001_000), "the owner is the agent");
            for (before, after) in shared.extents().iter().zip(own.extents()) {
                assert_eq!((before.disk, before.count), (after.disk, after.count));
                assert_eq!(
                    after.mapped - before.mapped,
                    1_900_000,
                    "ids on the mount are in the own range"
                );
            }
            // The unreachable id stays outside of every container's range.
            assert_eq!(SHIFT.shift_map(&parked).mapped_id(0), parked.mapped_id(0));
        }
    }
}
