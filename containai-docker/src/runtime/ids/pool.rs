use std::path::Path;

use containai_core::layout::EngineLayout;

use crate::host::EngineRecord;

/// Number of ids per container, as many as a Linux system uses.
pub(super) const RANGE_SIZE: u32 = 65_536;

/// The ids that setup reserved in `/etc/subuid` and `/etc/subgid`, divided into ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct IdPool {
    base: u32,
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
        let reserved = EngineRecord::read(&layout).ok()??.container_ids?;
        Self::new(reserved.base, reserved.count)
    }

    fn new(base: u32, count: u32) -> Option<Self> {
        let holds_root = base == 0 || base.checked_add(count).is_none();
        let slots = count / RANGE_SIZE;
        (!holds_root && slots > 0).then_some(Self { base, slots })
    }

    #[cfg(test)]
    pub(super) fn with_slots(slots: u32) -> Self {
        Self { base: 2_000_224_256, slots }
    }

    /// Returns the first id of the first range.
    pub(in crate::runtime) fn first_id(self) -> u32 {
        self.base
    }

    /// Returns the first id of a range.
    pub(super) fn base_of(self, slot: u32) -> u32 {
        self.base + slot * RANGE_SIZE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_within_reserved_ids() {
        let pool = IdPool::new(2_000_224_256, 3 * RANGE_SIZE + 5).expect("three ranges");
        assert_eq!((pool.slots, pool.base_of(2)), (3, 2_000_355_328));
        assert_eq!(IdPool::new(1_000, RANGE_SIZE - 1), None);
        assert_eq!(IdPool::new(0, RANGE_SIZE), None);
        assert_eq!(IdPool::new(u32::MAX - 1, RANGE_SIZE), None);
    }

    #[test]
    fn requires_installed_runtime() {
        let root = tempfile::tempdir().expect("a directory");
        let layout = EngineLayout::at(root.path());
        let record = layout.record();
        std::fs::create_dir_all(record.parent().expect("a parent")).expect("made");
        let text = r#"{"version":1,"isolation":"userns","bridge":"cai0","subnet":"10.213.0.0/24",
            "subordinate_uids":null,"subordinate_gids":null,
            "container_ids":{"base":2000224256,"count":131072},"containai":"0"}"#;
        std::fs::write(&record, text).expect("written");
        assert_eq!(IdPool::from_record(&layout.runtime()).map(|pool| pool.slots), Some(2));
        assert_eq!(IdPool::from_record(Path::new("/usr/bin/containai-runc")), None);
        assert_eq!(IdPool::from_record(&root.path().join("a/b/c/d/containai-runc")), None);
    }
}
