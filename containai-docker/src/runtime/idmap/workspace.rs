use super::{IdMapExtent, IdMappings, MountIdMap};

/// Uid and gid of the user `agent` in every image.
pub const AGENT_ID: u32 = 1000;

/// An id outside of every user namespace that an engine creates, for ids that must be mapped but
/// unreachable.
const UNREACHABLE_ID: u32 = u32::MAX - 1;

/// The owner of a bind mount's source, on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindOwner {
    /// The user id.
    pub uid: u32,
    /// The group id.
    pub gid: u32,
}

/// Returns the uid and gid map that show `owner` of the host as `agent` in the container.
///
/// Other ids of the subordinate range map to themselves; if `owner` is one of them, it is swapped
/// with `agent`. Host root is not mapped, so files that it owns cannot be written through the
/// mount.
///
/// `None` if no map is needed: `owner` is host root or already `agent`, or the container has no id
/// 1000. A plain bind mount is then safe, because a user namespace without host root cannot create
/// files of host root.
pub fn owner_maps(
    owner: BindOwner,
    uids: &IdMappings,
    gids: &IdMappings,
) -> Option<(MountIdMap, MountIdMap)> {
    if owner.uid == 0 {
        return None;
    }
    let (agent_uid, agent_gid) = (uids.host_id(AGENT_ID)?, gids.host_id(AGENT_ID)?);
    if (owner.uid, owner.gid) == (agent_uid, agent_gid) {
        return None;
    }
    let uid_map = swap_ids(owner.uid, agent_uid, uids);
    let gid_map = if owner.gid == 0 {
        with_unreachable_root_group(gids)
    } else {
        swap_ids(owner.gid, agent_gid, gids)
    };
    Some((uid_map, gid_map))
}

/// Returns the maps that keep the container's ids and exclude all others, including host root.
pub fn identity_maps(uids: &IdMappings, gids: &IdMappings) -> (MountIdMap, MountIdMap) {
    (MountIdMap(identity_extents_except(uids, &[])), MountIdMap(identity_extents_except(gids, &[])))
}

/// Returns the identity map of the range with `owner` and `agent` swapped. An owner outside of the
/// range replaces `agent`, whose own id on disk is then not mapped.
fn swap_ids(owner: u32, agent: u32, ranges: &IdMappings) -> MountIdMap {
    let mut extents = vec![IdMapExtent { disk: owner, mapped: agent, count: 1 }];
    if owner != agent && ranges.contains_host(owner) {
        extents.push(IdMapExtent { disk: agent, mapped: owner, count: 1 });
    }
    extents.extend(identity_extents_except(ranges, &[owner, agent]));
    MountIdMap(extents)
}

/// Returns the identity map of the range, plus host group 0 as an id outside of it. The kernel
/// rejects changes to files with an unmapped group; with this id the files can be changed, but no
/// process in the container can be in that group or give a file to it.
fn with_unreachable_root_group(ranges: &IdMappings) -> MountIdMap {
    let mut extents = identity_extents_except(ranges, &[]);
    extents.push(IdMapExtent { disk: 0, mapped: UNREACHABLE_ID, count: 1 });
    MountIdMap(extents)
}

/// Returns identity extents for the ranges, without the ids to exclude.
fn identity_extents_except(ranges: &IdMappings, excluded: &[u32]) -> Vec<IdMapExtent> {
    let mut holes = excluded.to_vec();
    holes.sort_unstable();
    holes.dedup();
    let mut extents = Vec::new();
    for range in &ranges.0 {
        let (mut start, end) = (range.host, range.host.saturating_add(range.count));
        for &hole in holes.iter().filter(|hole| (range.host..end).contains(hole)) {
            extents.push(IdMapExtent { disk: start, mapped: start, count: hole - start });
            start = hole + 1;
        }
        extents.push(IdMapExtent { disk: start, mapped: start, count: end - start });
    }
    extents.retain(|extent| extent.count > 0);
    extents
}

