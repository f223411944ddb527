//! Subordinate ids, subuid(5) and subgid(5).

use std::fmt;

use containai_core::engine::MAX_CONTAINER_IDS;
use serde::{Deserialize, Serialize};

/// Minimum number of ids of a container, as many as the users of a Linux system have. Ranges start
/// at multiples of it.
pub(super) const MIN_RANGE: u32 = 65536;

/// Number of ids that a new engine gives to containers.
pub(super) const CONTAINER_RANGE: u32 = MAX_CONTAINER_IDS;

/// Most tools assign ids from 100000 up. One million is above that range on an ordinary machine and
/// still readable in `ls -n`.
const PREFERRED_BASE: u32 = 1_000_000;

/// Ids from here up are negative in programs that store them in an `int`.
const ID_LIMIT: u32 = 1 << 31;

/// A range of user or group ids.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct IdRange {
    /// The first id; container root.
    pub base: u32,
    /// Number of ids.
    pub count: u32,
}

impl IdRange {
    fn end(self) -> u64 {
        u64::from(self.base) + u64::from(self.count)
    }

    fn overlaps(self, other: Self) -> bool {
        u64::from(self.base) < other.end() && u64::from(other.base) < self.end()
    }

    /// Returns whether none of the ids is taken.
    pub(crate) fn is_free(self, taken: &[Self]) -> bool {
        !taken.iter().any(|used| used.overlaps(self))
    }

    /// Chooses a range that overlaps none of `taken`, which has the ranges of other users and the
    /// ids of existing users as ranges of one.
    pub fn choose(taken: &[Self]) -> Option<Self> {
        Self::choose_from(PREFERRED_BASE, CONTAINER_RANGE, taken)
    }

    /// Returns the range with the number of ids that containers have today and the same first id,
    /// so that owners of files stay; `None` if it is not smaller or the ids that follow are taken.
    pub(super) fn widened(self, taken: &[Self]) -> Option<Self> {
        let added = CONTAINER_RANGE.checked_sub(self.count).filter(|count| *count > 0)?;
        let base = u32::try_from(self.end()).ok()?;
        let follows = Self { base, count: added };
        (follows.end() <= u64::from(ID_LIMIT) && follows.is_free(taken))
            .then_some(Self { base: self.base, count: CONTAINER_RANGE })
    }

    /// Chooses `count` ids that start at `base` or at a later multiple of 65,536.
    pub(super) fn choose_from(base: u32, count: u32, taken: &[Self]) -> Option<Self> {
        let mut candidate = Self { base, count };
        while let Some(blocker) = taken.iter().find(|used| used.overlaps(candidate)) {
            let next = blocker.end().div_ceil(u64::from(MIN_RANGE)) * u64::from(MIN_RANGE);
            candidate.base = u32::try_from(next).ok()?;
            if candidate.end() > u64::from(ID_LIMIT) {
                return None;
            }
        }
        Some(candidate)
    }
}

impl fmt::Display for IdRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.base, self.end().saturating_sub(1))
    }
}

/// A change of a user's range in `/etc/subuid` or `/etc/subgid`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IdRangeChange {
    /// The range that is removed; `None` if the user has none.
    pub old: Option<IdRange>,
    /// The range that is added.
    pub new: IdRange,
}

impl IdRangeChange {
    pub(super) fn add(range: IdRange) -> Self {
        Self { old: None, new: range }
    }
}

/// A line of `/etc/subuid` or `/etc/subgid`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubordinateEntry {
    /// The user's name, or the id in digits.
    pub owner: String,
    /// The ids that the user may map.
    pub range: IdRange,
}

/// Parses `/etc/subuid` or `/etc/subgid`. Lines other than `owner:base:count` are skipped, as
/// newuidmap(1) does.
pub(super) fn parse_subordinate(text: &str) -> Vec<SubordinateEntry> {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.trim().splitn(3, ':');
            let owner = fields.next()?.to_owned();
            let base = fields.next()?.parse().ok()?;
            let count = fields.next()?.parse().ok()?;
            Some(SubordinateEntry { owner, range: IdRange { base, count } })
        })
        .collect()
}

