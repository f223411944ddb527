use std::path::Path;

use containai_core::layout::EngineLayout;

use crate::host::EngineRecord;

/// Number of ids per container, as many as a Linux system uses.
pub(super) const SIZE: u32 = 65_536;

/// The ids that setup reserved in `/etc/subuid` and `/etc/subgid`, divided into ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct Pool {
    base: u32,
    /// Maximum number of containers that run at the same time.
    pub(super) slots: u32,
}

impl Pool {
    /// Returns the pool in the record of the engine that installed this program; `None` if setup
    /// reserved no ids or was older than this program.
    pub(in crate::runtime) fn recorded(executable: &Path) -> Option<Self> {
        let layout = EngineLayout::at(executable.ancestors().nth(5)?);
        if layout.runtime() != executable {
            return None;
        }
        let reserved = EngineRecord::read(&layout).ok()??.container_ids?;
        Self::new(reserved.base, reserved.count)
    }

    fn new(base: u32, count: u32) -> Option<Self> {
        let holds_root = base == 0 || base.checked_add(count).is_none();
        let slots = count / SIZE;
        (!holds_root && slots > 0).then_some(Self { base, slots })
    }

    #[cfg(test)]
    pub(super) fn of(slots: u32) -> Self {
        Self { base: 2_000_224_256, slots }
    }

    /// Returns the first id of the first range.
    pub(in crate::runtime) fn first(self) -> u32 {
        self.base
    }

    /// Returns the first id of a range.
    pub(super) fn base_of(self, slot: u32) -> u32 {
        self.base + slot * SIZE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_do_not_reach_beyond_what_is_reserved() {
        let pool = Pool::new(2_000_224_256, 3 * SIZE + 5).expect("three ranges");
        assert_eq!((pool.slots, pool.base_of(2)), (3, 2_000_355_328));
        assert_eq!(Pool::new(1_000, SIZE - 1), None);
        assert_eq!(Pool::new(0, SIZE), None);
        assert_eq!(Pool::new(u32::MAX - 1, SIZE), None);
    }

    #[test]
    fn only_an_installed_runtime_has_a_record() {
        let root = tempfile::tempdir().expect("a directory");
        let layout = EngineLayout::at(root.path());
        let record = layout.record();
        std::fs::create_dir_all(record.parent().expect("a parent")).expect("made");
        let text = r#"{"version":1,"isolation":"userns","bridge":"cai0","subnet":"10.213.0.0/24",
            "subordinate_uids":null,"subordinate_gids":null,
            "container_ids":{"base":2000224256,"count":131072},"containai":"0"}"#;
        std::fs::write(&record, text).expect("written");
        assert_eq!(Pool::recorded(&layout.runtime()).map(|pool| pool.slots), Some(2));
        assert_eq!(Pool::recorded(Path::new("/usr/bin/containai-runc")), None);
        assert_eq!(Pool::recorded(&root.path().join("a/b/c/d/containai-runc")), None);
    }
}
