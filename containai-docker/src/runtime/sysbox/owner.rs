use crate::runtime::idmap::{self, BindOwner, IdMap, IdRange, IdRanges};
use crate::sysbox::SysboxIds;

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
pub(super) fn maps(owner: BindOwner, ids: &SysboxIds) -> Result<(IdMap, IdMap), OwnerError> {
    match owner {
        BindOwner { uid: 0, .. } => return Err(OwnerError::Root),
        BindOwner { gid: 0, .. } => return Err(OwnerError::RootGroup),
        _ => {}
    }
    let (uids, gids) = ranges(ids);
    // A map is always needed here: Sysbox chooses its own map for a plain bind mount.
    Ok(idmap::for_owner(owner, &uids, &gids).unwrap_or_else(|| idmap::identity(&uids, &gids)))
}

/// Returns the maps that only exclude ids outside of the container's range.
pub(super) fn own(ids: &SysboxIds) -> (IdMap, IdMap) {
    let (uids, gids) = ranges(ids);
    idmap::identity(&uids, &gids)
}

fn ranges(ids: &SysboxIds) -> (IdRanges, IdRanges) {
    let range = |range: crate::host::IdRange| {
        IdRanges(vec![IdRange { container: 0, host: range.base, count: range.count }])
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
        let found = maps(BindOwner { uid, gid }, &ids());
        let found = found.map(|(uids, gids)| (uids.to_string(), gids.to_string()));
        let expected = expected.map(|(uids, gids)| (uids.to_owned(), gids.to_owned()));
        assert_eq!(found, expected, "{uid}:{gid}");
    }

    #[test]
    fn the_owner_is_the_agent() {
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
        fn nothing_outside_of_the_range_appears_and_root_is_nobody(
            uid in prop_oneof![0_u32..5, 990_u32..1010, 0_u32..400_000],
            gid in prop_oneof![0_u32..5, 0_u32..400_000],
        ) {
            let Ok((uids, gids)) = maps(BindOwner { uid, gid }, &ids()) else {
                prop_assert!(uid == 0 || gid == 0);
                return Ok(());
            };
            for map in [&uids, &gids] {
                prop_assert_eq!(map.seen(0), None);
                for extent in map.extents() {
                    let inside = (100_000..=165_536).contains(&(extent.seen + extent.count));
                    prop_assert!(inside && extent.seen >= 100_000, "{map}");
                }
            }
            prop_assert_eq!(uids.seen(uid), Some(101_000));
            prop_assert_eq!(gids.seen(gid), Some(101_000));
        }
    }
}
