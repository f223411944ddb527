use crate::host::SysboxIds;
use crate::runtime::idmap::{self, BindOwner, IdMapping, IdMappings, MountIdMap};

/// The source of a bind mount has an owner that must not be mapped into the container.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub(super) enum OwnerError {
    /// Mapping host root into the container would make its files writable there.
    #[error("its owner is the host's root")]
    Root,
    /// The same for its group; `sysbox-runc` would map such a mount again.
    #[error("its group is the host's root group; change it, for example with `chgrp`")]
    RootGroup,
}

/// Returns the maps that show the source's owner on the host as `agent` in the container and
/// exclude all ids outside of the container's range.
pub(super) fn bind_maps(
    owner: BindOwner,
    ids: &SysboxIds,
) -> Result<(MountIdMap, MountIdMap), OwnerError> {
    match owner {
        BindOwner { uid: 0, .. } => return Err(OwnerError::Root),
        BindOwner { gid: 0, .. } => return Err(OwnerError::RootGroup),
        _ => {}
    }
    let (uids, gids) = ranges(ids);
    // A map is always needed here: Sysbox chooses its own map for a plain bind mount.
    Ok(idmap::owner_maps(owner, &uids, &gids).unwrap_or_else(|| idmap::identity_maps(&uids, &gids)))
}

/// Returns the maps that only exclude ids outside of the container's range.
pub(super) fn identity_maps(ids: &SysboxIds) -> (MountIdMap, MountIdMap) {
    let (uids, gids) = ranges(ids);
    idmap::identity_maps(&uids, &gids)
}

fn ranges(ids: &SysboxIds) -> (IdMappings, IdMappings) {
    let range = |range: crate::host::IdRange| {
        IdMappings(vec![IdMapping { container: 0, host: range.base, count: range.count }])
    };
    (range(ids.uids), range(ids.gids))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids() -> SysboxIds {
        let range = crate::host::IdRange { base: 100_000, count: 65_536 };
        SysboxIds { uids: range, gids: range }
    }

    fn check(uid: u32, gid: u32, expected: Result<(&str, &str), OwnerError>) {
        let found = bind_maps(BindOwner { uid, gid }, &ids());
        let found = found.map(|(uids, gids)| (uids.to_string(), gids.to_string()));
        let expected = expected.map(|(uids, gids)| (uids.to_owned(), gids.to_owned()));
        assert_eq!(found, expected, "{uid}:{gid}");
    }

    #[test]
    fn maps_owner_to_agent() {
        let outside = "1234 101000 1\n100000 100000 1000\n101001 101001 64535\n";
        check(1234, 1234, Ok((outside, outside)));
        // Already the agent's own, as for a lent workspace; mapped all the same.
        let identity = "100000 100000 65536\n";
        check(101_000, 101_000, Ok((identity, identity)));
        check(0, 0, Err(OwnerError::Root));
        check(0, 1234, Err(OwnerError::Root));
        check(1234, 0, Err(OwnerError::RootGroup));
    }

    proptest! {
        #[test]
        fn maps_only_ids_of_the_range(
            uid in prop_oneof![0_u32..5, 990_u32..1010, 0_u32..400_000],
            gid in prop_oneof![0_u32..5, 0_u32..400_000],
        ) {
            let Ok((uids, gids)) = bind_maps(BindOwner { uid, gid }, &ids()) else {
                prop_assert!(uid == 0 || gid == 0);
                return Ok(());
            };
            for map in [&uids, &gids] {
                prop_assert_eq!(map.mapped_id(0), None);
                for extent in map.extents() {
                    let inside = (100_000..=165_536).contains(&(extent.mapped + extent.count));
                    prop_assert!(inside && extent.mapped >= 100_000, "{map}");
                }
            }
            prop_assert_eq!(uids.mapped_id(uid), Some(101_000));
            prop_assert_eq!(gids.mapped_id(gid), Some(101_000));
        }
    }
}
