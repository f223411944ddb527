use super::pool::SIZE;
use crate::runtime::idmap::{
    self, BindOwner, Creator, IdMap, IdRange, IdRanges, NamespaceError, Shift,
};
use crate::runtime::spec::UserNamespace;

/// The uid and the gid map of an id-mapped mount.
pub(in crate::runtime) type IdMaps = (IdMap, IdMap);

/// The ids of a container: of its files on disk, and of its processes on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime) struct Assignment {
    on_disk: UserNamespace,
    running: UserNamespace,
    /// From disk to host; `None` if both are equal.
    shifts: Option<(Shift, Shift)>,
    creator: Creator,
}

impl Assignment {
    /// Uses the engine's range from its spec for files and processes.
    ///
    /// `base` is the first id of a leased range that the processes cannot use. It creates the user
    /// namespace, so that the limits charged to the creator are the container's own.
    pub(in crate::runtime) fn shared(on_disk: UserNamespace, base: Option<u32>) -> Self {
        let root = |ranges: &IdRanges| base.or_else(|| ranges.host_id(0)).unwrap_or(u32::MAX - 1);
        let creator = Creator { uid: root(&on_disk.uids), gid: root(&on_disk.gids) };
        Self { running: on_disk.clone(), on_disk, shifts: None, creator }
    }

    /// Uses the engine's range for files and the range from `base` for processes; `None` if the
    /// engine's range is larger than 65,536 ids, has several parts, or overlaps that range.
    pub(in crate::runtime) fn own(on_disk: UserNamespace, base: u32) -> Option<Self> {
        let (uids, gids) = (on_disk.uids.single()?, on_disk.gids.single()?);
        let fits = |range: IdRange| {
            let apart = range.host.abs_diff(base) >= SIZE;
            range.count <= SIZE && apart
        };
        if !fits(uids) || !fits(gids) {
            return None;
        }
        let shift = |range: IdRange| Shift { disk: range.host, running: base, count: range.count };
        let running = |range: IdRange| IdRanges(vec![IdRange { host: base, ..range }]);
        Some(Self {
            on_disk,
            running: UserNamespace { uids: running(uids), gids: running(gids) },
            shifts: Some((shift(uids), shift(gids))),
            creator: Creator { uid: base, gid: base },
        })
    }

    /// Returns the ids of the container's processes on the host.
    pub(in crate::runtime) fn running(&self) -> &UserNamespace {
        &self.running
    }

    /// Returns the ids of container root on disk and on the host; `None` if both are equal.
    pub(in crate::runtime) fn roots(&self) -> Option<super::StreamOwner> {
        let root = |ids: &UserNamespace| Some((ids.uids.host_id(0)?, ids.gids.host_id(0)?));
        self.shifts?;
        Some(super::StreamOwner { engine: root(&self.on_disk)?, container: root(&self.running)? })
    }

    /// Returns the maps for the layers of the image and the container; `None` if they stay mounted
    /// as the engine mounted them.
    pub(in crate::runtime) fn layer_maps(&self) -> Option<IdMaps> {
        self.shifts.map(|(uids, gids)| (uids.strict(), gids.strict()))
    }

    /// Returns the maps for files owned by ids of the engine's range; `None` if they need no map.
    pub(in crate::runtime) fn engine_maps(&self) -> Option<IdMaps> {
        self.shifts.map(|(uids, gids)| (uids.exchange(), gids.exchange()))
    }

    /// Returns the maps for a directory of the user; `None` if it needs no map.
    pub(in crate::runtime) fn workspace_maps(&self, owner: BindOwner) -> Option<IdMaps> {
        let maps = idmap::for_owner(owner, &self.on_disk.uids, &self.on_disk.gids);
        let Some((uid_shift, gid_shift)) = self.shifts else { return maps };
        match maps {
            Some((uids, gids)) => Some((uid_shift.apply(&uids), gid_shift.apply(&gids))),
            None => self.engine_maps(),
        }
    }

    /// Creates the container's user namespace.
    pub(in crate::runtime) fn namespace(&self) -> Result<std::fs::File, NamespaceError> {
        idmap::created_by(self.creator, &self.running.uids, &self.running.gids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(host: u32, count: u32) -> UserNamespace {
        let ranges = IdRanges(vec![IdRange { container: 0, host, count }]);
        UserNamespace { uids: ranges.clone(), gids: ranges }
    }

    #[test]
    fn shared_ranges_are_as_the_engine_says() {
        let ids = Assignment::shared(engine(100_000, 65_536), None);
        assert_eq!(ids.running(), &engine(100_000, 65_536));
        assert_eq!((ids.layer_maps(), ids.engine_maps(), ids.roots()), (None, None, None));
        assert_eq!(ids.creator, Creator { uid: 100_000, gid: 100_000 });
        assert_eq!(ids.workspace_maps(BindOwner { uid: 0, gid: 0 }), None);
        let leased = Assignment::shared(engine(100_000, 65_536), Some(7_000_000));
        assert_eq!(leased.creator, Creator { uid: 7_000_000, gid: 7_000_000 });
        assert_eq!(leased.running(), ids.running());
    }

    #[test]
    fn own_ranges_leave_the_disk_alone() {
        let ids = Assignment::own(engine(100_000, 65_536), 7_000_000).expect("it fits");
        assert_eq!(ids.running(), &engine(7_000_000, 65_536));
        let (layers, _) = ids.layer_maps().expect("maps");
        assert_eq!((layers.seen(100_000), layers.seen(0)), (Some(7_000_000), None));
        let (volumes, _) = ids.engine_maps().expect("maps");
        assert_eq!((volumes.seen(100_007), volumes.seen(0)), (Some(7_000_007), Some(0)));
        let (uids, _) = ids.workspace_maps(BindOwner { uid: 1234, gid: 1234 }).expect("maps");
        assert_eq!((uids.seen(1234), uids.seen(100_000)), (Some(7_001_000), Some(7_000_000)));
        assert_eq!(uids.seen(0), None);
        // An ACL entry for ids of the engine's range applies to this container.
        let (uids, _) = ids.workspace_maps(BindOwner { uid: 0, gid: 0 }).expect("maps");
        assert_eq!((uids.seen(101_000), uids.seen(0)), (Some(7_001_000), Some(0)));
    }

    #[test]
    fn ranges_that_do_not_fit_stay_shared() {
        assert_eq!(Assignment::own(engine(100_000, 65_537), 7_000_000), None);
        assert_eq!(Assignment::own(engine(7_000_001, 65_536), 7_000_000), None);
        let mut two = engine(100_000, 1000);
        two.uids.0.push(IdRange { container: 1000, host: 300_000, count: 1000 });
        assert_eq!(Assignment::own(two, 7_000_000), None);
    }
}