/// Returns the ids of Sysbox's containers from the contents of `/etc/subuid` or `/etc/subgid`: the
/// first 65536 ids of the first sufficient range of user `sysbox`, shared by all containers.
///
/// `None` also for a range below 65536: these ids belong to users of the host, and mapping them
/// would expose their files.
pub(crate) fn sysbox_range(text: &str) -> Option<IdRange> {
    find_range(&parse_subordinate(text), "sysbox")
        .filter(|range| range.base >= MIN_RANGE && range.end() <= 1 << 32)
        .map(|range| IdRange { count: MIN_RANGE, ..range })
}

/// Returns the first sufficient range of `owner`.
pub(super) fn find_range(entries: &[SubordinateEntry], owner: &str) -> Option<IdRange> {
    entries
        .iter()
        .find(|entry| entry.owner == owner && entry.range.count >= MIN_RANGE)
        .map(|entry| entry.range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_free_range() {
        let check = |taken: &[(u32, u32)], expected: Option<u32>| {
            let taken: Vec<_> =
                taken.iter().map(|&(base, count)| IdRange { base, count }).collect();
            assert_eq!(IdRange::choose(&taken).map(|range| range.base), expected, "{taken:?}");
        };
        check(&[], Some(1_000_000));
        check(&[(100_000, 65536)], Some(1_000_000));
        check(&[(1_000_000, 65536)], Some(1_114_112));
        check(&[(1_114_112, 1), (1_000_000, 65536)], Some(1_179_648));
        check(&[(1_065_535, 1)], Some(1_114_112));
        check(&[(1_262_143, 1)], Some(1_310_720));
        check(&[(1_262_144, 1)], Some(1_000_000));
        check(&[(1_000_000, 1_000_000_000)], Some(1_001_062_400));
        check(&[(1_000_000, u32::MAX - 1_000_000)], None);
    }

    #[test]
    fn widens_range_in_place() {
        let check = |base, count, taken: &[(u32, u32)], expected: Option<u32>| {
            let taken: Vec<_> =
                taken.iter().map(|&(base, count)| IdRange { base, count }).collect();
            let widened = IdRange { base, count }.widened(&taken);
            assert!(widened.is_none_or(|range| range.base == base), "the first id stays");
            assert_eq!(widened.map(|range| range.count), expected, "{base} {count} {taken:?}");
        };
        let own = (1_000_000, 65_536);
        check(1_000_000, 65_536, &[own], Some(262_144));
        check(1_000_000, 65_536, &[own, (1_262_144, 1)], Some(262_144));
        check(1_000_000, 65_536, &[own, (1_262_143, 1)], None);
        check(1_000_000, 65_536, &[own, (1_065_536, 65_536)], None);
        check(1_000_000, 262_144, &[], None);
        check(1_000_000, 1_000_000, &[], None);
        check(ID_LIMIT - 65_536, 65_536, &[], None);
        check(u32::MAX - 65_535, 65_536, &[], None);
    }

    #[test]
    fn parses_subordinate_files() {
        let entries =
            parse_subordinate("me:100000:65536\n\nbad\ncontainai:5:7\ncontainai:1000000:65536\n");
        assert_eq!(entries.len(), 3);
        let range = find_range(&entries, "containai").expect("a sufficient range");
        assert_eq!(range.to_string(), "1000000-1065535");
        assert_eq!(find_range(&entries, "you"), None);
    }

    #[test]
    fn sysbox_range_excludes_host_ids() {
        let check = |text: &str, expected: Option<u32>| {
            let found = sysbox_range(text);
            assert_eq!(found.map(|range| range.base), expected, "{text}");
            assert!(found.is_none_or(|range| range.count == 65_536), "{text}");
        };
        check("me:1:65536\nsysbox:100000:65536\n", Some(100_000));
        check("sysbox:5:7\nsysbox:200000:131072\n", Some(200_000));
        check("sysbox:1000:65536\n", None);
        check("sysbox:4294967295:65536\n", None);
        check("other:100000:65536\n", None);
    }
}
