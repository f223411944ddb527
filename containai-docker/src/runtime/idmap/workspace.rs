use super::{Extent, IdMap, IdRanges};

/// Uid and gid of the user `agent` in every image.
pub const AGENT_ID: u32 = 1000;

/// An id that a parked one appears as: no user namespace that an engine makes reaches this far up.
const PARKED: u32 = u32::MAX - 1;

/// The id on the host of the container's `agent`, given the first subordinate id of the engine.
///
/// A workspace that belongs to host root is not id-mapped (see [`for_owner`]); its files are given
/// to this id while a container exists (see the module `ownership`).
pub fn agent_host_id(subordinate_base: u32) -> u32 {
    subordinate_base.saturating_add(AGENT_ID)
}

/// Who owns the source of a bind mount on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindOwner {
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// The uid and the gid map under which `owner` on the host and `agent` inside are one person.
///
/// The container's other ids stay themselves, in the subordinate range; where the owner is one of
/// them, it and `agent` change places. Host root is in no map: a file that belongs to it cannot be
/// written through the mount.
///
/// `None` when nothing is to be mapped: the owner is host root or is `agent` already, or the
/// container has no id 1000. A plain bind is right then: inside a user namespace it cannot make a
/// file of host root either.
pub fn for_owner(owner: BindOwner, uids: &IdRanges, gids: &IdRanges) -> Option<(IdMap, IdMap)> {
    if owner.uid == 0 {
        return None;
    }
    let (agent_uid, agent_gid) = (uids.host_id(AGENT_ID)?, gids.host_id(AGENT_ID)?);
    if (owner.uid, owner.gid) == (agent_uid, agent_gid) {
        return None;
    }
    let uid_map = exchange(owner.uid, agent_uid, uids);
    let gid_map = if owner.gid == 0 { parked(gids) } else { exchange(owner.gid, agent_gid, gids) };
    Some((uid_map, gid_map))
}

/// The maps that change nothing and leave out every id that is not the container's, host root
/// above all.
pub fn identity(uids: &IdRanges, gids: &IdRanges) -> (IdMap, IdMap) {
    (IdMap(without(uids, &[])), IdMap(without(gids, &[])))
}

/// The subordinate range as it is, but `owner` and `agent` exchanged. An owner from outside of the
/// range enters it in the place of `agent`, whose own id on disk then has none.
fn exchange(owner: u32, agent: u32, ranges: &IdRanges) -> IdMap {
    let mut extents = vec![Extent { disk: owner, seen: agent, count: 1 }];
    if owner != agent && ranges.contains_host(owner) {
        extents.push(Extent { disk: agent, seen: owner, count: 1 });
    }
    extents.extend(without(ranges, &[owner, agent]));
    IdMap(extents)
}

/// The subordinate range as it is, with group 0 of the host parked outside of it: the kernel lets
/// nobody change a file whose group has no place in the map, and nobody inside is in, or can give a
/// file to, a group without a name there.
fn parked(ranges: &IdRanges) -> IdMap {
    let mut extents = without(ranges, &[]);
    extents.push(Extent { disk: 0, seen: PARKED, count: 1 });
    IdMap(extents)
}

/// Each range as an extent that maps to itself, cut at the ids to leave out.
fn without(ranges: &IdRanges, left_out: &[u32]) -> Vec<Extent> {
    let mut holes = left_out.to_vec();
    holes.sort_unstable();
    holes.dedup();
    let mut extents = Vec::new();
    for range in &ranges.0 {
        let (mut start, end) = (range.host, range.host.saturating_add(range.count));
        for &hole in holes.iter().filter(|hole| (range.host..end).contains(hole)) {
            extents.push(Extent { disk: start, seen: start, count: hole - start });
            start = hole + 1;
        }
        extents.push(Extent { disk: start, seen: start, count: end - start });
    }
    extents.retain(|extent| extent.count > 0);
    extents
}

#[cfg(test)]
mod tests {
    use super::super::IdRange;
    use super::*;
    use proptest::prelude::*;

    fn ranges(host: u32, count: u32) -> IdRanges {
        IdRanges(vec![IdRange { container: 0, host, count }])
    }

    fn check(uid: u32, gid: u32, expected: Option<(&str, &str)>) {
        let range = ranges(100_000, 65_536);
        let maps = for_owner(BindOwner { uid, gid }, &range, &range)
            .map(|(u, g)| (u.to_string(), g.to_string()));
        let expected = expected.map(|(u, g)| (u.to_owned(), g.to_owned()));
        assert_eq!(maps, expected, "owner {uid}:{gid}");
    }

    #[test]
    fn owners() {
        let outside = "1234 101000 1\n100000 100000 1000\n101001 101001 64535\n";
        check(1234, 1234, Some((outside, outside)));
        // Inside of the subordinate range: the two change places, everybody keeps one.
        let inside = "100005 101000 1\n101000 100005 1\n100000 100000 5\n100006 100006 994\n101001 101001 64535\n";
        check(100_005, 1234, Some((inside, outside)));
        let first = "100000 101000 1\n101000 100000 1\n100001 100001 999\n101001 101001 64535\n";
        check(100_000, 100_000, Some((first, first)));
        let same = "101000 101000 1\n100000 100000 1000\n101001 101001 64535\n";
        check(101_000, 1234, Some((same, outside)));
        check(101_000, 101_000, None);
        // Group root is parked out of reach, owner root is not mapped at all.
        check(1234, 0, Some((outside, "100000 100000 65536\n0 4294967294 1\n")));
        check(0, 0, None);
        check(0, 1234, None);
    }

    #[test]
    fn containers_without_an_agent_are_left_alone() {
        let small = ranges(100_000, 1000);
        assert_eq!(for_owner(BindOwner { uid: 1234, gid: 1234 }, &small, &small), None);
        assert_eq!(agent_host_id(100_000), 101_000);
    }

    fn several_ranges() -> impl Strategy<Value = IdRanges> {
        (1_u32..200_000, 1_u32..70_000, 0_u32..50_000, 0_u32..70_000).prop_map(
            |(host, first, gap, second)| {
                IdRanges(vec![
                    IdRange { container: 0, host, count: first },
                    IdRange { container: first, host: host + first + gap, count: second },
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
            let Some((uids, gids)) = for_owner(BindOwner { uid, gid }, &ranges, &ranges) else { return Ok(()) };
            for map in [&uids, &gids] {
                prop_assert!(!overlap(map.extents().iter().map(|e| (e.disk, e.count))), "on disk: {map}");
                prop_assert!(!overlap(map.extents().iter().map(|e| (e.seen, e.count))), "on the mount: {map}");
                prop_assert!(map.extents().iter().all(|e| e.seen != 0), "host root on the mount: {map}");
                // What root owns on disk is nobody's inside.
                prop_assert!(map.seen(0).is_none_or(|seen| !ranges.contains_host(seen)), "root is somebody: {map}");
                prop_assert!(map.extents().len() <= 340, "more than the kernel takes");
            }
            prop_assert_eq!(uids.seen(0), None);
            prop_assert_eq!(uids.seen(uid), ranges.host_id(AGENT_ID));
        }
    }
}
