use super::{Extent, IdMap};

/// A shift of `count` ids, from `disk` in files to `host` in processes of the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct Shift {
    pub(in crate::runtime) disk: u32,
    pub(in crate::runtime) running: u32,
    pub(in crate::runtime) count: u32,
}

impl Shift {
    /// Returns the map for files of containers only: no other id can be written through it.
    pub(in crate::runtime) fn strict(self) -> IdMap {
        IdMap(vec![self.extent()])
    }

    /// Returns the map that swaps the two ranges and keeps every other id, as a plain bind mount
    /// does. The map is one-to-one: files of host root keep their owner, which has no id in the
    /// container.
    pub(in crate::runtime) fn exchange(self) -> IdMap {
        let Self { disk, running, count } = self;
        if disk == running {
            return IdMap(vec![Extent { disk: 0, seen: 0, count: u32::MAX }]);
        }
        let back = Extent { disk: running, seen: disk, count };
        let (low, high) =
            if disk < running { (self.extent(), back) } else { (back, self.extent()) };
        let same = |start: u32, end: u32| Extent { disk: start, seen: start, count: end - start };
        let mut extents = vec![
            same(0, low.disk),
            low,
            same(low.disk + count, high.disk),
            high,
            same(high.disk + count, u32::MAX),
        ];
        extents.retain(|extent| extent.count > 0);
        IdMap(extents)
    }

    /// Converts a map for containers with the shared range into one for a container with its own
    /// range: ids on disk stay, ids on the mount are shifted.
    pub(in crate::runtime) fn apply(self, map: &IdMap) -> IdMap {
        let moved = |extent: &Extent| {
            let seen = match extent.seen.checked_sub(self.disk) {
                Some(offset) if offset < self.count => self.running + offset,
                _ => extent.seen,
            };
            Extent { seen, ..*extent }
        };
        IdMap(map.extents().iter().map(moved).collect())
    }

    fn extent(self) -> Extent {
        Extent { disk: self.disk, seen: self.running, count: self.count }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BindOwner, IdRange, IdRanges, for_owner};
    use super::*;

    const SHIFT: Shift = Shift { disk: 100_000, running: 2_000_000, count: 65_536 };

    #[test]
    fn maps() {
        assert_eq!(SHIFT.strict().to_string(), "100000 2000000 65536\n");
        assert_eq!(
            SHIFT.exchange().to_string(),
            "0 0 100000\n100000 2000000 65536\n165536 165536 1834464\n2000000 100000 65536\n2065536 2065536 4292901759\n"
        );
        let above = Shift { disk: 2_000_000, running: 100_000, count: 65_536 };
        assert_eq!(above.exchange().seen(2_000_005), Some(100_005));
        assert_eq!(above.exchange().seen(100_005), Some(2_000_005));
        assert_eq!(above.exchange().seen(0), Some(0));
    }

    #[test]
    fn a_workspace_has_the_ids_on_disk_that_it_had() {
        let ranges = IdRanges(vec![IdRange { container: 0, host: 100_000, count: 65_536 }]);
        for uid in [1, 1234, 100_000, 100_005, 101_000, 2_000_007] {
            let owner = BindOwner { uid, gid: 0 };
            let Some((shared, parked)) = for_owner(owner, &ranges, &ranges) else { continue };
            let own = SHIFT.apply(&shared);
            assert_eq!(own.seen(uid), Some(2_001_000), "the owner is the agent");
            for (before, after) in shared.extents().iter().zip(own.extents()) {
                assert_eq!((before.disk, before.count), (after.disk, after.count));
                assert_eq!(
                    after.seen - before.seen,
                    1_900_000,
                    "ids on the mount are in the own range"
                );
            }
            // The unreachable id stays outside of every container's range.
            assert_eq!(SHIFT.apply(&parked).seen(0), parked.seen(0));
        }
    }
}
