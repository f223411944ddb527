use crate::host::IdRange;
use crate::runtime::idmap::{
    self, BindOwner, IdMapping, IdMappings, IdShift, MountIdMap, NamespaceCreator, NamespaceError,
};
use crate::runtime::spec::UserNamespace;

/// The uid and the gid map of an id-mapped mount.
pub(in crate::runtime) type MountIdMaps = (MountIdMap, MountIdMap);

/// The ids of a container: of its files on disk, and of its processes on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime) struct IdAssignment {
    on_disk: UserNamespace,
    on_host: UserNamespace,
    /// From disk to host; `None` if both are equal.
    shifts: Option<(IdShift, IdShift)>,
    creator: NamespaceCreator,
}

impl IdAssignment {
    /// Uses the engine's range from its spec for files and processes.
    ///
    /// `base` is the first id of a leased range that the processes cannot use. It creates the user
    /// namespace, so that the limits charged to the creator are the container's own.
    pub(in crate::runtime) fn shared(on_disk: UserNamespace, base: Option<u32>) -> Self {
        let root = |ranges: &IdMappings| base.or_else(|| ranges.host_id(0)).unwrap_or(u32::MAX - 1);
        let creator = NamespaceCreator { uid: root(&on_disk.uids), gid: root(&on_disk.gids) };
        Self { on_host: on_disk.clone(), on_disk, shifts: None, creator }
    }

    /// Uses the engine's range for files and `leased` for processes; `None` if the engine's range
    /// has more ids or several parts, or if the two overlap.
    pub(in crate::runtime) fn own(on_disk: UserNamespace, leased: IdRange) -> Option<Self> {
        let (uids, gids) = (on_disk.uids.single()?, on_disk.gids.single()?);
        let base = leased.base;
        let fits = |range: IdMapping| {
            let engine = IdRange { base: range.host, count: range.count };
            range.count <= leased.count && leased.is_free(&[engine])
        };
        if !fits(uids) || !fits(gids) {
            return None;
        }
        let shift = |range: IdMapping| IdShift { disk: range.host, host: base, count: range.count };
        let running = |range: IdMapping| IdMappings(vec![IdMapping { host: base, ..range }]);
        Some(Self {
            on_disk,
            on_host: UserNamespace { uids: running(uids), gids: running(gids) },
            shifts: Some((shift(uids), shift(gids))),
            creator: NamespaceCreator { uid: base, gid: base },
        })
    }

    /// Returns the ids of the container's processes on the host.
    pub(in crate::runtime) fn on_host(&self) -> &UserNamespace {
        &self.on_host
    }

    /// Returns the uid and gid of container root on the host.
    pub(in crate::runtime) fn root_on_host(&self) -> (u32, u32) {
        let root = |ranges: &IdMappings| ranges.host_id(0).unwrap_or(u32::MAX - 1);
        (root(&self.on_host.uids), root(&self.on_host.gids))
    }

    /// Returns the ids of container root on disk and on the host; `None` if both are equal.
    pub(in crate::runtime) fn stream_owner(&self) -> Option<super::StreamOwner> {
        let root = |ids: &UserNamespace| Some((ids.uids.host_id(0)?, ids.gids.host_id(0)?));
        self.shifts?;
        Some(super::StreamOwner { engine: root(&self.on_disk)?, container: root(&self.on_host)? })
    }

    /// Returns the maps for the layers of the image and the container; `None` if they stay mounted
    /// as the engine mounted them.
    pub(in crate::runtime) fn layer_maps(&self) -> Option<MountIdMaps> {
        self.shifts.map(|(uids, gids)| (uids.shifted_only(), gids.shifted_only()))
    }

    /// Returns the maps for files owned by ids of the engine's range; `None` if they need no map.
    pub(in crate::runtime) fn engine_maps(&self) -> Option<MountIdMaps> {
        self.shifts.map(|(uids, gids)| (uids.swapped(), gids.swapped()))
    }

