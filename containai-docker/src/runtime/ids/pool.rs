use std::path::Path;

use containai_core::layout::EngineLayout;

use crate::host::{EngineRecord, IdRange};

/// Minimum number of ids per container, as many as the users of a Linux system have.
const MIN_RANGE: u32 = 65_536;

/// The ids that setup reserved in `/etc/subuid` and `/etc/subgid`, divided into ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct IdPool {
    base: u32,
    /// Number of ids in each range: as many as the engine has.
    width: u32,
    /// Maximum number of containers that run at the same time.
    pub(super) slots: u32,
}

impl IdPool {
    /// Returns the pool in the record of the engine that installed this program; `None` if setup
    /// reserved no ids or was older than this program.
    pub(in crate::runtime) fn from_record(executable: &Path) -> Option<Self> {
        let layout = EngineLayout::at(executable.ancestors().nth(5)?);
        if layout.runtime() != executable {
            return None;
        }
        let record = EngineRecord::read(&layout).ok()??;
        let count = |range: Option<IdRange>| range.map_or(0, |range| range.count);
        let width = count(record.subordinate_uids).max(count(record.subordinate_gids));
        Self::new(record.container_ids?, width.max(MIN_RANGE))
    }

    fn new(reserved: IdRange, width: u32) -> Option<Self> {
        let IdRange { base, count } = reserved;
        let holds_root = base == 0 || base.checked_add(count).is_none();
        let slots = count / width;
        (!holds_root && slots > 0).then_some(Self { base, width, slots })
    }

    #[cfg(test)]
    pub(super) fn with_slots(slots: u32) -> Self {
        Self { base: 2_000_224_256, width: 262_144, slots }
    }

    /// Returns the first range.
    pub(in crate::runtime) fn first(self) -> IdRange {
        self.range(0)
    }

    /// Returns a range.
    pub(super) fn range(self, slot: u32) -> IdRange {
        IdRange { base: self.base + slot * self.width, count: self.width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_within_reserved_ids() {
        let check = |base, count, width| IdPool::new(IdRange { base, count }, width);
        let pool = check(2_000_224_256, 3 * MIN_RANGE + 5, MIN_RANGE).expect("three ranges");
        assert_eq!(pool.slots, 3);
        assert_eq!(pool.range(2), IdRange { base: 2_000_355_328, count: MIN_RANGE });
        let wide = check(2_000_224_256, 9 * MIN_RANGE, 4 * MIN_RANGE).expect("two ranges");
        assert_eq!((wide.slots, wide.range(1).base), (2, 2_000_486_400));
        assert_eq!(check(1_000, MIN_RANGE - 1, MIN_RANGE), None);
        assert_eq!(check(0, MIN_RANGE, MIN_RANGE), None);
        assert_eq!(check(u32::MAX - 1, MIN_RANGE, MIN_RANGE), None);
    }

    #[test]
    fn requires_installed_runtime() {
        let root = tempfile::tempdir().expect("a directory");
        let layout = EngineLayout::at(root.path());
        let record = layout.record();
        std::fs::create_dir_all(record.parent().expect("a parent")).expect("made");
        let slots = |engine: &str| {
            let text = format!(
                r#"{{"version":1,"isolation":"userns","bridge":"cai0","subnet":"10.213.0.0/24",
                "subordinate_uids":{engine},"subordinate_gids":null,
                "container_ids":{{"base":2000224256,"count":524288}},"containai":"0"}}"#
            );
            std::fs::write(&record, text).expect("written");
            IdPool::from_record(&layout.runtime()).map(|pool| pool.slots)
        };
        assert_eq!(slots("null"), Some(8));
        assert_eq!(slots(r#"{"base":1000000,"count":65536}"#), Some(8));
        assert_eq!(slots(r#"{"base":1000000,"count":262144}"#), Some(2));
        assert_eq!(slots(r#"{"base":1000000,"count":524289}"#), None);
        assert_eq!(IdPool::from_record(Path::new("/usr/bin/containai-runc")), None);
        assert_eq!(IdPool::from_record(&root.path().join("a/b/c/d/containai-runc")), None);
    }
}