#[cfg(test)]
mod tests {
    use super::super::IdMapping;
    use super::*;
    use proptest::prelude::*;

    fn ranges(host: u32, count: u32) -> IdMappings {
        IdMappings(vec![IdMapping { container: 0, host, count }])
    }

    fn check(uid: u32, gid: u32, expected: Option<(&str, &str)>) {
        let range = ranges(100_000, 65_536);
        let maps = owner_maps(BindOwner { uid, gid }, &range, &range)
            .map(|(u, g)| (u.to_string(), g.to_string()));
        let expected = expected.map(|(u, g)| (u.to_owned(), g.to_owned()));
        assert_eq!(maps, expected, "owner {uid}:{gid}");
    }

    #[test]
    fn maps_owner_to_agent() {
        let outside = "1234 101000 1\n100000 100000 1000\n101001 101001 64535\n";
        check(1234, 1234, Some((outside, outside)));
        // Inside of the subordinate range: the two ids are swapped.
        let inside = "100005 101000 1\n101000 100005 1\n100000 100000 5\n100006 100006 994\n101001 101001 64535\n";
        check(100_005, 1234, Some((inside, outside)));
        let first = "100000 101000 1\n101000 100000 1\n100001 100001 999\n101001 101001 64535\n";
        check(100_000, 100_000, Some((first, first)));
        let same = "101000 101000 1\n100000 100000 1000\n101001 101001 64535\n";
        check(101_000, 1234, Some((same, outside)));
        check(101_000, 101_000, None);
        // Group root maps to an unreachable id; owner root is not mapped at all.
        check(1234, 0, Some((outside, "100000 100000 65536\n0 4294967294 1\n")));
        check(0, 0, None);
        check(0, 1234, None);
    }

    #[test]
    fn no_map_without_agent_id() {
        let small = ranges(100_000, 1000);
        assert_eq!(owner_maps(BindOwner { uid: 1234, gid: 1234 }, &small, &small), None);
    }

    fn several_ranges() -> impl Strategy<Value = IdMappings> {
        (1_u32..200_000, 1_u32..70_000, 0_u32..50_000, 0_u32..70_000).prop_map(
            |(host, first, gap, second)| {
                IdMappings(vec![
                    IdMapping { container: 0, host, count: first },
                    IdMapping { container: first, host: host + first + gap, count: second },
                ])
            },
        )
    }

    fn overlap(spans: impl Iterator<Item = (u32, u32)>) -> bool {
        let mut spans: Vec<_> = spans.collect();
        spans.sort_unstable();
        spans.windows(2).any(|pair| pair[0].0 + (pair[0].1 - 1) >= pair[1].0)
    }

    proptest! {
        #[test]
        fn maps_are_injective_and_never_reach_root(
            ranges in several_ranges(),
            uid in prop_oneof![0_u32..5, 990_u32..1010, 0_u32..400_000],
            gid in prop_oneof![0_u32..5, 0_u32..400_000],
        ) {
            let Some((uids, gids)) = owner_maps(BindOwner { uid, gid }, &ranges, &ranges) else { return Ok(()) };
            for map in [&uids, &gids] {
                prop_assert!(!overlap(map.extents().iter().map(|e| (e.disk, e.count))), "on disk: {map}");
                prop_assert!(!overlap(map.extents().iter().map(|e| (e.mapped, e.count))), "on the mount: {map}");
                prop_assert!(map.extents().iter().all(|e| e.mapped != 0), "host root on the mount: {map}");
                // Files of host root have no owner in the container.
                prop_assert!(map.mapped_id(0).is_none_or(|seen| !ranges.contains_host(seen)), "host root has an id in the container: {map}");
                prop_assert!(map.extents().len() <= 340, "more than the kernel accepts");
            }
            prop_assert_eq!(uids.mapped_id(0), None);
            prop_assert_eq!(uids.mapped_id(uid), ranges.host_id(AGENT_ID));
        }
    }
}