    /// Returns the maps for a directory of the user; `None` if it needs no map.
    pub(in crate::runtime) fn workspace_maps(&self, owner: BindOwner) -> Option<MountIdMaps> {
        let maps = idmap::owner_maps(owner, &self.on_disk.uids, &self.on_disk.gids);
        let Some((uid_shift, gid_shift)) = self.shifts else { return maps };
        match maps {
            Some((uids, gids)) => Some((uid_shift.shift_map(&uids), gid_shift.shift_map(&gids))),
            None => self.engine_maps(),
        }
    }

    /// Creates the container's user namespace.
    pub(in crate::runtime) fn create_namespace(&self) -> Result<std::fs::File, NamespaceError> {
        idmap::create_namespace(self.creator, &self.on_host.uids, &self.on_host.gids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASED: IdRange = IdRange { base: 7_000_000, count: 65_536 };

    fn engine_namespace(host: u32, count: u32) -> UserNamespace {
        let ranges = IdMappings(vec![IdMapping { container: 0, host, count }]);
        UserNamespace { uids: ranges.clone(), gids: ranges }
    }

    #[test]
    fn shared_range_uses_engine_ids() {
        let ids = IdAssignment::shared(engine_namespace(100_000, 65_536), None);
        assert_eq!(ids.on_host(), &engine_namespace(100_000, 65_536));
        assert_eq!((ids.layer_maps(), ids.engine_maps(), ids.stream_owner()), (None, None, None));
        assert_eq!(ids.creator, NamespaceCreator { uid: 100_000, gid: 100_000 });
        assert_eq!(ids.workspace_maps(BindOwner { uid: 0, gid: 0 }), None);
        let leased = IdAssignment::shared(engine_namespace(100_000, 65_536), Some(7_000_000));
        assert_eq!(leased.creator, NamespaceCreator { uid: 7_000_000, gid: 7_000_000 });
        assert_eq!(leased.on_host(), ids.on_host());
    }

    #[test]
    fn own_range_keeps_disk_ids() {
        let ids = IdAssignment::own(engine_namespace(100_000, 65_536), LEASED).expect("it fits");
        assert_eq!(ids.root_on_host(), (7_000_000, 7_000_000));
        assert_eq!(ids.on_host(), &engine_namespace(7_000_000, 65_536));
        let (layers, _) = ids.layer_maps().expect("maps");
        assert_eq!((layers.mapped_id(100_000), layers.mapped_id(0)), (Some(7_000_000), None));
        let (volumes, _) = ids.engine_maps().expect("maps");
        assert_eq!((volumes.mapped_id(100_007), volumes.mapped_id(0)), (Some(7_000_007), Some(0)));
        let (uids, _) = ids.workspace_maps(BindOwner { uid: 1234, gid: 1234 }).expect("maps");
        assert_eq!(
            (uids.mapped_id(1234), uids.mapped_id(100_000)),
            (Some(7_001_000), Some(7_000_000))
        );
        assert_eq!(uids.mapped_id(0), None);
        // An ACL entry for ids of the engine's range applies to this container.
        let (uids, _) = ids.workspace_maps(BindOwner { uid: 0, gid: 0 }).expect("maps");
        assert_eq!((uids.mapped_id(101_000), uids.mapped_id(0)), (Some(7_001_000), Some(0)));
    }

    #[test]
    fn rejects_engine_ranges_that_do_not_fit() {
        assert_eq!(IdAssignment::own(engine_namespace(100_000, 65_537), LEASED), None);
        assert_eq!(IdAssignment::own(engine_namespace(7_000_001, 65_536), LEASED), None);
        assert_eq!(IdAssignment::own(engine_namespace(6_999_999, 2), LEASED), None);
        let mut two = engine_namespace(100_000, 1000);
        two.uids.0.push(IdMapping { container: 1000, host: 300_000, count: 1000 });
        assert_eq!(IdAssignment::own(two, LEASED), None);
    }
}
