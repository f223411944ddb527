//! The last target of each cache key.

use std::sync::{Mutex, PoisonError};

use super::target::Target;

/// The maximum number of cache keys; the oldest one is dropped.
const MOST: usize = 64;

/// The last leased target of each cache key, a text that is opaque to the
/// daemon.
#[derive(Default)]
pub(super) struct Memory(Mutex<Vec<(String, Target)>>);

impl Memory {
    pub(super) fn note(&self, occasion: &str, target: &Target) {
        if occasion.is_empty() {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| other != occasion);
        if known.len() == MOST {
            known.remove(0);
        }
        known.push((occasion.to_owned(), target.clone()));
    }

    pub(super) fn recall(&self, occasion: &str) -> Option<Target> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(other, _)| other == occasion).map(|(_, target)| target.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mux::target::tests::target;

    #[test]
    fn the_last_target_counts_and_the_oldest_occasion_goes() {
        let memory = Memory::default();
        memory.note("", &target("none"));
        assert_eq!(memory.recall(""), None);
        for container in ["old", "new"] {
            memory.note("here", &target(container));
        }
        assert_eq!(memory.recall("here"), Some(target("new")));
        (1..MOST).for_each(|turn| memory.note(&turn.to_string(), &target("other")));
        assert_eq!(memory.recall("here"), Some(target("new")));
        memory.note("one more", &target("other"));
        assert_eq!(memory.recall("here"), None);
        assert_eq!(memory.recall("1"), Some(target("other")));
    }
}
